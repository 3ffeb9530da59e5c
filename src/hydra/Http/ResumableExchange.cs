using Hydra.Dispatch;
using Hydra.Protocol;
using Hydra.Workers.Links;

namespace Hydra.Http;

/// <summary>
/// An exchange whose client's connection may outlive the worker that has it: once the application has saved something (<see cref="OnSave"/>) it goes on in another
/// one when the worker is lost, or is to go. What that means for messages and bodies is said by who derives from it. docs/resume.md.
/// </summary>
/// <param name="resources">Windows, bounds and memory.</param>
internal abstract class ResumableExchange(BodyResources resources) : ResponseExchange(resources)
{
    private Resumption? _resumption;

    // Then it serves no other request.
    private bool _hasMoved;

    /// <summary>What is needed to go on; null where nothing was saved. Under the lock.</summary>
    protected Resumption? Resumption => _resumption;

    /// <summary>Whether no worker has accepted it again yet. Under the lock.</summary>
    protected bool IsMoving => _resumption is { IsMoving: true };

    /// <inheritdoc/>
    public override bool HasMoved => _hasMoved;

    /// <inheritdoc/>
    public override StateStatus? OnSave(ulong id, in SaveMessage message)
    {
        if (message.State.Length > ProtocolLimits.MaxResumeState)
        {
            return StateStatus.TooLarge;
        }

        WorkerLink link;
        long acknowledged;
        lock (Lock)
        {
            ExchangeState state = StateOf(id);
            if (state is not (ExchangeState.Sent or ExchangeState.Streaming) || _resumption is { IsOver: true })
            {
                return StateStatus.Missing;
            }

            if (!Resources.Resume.IsOn || CheckSave(state) is not StateStatus.Done)
            {
                return Resources.Resume.IsOn ? CheckSave(state) : StateStatus.Off;
            }

            Resumption own = _resumption ??= new Resumption(Resources.Resume, Context.Connection.Loop);
            if (!own.TrySave(message.State))
            {
                return StateStatus.Full;
            }

            link = Link!;
            own.Acknowledged = acknowledged = Math.Max(own.Acknowledged, own.First + (long)Math.Min(message.Received, long.MaxValue / 2));
        }

        if (Acknowledge(acknowledged))
        {
            lock (Lock)
            {
                _resumption?.Settle();
            }
        }

        if (link.Worker.Leaving is not null)
        {
            OnLeave(id);
        }

        return StateStatus.Done;
    }

    /// <inheritdoc/>
    public override bool OnLeave(ulong id)
    {
        Resumption own;
        lock (Lock)
        {
            if (_resumption is not { IsArmed: true, Leaving: null, IsOver: false } found || StateOf(id) is not ExchangeState.Streaming || !MayMove())
            {
                return false;
            }

            own = found;
            own.Leaving = Link!.Worker.Leaving;
        }

        long first = own.First;
        Link!.SendLeave(id, Math.Max(0, Hold() - first));
        _ = PartAsync(own, id, Link);
        return true;
    }

    /// <inheritdoc/>
    public override void OnLost(ulong id, StreamLoss loss)
    {
        ResumeReason reason;
        lock (Lock)
        {
            // One that was to go may have ended before it had said its last word.
            reason = _resumption?.Leaving ?? Link?.Worker.Leaving ?? ResumeReason.Crash;
        }

        if (!TryMove(id, reason, isLost: reason is ResumeReason.Crash or ResumeReason.Hang))
        {
            base.OnLost(id, loss);
        }
    }

    /// <inheritdoc/>
    public override void OnReset(ulong id, ResetReason reason, string message)
    {
        ResumeReason? leaving;
        lock (Lock)
        {
            leaving = reason is ResetReason.Cancelled ? _resumption?.Leaving : null;
        }

        if (leaving is not { } why || !TryMove(id, why, isLost: false))
        {
            base.OnReset(id, reason, message);
        }
    }

