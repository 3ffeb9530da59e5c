using Hydra.Primitives;
using Hydra.Protocol;
using Hydra.Workers.Links;
using Hydra.Workers.Processes;
using Microsoft.Extensions.Logging;

namespace Hydra.Workers.Supervision;

/// <summary>How workers go: drained and told to end, broken off, killed. For the supervisor's queue alone.</summary>
internal sealed class Departures(Roster roster, SupervisorOptions options, IWorkerPool pool, ILogger logger)
{
    // How often a worker that drains is looked at: whether its last request has ended.
    private static readonly TimeSpan DrainLook = TimeSpan.FromMilliseconds(20);

    // How often streams are told to end: what begins after the first time hears of it, too.
    private static readonly TimeSpan PartInterval = TimeSpan.FromSeconds(1);

    // What a worker may take from DRAIN on beside its requests: requests that are cancelled, and the lifespan's shutdown.
    private static readonly TimeSpan ShutdownTime = TimeSpan.FromSeconds(10);

    // What a worker gets of that in which something hangs: there is nothing to wait for but the rest of it.
    private static readonly TimeSpan HungTime = TimeSpan.FromSeconds(5);

    // What a worker may take to say what its process still waits for, before that is killed.
    private static readonly TimeSpan LastWordTime = TimeSpan.FromSeconds(0.5);

    /// <summary>A worker goes: with its requests done, if its reason allows it, and nothing takes its place here.</summary>
    public void Leave(Worker worker, RetireReason reason)
    {
        if (reason is RetireReason.Hung && worker.State.Serves() && worker.Handle.IsSilent)
        {
            // It has nothing to finish that it could: what it has may be done by another.
            worker.Life.Reason = reason;
            pool.Remove(worker.Handle);
            worker.Links.Shut();
            worker.Handle.Leaving = reason.Rule().Resumes;
            Kill(worker);
            return;
        }

        Leave(worker, reason, options.DrainTimeout, options.SessionTimeout);
    }

    /// <summary>There is to be one worker less: none of this index.</summary>
    public void Dismiss(int index) => pool.Dismiss(index);

    /// <summary>The server stops: the worker finishes what it has within the grace.</summary>
    public void Stop(Worker worker, TimeSpan grace)
    {
        if (worker.State is WorkerState.Starting || worker.State.Serves())
        {
            Leave(worker, RetireReason.Stop, grace, grace);
        }

        // Whatever it still has: the server takes no requests any more.
        if (worker.State is WorkerState.Draining && !worker.Life.IsTold)
        {
            Tell(worker, grace);
        }
    }

    /// <summary>The server is about to stop: responses that have no end of their own are to come to theirs.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="rest">How long it may still take.</param>
    public void Part(Worker worker, TimeSpan rest)
    {
        if (worker.State.Serves() || worker.State is WorkerState.Draining)
        {
            TimeSpan until = roster.Now + rest;
            worker.Life.PartAt = roster.Now;
            worker.Life.EndsSessions = true;
            worker.Life.DrainUntil = worker.State.Serves() || worker.Life.DrainUntil > until ? until : worker.Life.DrainUntil;
            Advance(worker, roster.Now);
        }
    }

    /// <summary>A worker that is being replaced gets no more requests until its replacement is ready, or is given up.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="quiet">Called when it has finished what it has, or its time for that is over; at once where it is not being replaced.</param>
    public void Quieten(Worker worker, Action quiet)
    {
        if (worker.State is not WorkerState.Retiring)
        {
            quiet();
            return;
        }

        pool.Remove(worker.Handle);
        worker.Life.IsQuiet = true;
        worker.Life.Quiet += quiet;
        worker.Life.QuietUntil = roster.Now + options.DrainTimeout;
        Advance(worker, roster.Now);
    }

    /// <summary>A worker has drained.</summary>
    public void OnGoodbye(Worker worker)
    {
        // What Python does at its exit (executors, threads that are joined, atexit) is the application's work as requests are: it has what is
        // left of their time.
        if (worker.State is not (WorkerState.Ending or WorkerState.Stopped))
        {
            pool.Remove(worker.Handle);
            worker.Life.MoveTo(WorkerState.Ending);
        }

        TimeSpan least = roster.Now + WorkerProcess.ExitTime;
        worker.Life.KillAt = worker.Life.DrainUntil > least ? worker.Life.DrainUntil : least;
        worker.Life.LastWordAt = worker.Life.KillAt - LastWordTime;
    }

    /// <summary>A link of a worker has closed.</summary>
    public void OnLinkClosed(Worker worker, string? violation)
    {
        pool.Remove(worker.Handle);
        if (violation is null && worker.State is WorkerState.Draining)
        {
            // It is most likely ending by itself, and what it says on its other links is still heard.
            worker.Life.MoveTo(WorkerState.Ending);
            worker.Life.KillAt = roster.Now + WorkerProcess.ExitTime;
            return;
        }

        // One link closes after the other. The one that says why may be the last.
        bool isKnown = worker.State is WorkerState.Stopped
            || (worker.State is WorkerState.Ending && (violation is null || worker.Life.Reason is RetireReason.BrokeProtocol));
        if (isKnown)
        {
            return;
        }

        if (violation is not null)
        {
            SupervisionLog.BrokeProtocol(logger, worker.Index, worker.Pid, violation);
        }

        Leave(worker, violation is null ? RetireReason.LinkLost : RetireReason.BrokeProtocol);
    }

    /// <summary>Ends a worker at once, whatever it does.</summary>
    public void Kill(Worker worker)
    {
        SupervisionLog.Killed(logger, worker.Index, worker.Pid);
        if (worker.State is not WorkerState.Ending)
        {
            worker.Life.MoveTo(WorkerState.Ending);
        }

        worker.Process?.Kill();
    }

