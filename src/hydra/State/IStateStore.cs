namespace Hydra.State;

/// <summary>What the workers of an application share: a store of this server's, or one that the server before it has still. Any thread.</summary>
internal interface IStateStore : IDisposable
{
    /// <summary>Bytes that a value may have.</summary>
    long MaxValue { get; }

    /// <summary>Does what a call says.</summary>
    /// <param name="call">The call.</param>
    /// <param name="owner">The process that makes it.</param>
    /// <param name="caller">Who hears of what takes its time.</param>
    /// <returns>Null where it takes its time.</returns>
    StateResult? Execute(in StateCall call, StateOwner owner, IStateCaller caller);

    /// <summary>One of the links of a process has closed: what waits there does not any more.</summary>
    void OnClosed(StateOwner owner, IStateCaller caller);

    /// <summary>A process has ended: what it holds is free.</summary>
    void OnEnded(StateOwner owner);

    /// <summary>What there is to be measured.</summary>
    StateFigures ReadFigures();

    /// <summary>
    /// Stops: nothing is done from now on, nothing ends, and no call is answered any more. Who waits has to ask the store that goes on with this.
    /// </summary>
    /// <returns>What was there; it is read when it is enumerated.</returns>
    Task<StateImage> StopAsync();
}