    /// <inheritdoc/>
    protected override void OnSent(WorkerLink link, ulong id)
    {
        base.OnSent(link, id);
        if (_resumption is { IsMoving: true } own)
        {
            own.Worker = link.Worker;
        }
    }

    /// <summary>Whether something may be saved now: not where the client could not be given what another worker says. Under the lock.</summary>
    protected abstract StateStatus CheckSave(ExchangeState state);

    /// <summary>Whether it could go on elsewhere now. Under the lock.</summary>
    protected virtual bool MayMove() => _resumption is { IsWithin: false };

    /// <summary>The application has dealt with so many messages of the session. Under no lock.</summary>
    /// <returns>Whether that is a sign that it does well.</returns>
    protected abstract bool Acknowledge(long count);

    /// <summary>Nothing more goes to the worker. Under no lock.</summary>
    /// <returns>The number of the first message that another worker gets, from 0.</returns>
    protected abstract long Hold();

    /// <summary>Whether it does something for which a worker could have died. Under no lock.</summary>
    protected abstract bool IsAtWork { get; }

    /// <summary>No worker has it. Under the lock.</summary>
    protected abstract void OnMoving();

    /// <summary>The worker that has had its time is to do no more for it.</summary>
    protected abstract void CutOff(WorkerLink link, ulong id);

    /// <summary>The request is made ready for another worker. Under the lock.</summary>
    protected abstract void PrepareFor(Resumption resumption);

    /// <summary>No other worker has taken it: the client is to be told. Under no lock.</summary>
    /// <param name="failure">Why.</param>
    /// <param name="code">The close code of a session.</param>
    protected abstract void OnMoveFailed(Failure failure, ushort code);

    /// <summary>A worker has accepted it: it leaves at once if that is to go by now. Under no lock.</summary>
    protected void LeaveIfDue(ulong id)
    {
        if (_resumption is not null && Link is { Worker.Leaving: not null })
        {
            OnLeave(id);
        }
    }

    /// <summary>A worker has accepted it again. Under the lock.</summary>
    protected void EndMove()
    {
        Resumption own = _resumption!;
        own.IsMoving = false;
        own.Worker = Link!.Worker;
        own.ResumedAt = Environment.TickCount64;
        own.Desk.OnResumed(own.Reason);
    }

    /// <summary>The connection is over, or is to be: it goes on nowhere. Under the lock.</summary>
    /// <returns>Whether it was about to.</returns>
    protected bool EndResumption()
    {
        if (_resumption is not { } own)
        {
            return false;
        }

        own.IsOver = true;
        own.Settled?.TrySetResult();
        return own.IsMoving;
    }

    /// <summary>The same, and nothing is kept for it.</summary>
    protected void ForgetResumption()
    {
        if (_resumption is null)
        {
            return;
        }

        lock (Lock)
        {
            EndResumption();
            _resumption?.Disarm();
            _resumption = null;
        }
    }

    // The application has its time to say its last word; then another one goes on.
    private async Task PartAsync(Resumption own, ulong id, WorkerLink link)
    {
        await Task.Delay(own.Desk.Parting).ConfigureAwait(false);
        if (own.Leaving is { } reason && TryMove(id, reason, isLost: false, own))
        {
            CutOff(link, id);
        }
    }

    // Takes it from the worker that has it.
    private bool TryMove(ulong id, ResumeReason reason, bool isLost, Resumption? expected = null)
    {
        bool isAtWork = isLost && IsAtWork;
        Resumption own;
        lock (Lock)
        {
            if (StateOf(id) is not ExchangeState.Streaming || _resumption is not { IsArmed: true, IsOver: false } found || (expected is not null && found != expected))
            {
                return false;
            }

            own = found;
            own.Worker = Link!.Worker;
            if (isLost)
            {
                own.OnLost(isAtWork || Environment.TickCount64 - own.ResumedAt < own.Desk.Probation.TotalMilliseconds);
            }

            if (!MayMove() || (isLost && (own.Desk.OnTrial == own || own.IsExhausted)))
            {
                if (expected is not null)
                {
                    // It is in the middle of something, and is to come to the end of it.
                    return false;
                }

                own.Desk.OnFailed();
                EndResumption();
                return false;
            }

            own.Successor = isLost || Place != 0 ? null : Workers.SuccessorOf(own.Worker);
            own.Worker = null;
            own.Leaving = null;
            own.IsMoving = _hasMoved = true;
            own.Reason = reason;
            OnMoving();
            BeginAgain();
        }

        Hold();
        _ = MoveAsync(own);
        return true;
    }