    /// <summary>Does what is due for a worker that goes.</summary>
    public void Advance(Worker worker, TimeSpan now)
    {
        WorkerLife life = worker.Life;
        if (life.IsQuiet)
        {
            LookAtQuiet(worker, now);
        }

        if (life.PartAt <= now)
        {
            // Again and again: others may begin meanwhile.
            bool goesOn = worker.State.Serves() || worker.State is WorkerState.Draining;
            life.PartAt = goesOn ? now + PartInterval : null;
            worker.Links.Part(life.DrainUntil > now ? life.DrainUntil - now : TimeSpan.Zero, life.EndsSessions);
        }

        if (worker.State is WorkerState.Draining && !life.IsTold && (worker.Links.ToFinish == 0 || now >= life.DrainUntil))
        {
            TimeSpan until = life.DrainUntil;
            if (worker.Links.ToFinish > 0)
            {
                SupervisionLog.DrainOver(logger, worker.Index, worker.Pid, Counted.Of(worker.Handle.InFlight, "request", "is", "are"), options.DrainTimeout.TotalSeconds);
            }
            else if (worker.Handle.Sessions > 0)
            {
                until = life.SessionsUntil;
            }

            Tell(worker, until > now ? until - now : TimeSpan.Zero);
        }

        if (life.LastWordAt <= now)
        {
            life.LastWordAt = null;
            SupervisionLog.ExitOver(logger, worker.Index, worker.Pid);
            worker.Links.Interrupt(0, 0, CancelReason.Timeout);
        }

        if (life.KillAt <= now)
        {
            life.KillAt = null;
            if (worker.State is WorkerState.Draining)
            {
                Kill(worker);
            }
            else
            {
                worker.Process?.Kill();
            }
        }
    }

    /// <summary>When something is due for a worker, or null.</summary>
    public static TimeSpan? Due(Worker worker, TimeSpan now)
    {
        WorkerLife life = worker.Life;
        bool isLookedAt = life.IsQuiet || (worker.State is WorkerState.Draining && !life.IsTold);
        TimeSpan? look = isLookedAt ? now + DrainLook : life.LastWordAt;
        return Moments.Sooner(Moments.Sooner(look, life.KillAt), life.PartAt);
    }

    private void LookAtQuiet(Worker worker, TimeSpan now)
    {
        WorkerLife life = worker.Life;
        bool isQuiet = worker.Links.ToFinish == 0 || now >= life.QuietUntil;
        bool serves = worker.State.Serves();
        if (life.Quiet is { } told && (isQuiet || !serves))
        {
            life.Quiet = null;
            told();
        }

        life.IsQuiet = serves && roster.SlotOf(worker).Replacement is not null;
        if (serves && !life.IsQuiet)
        {
            // What was to take its place does not start.
            pool.Add(worker.Handle);
        }
    }

    private void Leave(Worker worker, RetireReason reason, TimeSpan grace, TimeSpan sessions)
    {
        worker.Life.Reason = reason;
        if (!reason.Rule().Drains)
        {
            BreakOff(worker);
        }
        else if (worker.State is WorkerState.Starting)
        {
            // It has nothing to finish.
            End(worker);
        }
        else
        {
            BeginDrain(worker, reason, grace, sessions);
        }
    }

    private void BeginDrain(Worker worker, RetireReason reason, TimeSpan grace, TimeSpan sessions)
    {
        pool.Remove(worker.Handle);
        worker.Links.Shut();
        worker.Life.MoveTo(WorkerState.Draining);
        worker.Life.DrainUntil = roster.Now + grace;
        worker.Life.SessionsUntil = roster.Now + sessions;
        worker.Life.EndsSessions = reason is RetireReason.Stop;
        worker.Life.PartAt = roster.Now + (reason is RetireReason.Stop ? TimeSpan.Zero : options.StreamGrace);
        SupervisionLog.Draining(logger, worker.Index, worker.Pid, worker.Handle.InFlight, grace.TotalSeconds);
        if (reason.Rule().Resumes is { } why && worker.Links.Leave(why) is > 0 and int leaving)
        {
            SupervisionLog.Leaving(logger, worker.Index, worker.Pid, leaving);
        }

        Advance(worker, roster.Now);
    }

    // The worker is told to end when its last response is complete, so that it never has to refuse a request that was on its way. Sessions do
    // not keep it from being told: the application hears of the end as soon as there is nothing else, and has their time to part from them.
    private void Tell(Worker worker, TimeSpan grace)
    {
        worker.Life.IsTold = true;
        worker.Life.PartAt = null;
        bool hangs = worker.Links.ToFinish == 0 && (worker.Handle.InFlight > 0 || worker.Handle.IsSilent);
        TimeSpan time = hangs && worker.Handle.Sessions == 0 ? HungTime : grace + ShutdownTime;
        worker.Life.KillAt = roster.Now + time;
        if (!worker.Links.Drain(grace))
        {
            End(worker);
        }
    }

    // Its requests are lost with its links.
    private void BreakOff(Worker worker)
    {
        if (worker.State is not WorkerState.Ending)
        {
            worker.Life.MoveTo(WorkerState.Ending);
        }

        worker.Links.Close();
        if (worker.Life.Reason is RetireReason.LinkLost)
        {
            // It is most likely ending by itself; see to it that it does.
            worker.Life.KillAt = roster.Now + WorkerProcess.ExitTime;
        }
        else
        {
            worker.Process?.Kill();
        }
    }

    private static void End(Worker worker)
    {
        worker.Life.MoveTo(WorkerState.Ending);
        worker.Process?.Kill();
    }
}
