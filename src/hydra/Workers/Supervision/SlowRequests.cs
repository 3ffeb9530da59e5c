using System.Globalization;
using Hydra.Primitives;
using Hydra.Protocol;
using Hydra.Workers.Links;
using Hydra.Workers.Processes;

namespace Hydra.Workers.Supervision;

/// <summary>
/// Says of requests that take long where their code is, once for each, and does nothing to them (--slow-request). Where many are slow at the same time
/// it is the same place most often: some of them are asked for, and the others counted. Any thread.
/// </summary>
/// <param name="limit">What is long.</param>
/// <param name="log">Where it is said.</param>
/// <param name="time">The clock.</param>
internal sealed class SlowRequests(TimeSpan limit, IWorkerLogSink log, TimeProvider time)
{
    /// <summary>So many are asked for within <see cref="Pause"/>.</summary>
    public const int Most = 5;

    /// <summary>After this time there is room again.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // A worker whose interpreter's lock is held does not answer.
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private long? _since;
    private int _asked;
    private long _held;

    /// <summary>A request has taken that long.</summary>
    /// <param name="worker">Who has it.</param>
    /// <param name="link">The data link.</param>
    /// <param name="id">Its stream.</param>
    public void Note(Worker worker, WorkerLink link, ulong id)
    {
        if (TryPass(out long others) && link.Find(id) is { } active)
        {
            _ = SayAsync(worker, active, others);
        }
    }

    /// <summary>The record, once the worker has answered, or has not.</summary>
    /// <param name="active">The request.</param>
    /// <param name="stacks">What the worker has said; null where it cannot be asked, or has ended.</param>
    /// <param name="silence">Why it does not answer; null where it does.</param>
    /// <param name="others">Requests that were as slow, and of which nothing was said.</param>
    public string Describe(in ActiveStream active, string? stacks, string? silence, long others)
    {
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"{active.Method} {active.Path} has taken longer than {limit.TotalSeconds:0.###} s, and goes on (request {WorkerLink.NameOf(active.Link, active.Id)})");
        text += silence is not null ? $". Where it is its worker does not say: {silence}"
            : stacks is null ? ""
            : stacks.Length == 0 ? ". It has just ended" : $". It is here:\n{stacks}";
        return others == 0 ? text : $"{text}\n{Counted.Of(others, "request")} before it {(others == 1 ? "was as slow, and is" : "were as slow, and are")} not shown";
    }

    private async Task SayAsync(Worker worker, ActiveStream active, long others)
    {
        string? stacks = null;
        string? silence = null;
        try
        {
            stacks = worker.Links.IsInspectable ? await worker.Links.InspectAsync(active.Link, active.Id, AnswerTime).ConfigureAwait(false) : null;
        }
        catch (TimeoutException)
        {
            silence = ProcessTime.WhySilent(worker.Pid);
        }

        log.Write(worker.Index, worker.Pid, WireLogLevel.Warning, time.GetUtcNow(), "hydra.slow", Describe(active, stacks, silence, others));
    }

    private bool TryPass(out long others)
    {
        lock (_lock)
        {
            long now = time.GetTimestamp();
            others = _held;
            if (_since is not { } since || time.GetElapsedTime(since, now) >= Pause)
            {
                _since = now;
                _asked = 0;
            }

            if (_asked == Most)
            {
                _held++;
                return false;
            }

            _asked++;
            _held = 0;
            return true;
        }
    }
}
