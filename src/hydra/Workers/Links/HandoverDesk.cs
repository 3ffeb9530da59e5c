using Hydra.Protocol;
using Hydra.State;

namespace Hydra.Workers.Links;

/// <summary>Can see to it that a worker which is about to be replaced has nothing to do.</summary>
internal interface IHandoverHost
{
    /// <summary>Gives a worker that is being replaced no more requests, and says when it has finished those it has: at once where it is not being replaced. Any thread.</summary>
    /// <param name="worker">The worker's <see cref="WorkerHandle.Id"/>.</param>
    /// <param name="quiet">Called once, on any thread.</param>
    void Quieten(int worker, Action quiet);
}

/// <summary>
/// Where workers leave what those that take their place are to have. A worker offers: its call waits until it is asked. The one that takes its place
/// receives: what the one before it of the same index gives, which is asked at that time. Nothing is kept. Any thread; <c>_gate</c> guards all.
/// </summary>
/// <param name="host">Who keeps requests from workers that are asked for all they have.</param>
/// <param name="time">The clock of who waits.</param>
internal sealed class HandoverDesk(IHandoverHost host, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly List<HandoverGiver> _givers = [];
    private readonly List<HandoverTaker> _takers = [];
    private long _token;

    /// <summary>Does a call.</summary>
    /// <param name="call">OFFER, GIVE or RECEIVE.</param>
    /// <param name="worker">Whose it is.</param>
    /// <param name="owner">Which of its processes.</param>
    /// <param name="caller">Who is answered.</param>
    /// <returns>The answer; null where it comes later.</returns>
    public StateResult? Execute(in StateCall call, WorkerHandle worker, StateOwner owner, IStateCaller caller) => call.Operation switch
    {
        StateOperation.Offer => Offer(call.Sequence, worker, owner, caller),
        StateOperation.Give => Give(call, owner),
        _ => Receive(call, worker, caller),
    };

    /// <summary>Nobody waits any more for the answer to that call.</summary>
    /// <returns>Whether somebody did.</returns>
    public bool Abandon(IStateCaller caller, uint sequence)
    {
        lock (_gate)
        {
            return End(_takers.Find(taker => taker.Caller == caller && taker.Sequence == sequence));
        }
    }

    /// <summary>A link has closed, and with it what waits for answers on it.</summary>
    public void OnClosed(IStateCaller caller)
    {
        lock (_gate)
        {
            foreach (HandoverTaker taker in _takers.FindAll(taker => taker.Caller == caller))
            {
                End(taker);
            }
        }
    }

    /// <summary>A process has ended: who waits for what it was to give gets nothing.</summary>
    public void OnEnded(StateOwner owner)
    {
        HandoverTaker[] takers;
        lock (_gate)
        {
            _givers.RemoveAll(giver => giver.Owner == owner);
            takers = [.. _takers.Where(taker => taker.Giver.Owner == owner)];
        }

        foreach (HandoverTaker taker in takers)
        {
            Answer(taker, new StateResult(StateStatus.Missing));
        }
    }

    private StateResult? Offer(uint sequence, WorkerHandle worker, StateOwner owner, IStateCaller caller)
    {
        HandoverGiver? giver;
        lock (_gate)
        {
            giver = _givers.Find(giver => giver.Owner == owner);
            if (giver is null)
            {
                _givers.Add(giver = new HandoverGiver(worker.Index, worker.Id, owner));
            }

            giver.Caller = caller;
            giver.Sequence = sequence;
            giver.IsFree = true;
        }

        Ask(giver);
        return null;
    }

    private StateResult? Give(in StateCall call, StateOwner owner)
    {
        long token = call.Number;
        HandoverTaker? taker;
        lock (_gate)
        {
            taker = _takers.Find(taker => taker.Token == token && taker.Giver.Owner == owner);
        }

        // Who has waited for it may have gone.
        bool isTaken = taker is not null
            && Answer(taker, call.Other == 0 ? new StateResult(StateStatus.Done, Value: call.Value.ToArray()) : new StateResult(StateStatus.Missing));
        return isTaken ? StateResult.Done : new StateResult(StateStatus.Missing);
    }

    private StateResult? Receive(in StateCall call, WorkerHandle worker, IStateCaller caller)
    {
        HandoverTaker taker;
        lock (_gate)
        {
            // Numbers of workers grow: the latest of those before it.
            HandoverGiver? giver = _givers.Where(giver => giver.Index == worker.Index && giver.Worker < worker.Id).MaxBy(static giver => giver.Worker);
            if (giver is null)
            {
                return new StateResult(StateStatus.Missing);
            }

            taker = new HandoverTaker(giver, caller, call.Sequence, call.Key.ToArray());
            _takers.Add(taker);
            taker.Timer = time.CreateTimer(_ => Answer(taker, new StateResult(StateStatus.TimedOut)), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            taker.Timer.Change(TimeSpan.FromMilliseconds(call.Wait), Timeout.InfiniteTimeSpan);
        }

        if (call.Number == 0)
        {
            BeReady(taker);
        }
        else
        {
            host.Quieten(taker.Giver.Worker, () => BeReady(taker));
        }

        return null;
    }

    private void BeReady(HandoverTaker taker)
    {
        lock (_gate)
        {
            taker.IsReady = true;
        }

        Ask(taker.Giver);
    }

    // One after the other: a worker gives one thing at a time.
    private void Ask(HandoverGiver giver)
    {
        IStateCaller caller;
        uint sequence;
        StateResult asked;
        lock (_gate)
        {
            HandoverTaker? taker = giver.IsFree ? _takers.Find(taker => taker.Giver == giver && taker is { IsReady: true, Token: 0 }) : null;
            if (taker is null)
            {
                return;
            }

            giver.IsFree = false;
            taker.Token = ++_token;
            caller = giver.Caller!;
            sequence = giver.Sequence;
            asked = new StateResult(StateStatus.Done, taker.Token, Value: taker.Name);
        }

        caller.Reply(sequence, asked);
    }

    private bool Answer(HandoverTaker taker, in StateResult result)
    {
        lock (_gate)
        {
            if (!End(taker))
            {
                return false;
            }
        }

        taker.Caller.Reply(taker.Sequence, result);
        return true;
    }

    private bool End(HandoverTaker? taker)
    {
        taker?.Timer?.Dispose();
        return taker is not null && _takers.Remove(taker);
    }
}

/// <summary>A process that gives what it has to the one that takes its place.</summary>
/// <param name="index">The index of its worker.</param>
/// <param name="worker">The number of its worker.</param>
/// <param name="owner">The process.</param>
internal sealed class HandoverGiver(int index, int worker, StateOwner owner)
{
    /// <summary>The index of its worker.</summary>
    public int Index { get; } = index;

    /// <summary>The number of its worker.</summary>
    public int Worker { get; } = worker;

    /// <summary>The process.</summary>
    public StateOwner Owner { get; } = owner;

    /// <summary>Where its call waits.</summary>
    public IStateCaller? Caller { get; set; }

    /// <summary>The call.</summary>
    public uint Sequence { get; set; }

    /// <summary>Whether its call waits to be answered.</summary>
    public bool IsFree { get; set; }
}

/// <summary>Who waits for what another one gives.</summary>
/// <param name="giver">The other one.</param>
/// <param name="caller">Who is answered.</param>
/// <param name="sequence">The call.</param>
/// <param name="name">What is asked for.</param>
internal sealed class HandoverTaker(HandoverGiver giver, IStateCaller caller, uint sequence, byte[] name)
{
    /// <summary>The other one.</summary>
    public HandoverGiver Giver { get; } = giver;

    /// <summary>Who is answered.</summary>
    public IStateCaller Caller { get; } = caller;

    /// <summary>The call.</summary>
    public uint Sequence { get; } = sequence;

    /// <summary>What is asked for.</summary>
    public byte[] Name { get; } = name;

    /// <summary>Whether the other one may be asked.</summary>
    public bool IsReady { get; set; }

    /// <summary>What the other one was asked with; 0 before.</summary>
    public long Token { get; set; }

    /// <summary>When it has waited for long enough.</summary>
    public ITimer? Timer { get; set; }
}
