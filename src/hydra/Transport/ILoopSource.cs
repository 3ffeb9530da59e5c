namespace Hydra.Transport;

/// <summary>
/// Something with a descriptor that an <see cref="EventLoop"/> watches. The loop's thread calls the two methods; they must not block.
/// </summary>
internal interface ILoopSource
{
    /// <summary>What is watched. It stays open, and the same, for as long as the source is registered.</summary>
    int Descriptor { get; }

    /// <summary>Tells this registration from an earlier one of the same descriptor number. The loop sets it.</summary>
    uint Generation { get; set; }

    /// <summary>The descriptor is ready for something.</summary>
    /// <param name="events">For what.</param>
    void OnEvents(LoopEvents events);

    /// <summary>A callback of this source threw: it should close itself. The loop has logged the exception.</summary>
    void OnFault(Exception exception);
}

/// <summary>Something to do when a tick of the loop ends, on the loop's thread.</summary>
internal interface ITickWork
{
    /// <summary>Called once for each time it was registered.</summary>
    void OnTickEnd();
}

/// <summary>Something to do after a while, on the loop's thread.</summary>
internal interface ILoopTimer
{
    /// <summary>The time is over.</summary>
    void OnTimer();
}
