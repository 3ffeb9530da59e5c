using Hydra.State;
using Microsoft.Extensions.Logging;

namespace Hydra.Jobs;

/// <summary>Calls functions by the clock: once, however many processes have them. Under the desk's gate.</summary>
/// <param name="book">All jobs.</param>
/// <param name="deferred">What becomes of them.</param>
/// <param name="due">What has its time.</param>
/// <param name="logger">Where to say that a turn is left out.</param>
internal sealed class JobClock(JobBook book, DeferFlow deferred, DueQueue due, ILogger logger)
{
    private bool _isHeld;

    /// <summary>What a process says that is to be called by the clock. The youngest counts: it has the code that is served.</summary>
    /// <param name="value">What it says.</param>
    /// <param name="server">The process.</param>
    /// <returns>False where it makes no sense.</returns>
    public bool Set(ReadOnlySpan<byte> value, JobServer server)
    {
        if (JobSchedules.Read(value, server.Lane) is not { } ticks)
        {
            return false;
        }

        JobSchedules schedules = server.Lane.Schedules;
        if (schedules.Speaker is { } speaker && speaker.Worker > server.Worker)
        {
            return true;
        }

        schedules.Speaker = server;
        foreach (JobTick tick in schedules.Replace(ticks, due))
        {
            Put(tick);
        }

        return true;
    }

    /// <summary>Nothing is called by the clock any more, or again.</summary>
    public void Hold(bool isHeld, IEnumerable<JobLane> lanes)
    {
        if (_isHeld != isHeld)
        {
            _isHeld = isHeld;
            foreach (JobTick tick in lanes.SelectMany(static lane => lane.Schedules.All))
            {
                Put(tick);
            }
        }
    }

    /// <summary>It is a function's turn.</summary>
    public void OnDue(JobTick tick)
    {
        if (_isHeld)
        {
            return;
        }

        tick.Last = tick.Interval > 0 ? book.Today : tick.Times.LastOrDefault(turn => turn <= book.Today);
        if (tick.Job is not null)
        {
            tick.Lane.Counts.Skipped++;
            if (!tick.IsLate)
            {
                tick.IsLate = true;
                book.After(() => JobsLog.Skipped(logger, tick.Spec.Name));
            }
        }
        else
        {
            deferred.Defer(tick.Lane, tick.Spec, 0, tick);
        }

        Put(tick);
    }

    private void Put(JobTick tick)
    {
        long? next = _isHeld ? null : tick.NextAfter(book.Today);
        due.Set(tick, next is { } turn ? book.Now + Math.Max(1, turn - book.Today) : long.MaxValue);
    }
}
