namespace Hydra.Transport;

/// <summary>What a connection's loop can be asked to do for it (<see cref="LoopConnection.Ask"/>).</summary>
[Flags]
internal enum ConnectionWork
{
    /// <summary>See whether the reader can go on.</summary>
    Read = 1,

    /// <summary>See whether the writer can go on.</summary>
    Flush = 2,

    /// <summary>Send what is left, then let the client see the end.</summary>
    EndOutput = 4,

    /// <summary>The kernel said that the connection is broken.</summary>
    Broken = 8,

    /// <summary>Close at once.</summary>
    Abort = 16,

    /// <summary>Send what is left, then close.</summary>
    Dispose = 32,

    /// <summary>See to it that somebody looks whether the client takes what is sent.</summary>
    WatchSend = 64,
}
