using Hydra.Primitives;
using Hydra.Workers.Links;
using Microsoft.Extensions.Logging;

namespace Hydra.Workers.Supervision;

/// <summary>How many workers there are: by signals, and by how long requests wait. For the supervisor's queue alone.</summary>
internal sealed class FleetSize(
    Roster roster, SupervisorOptions options, IQueueFigures queue, Departures departures, Reloader reload, ILogger logger)
{
    private readonly ScalePolicy _policy = new(options.Scale);

    /// <summary>How many there may be at least.</summary>
    public int Fewest => options.Scale.IsUsed ? options.Scale.Minimum : 1;

    /// <summary>How many there may be at most.</summary>
    public int Most => options.Scale.IsUsed ? options.Scale.Maximum : options.MostWorkers;

    /// <summary>So many workers, if there may be; those that are new are due to start.</summary>
    /// <returns>Null, or why not.</returns>
    public string? SetTo(int count)
    {
        if (count < Fewest || count > Most)
        {
            return options.Scale.IsUsed
                ? $"there may be {Fewest} to {Most} workers, as --workers says"
                : $"there may be {Fewest} to {Most} workers";
        }

        while (roster.Wanted < count)
        {
            roster.WantOneMore();
            SupervisionLog.Grown(logger, "asked for", roster.Wanted);
        }

        while (roster.Wanted > count)
        {
            SupervisionLog.Shrunk(logger, "asked for", roster.Wanted - 1);
            RemoveLast();
        }

        return null;
    }

    /// <summary>One worker more, as SIGTTIN asks for; its start is due.</summary>
    public void Grow()
    {
        if (roster.Wanted >= Most)
        {
            SupervisionLog.NoMore(logger, $"{(roster.Wanted == 1 ? "is" : "are")} {Counted.Of(roster.Wanted, "worker")}");
            return;
        }

        roster.WantOneMore();
        SupervisionLog.Grown(logger, "SIGTTIN", roster.Wanted);
    }

    /// <summary>One worker less, as SIGTTOU asks for.</summary>
    public void Shrink()
    {
        if (roster.Wanted <= Fewest)
        {
            SupervisionLog.NoFewer(logger, roster.Wanted);
            return;
        }

        SupervisionLog.Shrunk(logger, "SIGTTOU", roster.Wanted - 1);
        RemoveLast();
    }

    /// <summary>One more or one less, if the requests call for it.</summary>
    public void Look(TimeSpan now)
    {
        ScaleSample sample = Sample(now);
        switch (_policy.Decide(sample))
        {
            case ScaleDecision.Grow:
                roster.WantOneMore();
                SupervisionLog.Grown(logger, $"requests wait {sample.Delay.TotalMilliseconds:0} ms", roster.Wanted);
                break;
            case ScaleDecision.Shrink:
                SupervisionLog.Shrunk(logger, $"no worker was missed for {_policy.Idle.TotalSeconds:0} s", roster.Wanted - 1);
                RemoveLast();
                break;
        }
    }

    private ScaleSample Sample(TimeSpan now)
    {
        Worker[] serving = [.. roster.Alive.Where(static worker => worker.State.Serves())];
        TimeSpan delay = queue.ReadFigures().Delay;
        TimeSpan lag = serving.Length == 0 ? TimeSpan.Zero : serving.Min(static worker => worker.Links.Probe?.LoopLag ?? TimeSpan.Zero);
        return new ScaleSample(
            now,
            roster.Wanted,
            roster.Slots.Any(static slot => slot.IsWanted && slot.Serving?.Life.ReadyAt is null),
            delay > lag ? delay : lag,
            serving.Sum(static worker => worker.Handle.InFlight),
            serving.Length == 0 ? 0 : serving[0].Links.Info?.Concurrency ?? 0);
    }

    // The one with the highest index, so that indexes are always those below the number of workers.
    private void RemoveLast()
    {
        WorkerSlot slot = roster.Slots.Last(static slot => slot.IsWanted);
        slot.IsWanted = false;
        slot.StartAt = null;
        slot.Wish = null;
        Worker?[] leaving = [slot.Replacement, slot.Serving];
        slot.Dismiss();
        departures.Dismiss(slot.Index);
        foreach (Worker worker in leaving.OfType<Worker>())
        {
            if (worker.State is WorkerState.Starting || worker.State.Serves())
            {
                departures.Leave(worker, RetireReason.ScaleDown);
            }
        }

        reload.Drop(slot);
    }
}
