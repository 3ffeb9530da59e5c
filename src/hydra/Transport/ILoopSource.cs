namespace Hydra.Transport;

/// <summary>
/// Something with a descriptor that an <see cref="EventLoop"/> watches. The loop's thread calls the two methods; they must not block.
/// </summary>
internal interface ILoopSource
{
    /// <summary>The descriptor.</summary>
    int Descriptor { get; }

    /// <summary>Tells this registration from an earlier one of the same descriptor number. The loop sets it.</summary>
    uint Generation { get; set; }

    /// <summary>The descriptor is ready for something.</summary>
    /// <param name="events">Bits of <see cref="Libc.EpollIn"/> and its kin.</param>
    void OnEvents(int events);

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
