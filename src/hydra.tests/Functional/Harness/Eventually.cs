using System.Diagnostics;

namespace Hydra.Tests.Functional.Harness;

/// <summary>Waits for conditions. The limit only bounds how long a failure takes; nothing is asserted about time.</summary>
public static class Eventually
{
    /// <summary>How long a condition may take on a machine that is busy with something else.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);

    /// <summary>Waits until the condition holds; fails with what was waited for and what was there instead.</summary>
    public static async Task HoldsAsync(Func<bool> condition, string what, Func<string>? instead = null)
        => await GetAsync(() => condition() ? true : (bool?)null, what, instead);

    /// <summary>Waits until there is a value.</summary>
    public static async Task<T> GetAsync<T>(Func<T?> find, string what, Func<string>? instead = null)
        where T : struct
    {
        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            if (find() is { } value)
            {
                return value;
            }

            FailAfterLimit(started, what, instead);
            await Task.Delay(Interval);
        }
    }

    /// <summary>Waits until there is an object.</summary>
    public static async Task<T> FindAsync<T>(Func<T?> find, string what, Func<string>? instead = null)
        where T : class
    {
        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            if (find() is { } value)
            {
                return value;
            }

            FailAfterLimit(started, what, instead);
            await Task.Delay(Interval);
        }
    }

    /// <summary>Waits for a task, but not for ever.</summary>
    public static async Task<T> WithinLimitAsync<T>(this Task<T> task, string what)
    {
        try
        {
            return await task.WaitAsync(Limit);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"waited {Limit.TotalSeconds} s in vain for {what}");
        }
    }

    private static void FailAfterLimit(long started, string what, Func<string>? instead)
    {
        if (Stopwatch.GetElapsedTime(started) > Limit)
        {
            throw new TimeoutException($"waited {Limit.TotalSeconds} s in vain for {what}{(instead is null ? "" : "; there was: " + instead())}");
        }
    }
}