    private async Task MoveAsync(Resumption own)
    {
        for (int returns = 0; ; returns++)
        {
            bool isTried = own.IsSuspect;
            if (isTried && !await own.Desk.Trials.WaitAsync(own.Desk.TrialWait).ConfigureAwait(false))
            {
                // So many others are tried that its client had better come again.
                GiveUp(own, Failure.WorkerLost, SessionEnd.ServiceRestart);
                return;
            }

            await ResumeDesk.PauseAsync(returns).ConfigureAwait(false);

            ExchangeResult result;
            try
            {
                if (!TryPrepare(own, isTried, isFirst: returns == 0))
                {
                    return;
                }

                if (!await TryFollowAsync(own).ConfigureAwait(false))
                {
                    SubmitAgain(own.Loop);
                }

                if (own.IsOver)
                {
                    return;
                }

                result = await ResultAsync().ConfigureAwait(false);
                if (isTried && result is not ExchangeResult.Failed)
                {
                    await Task.WhenAny(own.Settled!.Task, Task.Delay(own.Desk.Probation)).ConfigureAwait(false);
                    lock (Lock)
                    {
                        own.Acquit();
                    }
                }
            }
            finally
            {
                if (isTried)
                {
                    own.Desk.EndTrial(own);
                    own.Desk.Trials.Release();
                }
            }

            if (result is not ExchangeResult.Failed || !GoesOn(own, isTried))
            {
                return;
            }
        }
    }

    private bool TryPrepare(Resumption own, bool isTried, bool isFirst)
    {
        lock (Lock)
        {
            if (own.IsOver)
            {
                return false;
            }

            if (isTried)
            {
                own.BeginTrial();
            }

            if (!isFirst)
            {
                BeginAgain();
            }

            PrepareFor(own);
        }

        return true;
    }

    // Where all workers are replaced it goes to one that is not to be.
    private ValueTask<bool> TryFollowAsync(Resumption own)
    {
        WorkerHandle? next = own.Successor;
        own.Successor = null;
        return next is null ? ValueTask.FromResult(false) : own.Desk.FollowAsync(next, () => IsWaiting ? TrySubmitAgain(own.Loop, next) : null);
    }

    // A worker was to take it and has not: whether another one is asked.
    private bool GoesOn(Resumption own, bool isTried)
    {
        Failure failure;
        lock (Lock)
        {
            failure = Failure;
            if (failure is Failure.WorkerLost)
            {
                // Applications go on side by side: which of them the worker had come to says nothing.
                own.Worker = Lost;
                own.OnLost(isSuspect: true);
                own.Worker = null;
            }

            if (!own.IsOver && (failure is Failure.NotStarted || (failure is Failure.WorkerLost && !isTried && !own.IsExhausted)))
            {
                return true;
            }
        }

        bool isItsOwn = failure is Failure.ApplicationError or Failure.BadResponse || (failure is Failure.WorkerLost && own.IsConvicted);
        GiveUp(own, failure, isItsOwn ? SessionEnd.InternalError : SessionEnd.ServiceRestart);
        return false;
    }

    private void GiveUp(Resumption own, Failure failure, ushort code)
    {
        lock (Lock)
        {
            if (own.IsOver)
            {
                return;
            }

            EndResumption();
            own.IsMoving = false;
        }

        own.Desk.OnFailed();
        OnMoveFailed(failure, code);
    }
}
