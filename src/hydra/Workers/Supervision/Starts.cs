using System.Globalization;
using Hydra.Protocol;
using Hydra.Workers.Links;
using Hydra.Workers.Processes;
using Microsoft.Extensions.Logging;

namespace Hydra.Workers.Supervision;

/// <summary>How the first start of all workers ended.</summary>
/// <param name="Info">What the first worker said of itself; null when the start failed.</param>
/// <param name="Failure">Why the start failed; null when all workers got ready.</param>
internal sealed record StartOutcome(WorkerInfo? Info, WorkerFailure? Failure);

/// <summary>
/// The first start of all workers, and further ones where a worker has ended by itself. For the supervisor's queue alone.
/// </summary>
internal sealed class Starts(Roster roster, Reloader reload, IWorkerLogSink log, ILogger logger)
{
    private readonly TaskCompletionSource<StartOutcome> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when all workers have been ready once, or when one could not start before that.</summary>
    public Task<StartOutcome> First => _first.Task;

    /// <summary>Whether code that does not start is left alone until a reload.</summary>
    public bool WaitsForChange { get; init; }

    private bool HasStarted => _first.Task is { IsCompletedSuccessfully: true, Result.Failure: null };

    /// <summary>Starts the workers that are due.</summary>
    public void StartDue()
    {
        TimeSpan now = roster.Now;
        foreach (WorkerSlot slot in roster.Slots)
        {
            if (slot.StartAt <= now)
            {
                slot.StartAt = null;
                roster.Start(slot, reload.Generation, worker => slot.Serving = worker);
                if (!slot.IsStoppedFirst)
                {
                    reload.Drop(slot);
                }
            }
        }
    }

    /// <summary>A worker is ready.</summary>
    public void OnReady()
    {
        if (!_first.Task.IsCompleted && roster.Slots.All(static slot => !slot.IsWanted || slot.Serving?.Life.ReadyAt is not null))
        {
            _first.TrySetResult(new StartOutcome(roster.Slots[0].Serving!.Links.Info, null));
        }
    }

    /// <summary>The first start has failed before there is a worker.</summary>
    public void Fail(WorkerFailure failure) => _first.TrySetResult(new StartOutcome(null, failure));

    /// <summary>The worker that served an index, or was to, has ended by itself.</summary>
    public void OnEnded(WorkerSlot slot, Worker worker, int exitCode)
    {
        WorkerFailure? failure = worker.Life.ReadyAt is null ? worker.FailureOr(exitCode) : null;
        if (failure is not null && WaitsForChange)
        {
            slot.Wish = null;
            if (reload.Contains(slot) && worker.Life.Generation < reload.Generation)
            {
                // It has been changed since.
                slot.StartAt = roster.Now;
                return;
            }

            slot.StartAt = roster.Now + WorkerSlot.Never;
            reload.Drop(slot);
            LogTraceback(worker, failure);
            SupervisionLog.WaitsForChange(logger, failure.Message);
            return;
        }

        if (failure is not null && !HasStarted)
        {
            // The first says why the server cannot start, and it is about to stop; the others have nothing to add.
            _first.TrySetResult(new StartOutcome(null, failure));
            return;
        }

        slot.Wish = null;
        if (slot.Replacement is not null)
        {
            slot.Promote();
            reload.Drop(slot);
            SupervisionLog.DiedWhileReplaced(logger, worker.Index, worker.Pid, ExitDescription.Of(exitCode));
            return;
        }

        TimeSpan delay = slot.Backoff.Next(worker.Life.ReadyAt is { } ready ? roster.Now - ready : TimeSpan.Zero);
        slot.StartAt = roster.Now + delay;
        if (failure is null)
        {
            SupervisionLog.Died(logger, worker.Index, worker.Pid, ExitDescription.Of(exitCode), delay == TimeSpan.Zero ? "at once" : string.Create(CultureInfo.InvariantCulture, $"in {delay.TotalSeconds:0.0} s"));
        }
        else
        {
            LogTraceback(worker, failure);
            SupervisionLog.RestartFailed(logger, worker.Index, failure.Message.TrimEnd('.'), delay.TotalSeconds);
        }
    }

    /// <summary>Says where the application failed, if it did.</summary>
    public void LogTraceback(Worker worker, WorkerFailure failure)
    {
        if (failure.Traceback.Length > 0)
        {
            log.Write(worker.Index, worker.Pid, WireLogLevel.Error, DateTimeOffset.UtcNow, "", failure.Traceback.TrimEnd());
        }
    }
}
