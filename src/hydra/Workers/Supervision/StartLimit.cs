using Hydra.Protocol;
using Hydra.Workers.Links;
using Hydra.Workers.Processes;
using Microsoft.Extensions.Logging;

namespace Hydra.Workers.Supervision;

/// <summary>
/// How long a worker may take from the start of its process until it is ready: what hangs in an import would else keep its index without a
/// worker for ever, and reloads with it. For the supervisor's queue alone.
/// </summary>
/// <param name="roster">The clock.</param>
/// <param name="limit">--start-timeout; zero for ever.</param>
/// <param name="logger">Where it is said.</param>
internal sealed class StartLimit(Roster roster, TimeSpan limit, ILogger logger)
{
    // Whoever waits wonders by then whether something hangs; most applications are loaded in less.
    private static readonly TimeSpan SlowTime = TimeSpan.FromSeconds(5);

    // So long before its time is over a worker is asked whether somebody debugs it, and then again and again.
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(1);

    // What a worker may take to say where it hangs, which works unless C code keeps the interpreter's lock.
    private static readonly TimeSpan LastWordTime = TimeSpan.FromSeconds(1);

    /// <summary>The process is there: its time begins.</summary>
    public void Begin(Worker worker)
    {
        if (worker.State is not WorkerState.Starting)
        {
            return;
        }

        worker.Life.SlowAt = roster.Now + SlowTime;
        if (limit > TimeSpan.Zero)
        {
            worker.Life.StartUntil = roster.Now + limit;
            worker.Life.StartAskAt = worker.Life.StartUntil - (limit > AnswerTime * 2 ? AnswerTime : limit / 2);
        }
    }

    /// <summary>Asks a worker whose time is over where it is, and then ends it: that is a start that failed.</summary>
    public void Advance(Worker worker, TimeSpan now)
    {
        if (worker.State is WorkerState.Starting && worker.Life.SlowAt <= now)
        {
            worker.Life.SlowAt = null;
            SupervisionLog.SlowStart(logger, worker.Index, worker.Pid, SlowTime.TotalSeconds);
        }

        if (worker.State is WorkerState.Starting && worker.Life.StartAskAt <= now)
        {
            worker.Life.StartAskAt = null;
            worker.Links.Ping();
        }

        if (worker.State is not WorkerState.Starting || !(worker.Life.StartUntil <= now))
        {
            return;
        }

        if (worker.Failure is null && worker.Links.Probe is { IsDebugged: true })
        {
            // It stands at a breakpoint in what is imported.
            worker.Links.Ping();
            worker.Life.StartUntil = now + AnswerTime;
            return;
        }

        if (worker.Failure is null)
        {
            string text = Describe(limit);
            SupervisionLog.StartOver(logger, worker.Index, worker.Pid, text);
            worker.SetFailure(new WorkerFailure(StartFailure.Internal, text, ""));
            worker.Links.Interrupt(0, 0, CancelReason.Timeout);
            worker.Life.StartUntil = now + LastWordTime;
        }
        else
        {
            worker.Life.StartUntil = null;
            worker.Process?.Kill();
        }
    }

    /// <summary>When something is due for a worker, or null.</summary>
    public static TimeSpan? Due(Worker worker)
        => worker.State is WorkerState.Starting
            ? Moments.Sooner(worker.Life.SlowAt, Moments.Sooner(worker.Life.StartAskAt, worker.Life.StartUntil))
            : null;

    /// <summary>The failure as a sentence.</summary>
    public static string Describe(TimeSpan limit)
        => FormattableString.Invariant($"it has not become ready within {limit.TotalSeconds:0.#} s (--start-timeout)");
}
