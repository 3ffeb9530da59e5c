using System.Globalization;
using System.Runtime.InteropServices;
using Hydra.Control;
using Hydra.Primitives;
using Hydra.Workers.Processes;
using Hydra.Workers.Supervision;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>What can be asked for at the control socket. Any thread.</summary>
/// <param name="around">Who stops the server.</param>
/// <param name="pools">The applications.</param>
/// <param name="readiness">Whether the server wants requests.</param>
/// <param name="endConnections">Has responses end their connections, or not.</param>
/// <param name="logs">Whose level can be changed.</param>
internal sealed class ControlActions(Surroundings around, ApplicationPools pools, Readiness readiness, Action<bool> endConnections, ServerLogs logs)
{
    /// <summary>How long a worker may take to say where its code is.</summary>
    public static readonly TimeSpan StackTime = TimeSpan.FromSeconds(5);

    /// <summary>Whether requests are shown why code does not start, and the old is not served.</summary>
    public bool IsDevelopment { get; init; }

    /// <summary>Replaces all workers, and waits for the end of that.</summary>
    public async Task<ControlResult> ReloadAsync(string? pool)
    {
        if (readiness.State is ServerState.Stopping)
        {
            return Stopping;
        }

        if (Find(pool, out ControlResult problem) is not { } chosen)
        {
            return problem;
        }

        string?[] failures = await Task.WhenAll(chosen.Select(static one => one.ReloadAsync())).ConfigureAwait(false);
        return failures.FirstOrDefault(static failure => failure is not null) is { } failure
            ? ControlResult.Refused(IsDevelopment ? $"the new code does not start: {failure}" : $"the new code does not start, the old code serves on: {failure}")
            : ControlResult.Done("all workers run the present code");
    }

    /// <summary>Wants no more requests.</summary>
    public ControlResult Drain()
    {
        if (!readiness.TryMoveTo(ServerState.Draining))
        {
            return ControlResult.Refused($"the server is {Lower(readiness.State)}");
        }

        endConnections(true);
        return ControlResult.Done("the server is not ready any more, and serves what comes");
    }

    /// <summary>Takes that back.</summary>
    public ControlResult Resume()
    {
        if (!readiness.TryMoveTo(ServerState.Serving))
        {
            return ControlResult.Refused($"the server is {Lower(readiness.State)}");
        }

        endConnections(false);
        return ControlResult.Done("the server is ready for requests");
    }

    /// <summary>Stops, as at SIGTERM.</summary>
    public ControlResult Stop()
    {
        bool isFirst = !around.Stop.First.IsCompleted;
        around.Stop.Note(PosixSignal.SIGTERM);
        return ControlResult.Done(isFirst ? "the server stops" : "the server stops already: this counts as a further signal");
    }

    /// <summary>Logs from another level on.</summary>
    public ControlResult SetLevel(string name, LogLevel level)
    {
        logs.Level = level;
        return ControlResult.Done($"the log has records from {name} on");
    }

    /// <summary>Another number of workers.</summary>
    public async Task<ControlResult> ScaleAsync(int count, string? pool)
    {
        if (Find(pool, out ControlResult problem) is not { } chosen)
        {
            return problem;
        }

        foreach (ApplicationPool one in chosen)
        {
            if (await one.ScaleAsync(count).ConfigureAwait(false) is { } refusal)
            {
                return ControlResult.Refused(chosen.Count > 1 ? $"{one.Requests.Name}: {refusal}" : refusal);
            }
        }

        return ControlResult.Done($"there {(count == 1 ? "is" : "are")} to be {Counted.Of(count, "worker")}{(chosen.Count > 1 ? " for each application" : "")}");
    }

    /// <summary>Another worker in the place of one.</summary>
    public async Task<ControlResult> RestartAsync(int index, string? pool)
        => One(pool, out ControlResult problem) is not { } chosen ? problem
            : await chosen.RestartAsync(index).ConfigureAwait(false) is { } refusal ? ControlResult.Refused(refusal)
            : ControlResult.Done(string.Create(CultureInfo.InvariantCulture, $"worker {index} is replaced; it serves until the new one is ready"));

    /// <summary>Where the code of a worker is.</summary>
    public async Task<(ControlResult Result, StackAnswer? Answer)> StackAsync(int index, string? pool)
    {
        if (One(pool, out ControlResult problem) is not { } chosen)
        {
            return (problem, null);
        }

        // The one that serves; while it is replaced or started there may be another that does not yet.
        FleetSnapshot fleet = await chosen.DescribeAsync().ConfigureAwait(false);
        Worker? worker = fleet.Workers.Where(one => one.Index == index).Select(static one => one.Worker).OfType<Worker>().OrderByDescending(static one => one.State.Serves()).FirstOrDefault();
        if (worker is null)
        {
            return (ControlResult.Missing($"there is no worker {index} that runs"), null);
        }

        if (!worker.Links.IsInspectable)
        {
            return (ControlResult.Refused(worker.Links.Info is null ? $"worker {index} (pid {worker.Pid}) is still loading the application" : $"worker {index} is no Python, and has no stacks to show"), null);
        }

        try
        {
            return await worker.Links.InspectAsync(0, 0, StackTime).ConfigureAwait(false) is { } text
                ? (ControlResult.Done(""), new StackAnswer(index, worker.Pid, text))
                : (ControlResult.Refused($"worker {index} (pid {worker.Pid}) has just ended"), null);
        }
        catch (TimeoutException)
        {
            string doing = ProcessTime.WhySilent(worker.Pid);
            return (new ControlResult(
                StatusCodes.Status504GatewayTimeout,
                string.Create(CultureInfo.InvariantCulture, $"worker {index} (pid {worker.Pid}) has not answered within {StackTime.TotalSeconds:0} s: {doing}")), null);
        }
    }

    private static ControlResult Stopping => ControlResult.Refused("the server is stopping");

    private static string Lower(ServerState state) => state.ToString().ToLowerInvariant();

    private IReadOnlyList<ApplicationPool>? Find(string? name, out ControlResult problem)
    {
        problem = default;
        if (name is null)
        {
            return pools.All;
        }

        ApplicationPool[] named = [.. pools.All.Where(pool => pool.Requests.Name == name)];
        problem = ControlResult.Missing($"there is no application \"{name}\": there are {string.Join(", ", pools.All.Select(static pool => pool.Requests.Name))}");
        return named.Length > 0 ? named : null;
    }

    private ApplicationPool? One(string? name, out ControlResult problem)
    {
        if (Find(name, out problem) is not { } found)
        {
            return null;
        }

        problem = ControlResult.Wrong($"there are several applications: say whose worker is meant (--pool {string.Join(", ", found.Select(static pool => pool.Requests.Name))})");
        return found.Count == 1 ? found[0] : null;
    }
}
