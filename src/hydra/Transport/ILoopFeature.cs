namespace Hydra.Transport;

/// <summary>Found among a connection's features: where it lives, and how its waits end.</summary>
internal interface ILoopFeature
{
    /// <summary>The loop that the connection lives on.</summary>
    EventLoop Loop { get; }

    /// <summary>
    /// Whether waits end with their code running on the loop's thread. Set it to false around what computes for long, such as a TLS
    /// handshake: waits then end on the thread pool. Any thread; it counts for waits that begin afterwards.
    /// </summary>
    bool RunInline { get; set; }

    /// <summary>
    /// Whether an abort is to end the connection in order: the client gets what was flushed, then the end, and no reset. Set it before the
    /// abort.
    /// </summary>
    bool AbortsInOrder { get; set; }

    /// <summary>Gets what the reader consumes. Set it before the connection is read.</summary>
    HeadCapture? Capture { get; set; }
}

/// <summary>
/// What has this among a connection's features hears of its client's end of sending. Called on the loop's thread; must not block.
/// </summary>
internal interface IPeerSink
{
    /// <summary>The client sends nothing more: it has left, or waits for nothing but the answer; nothing tells the two apart.</summary>
    /// <param name="isLong">Whether <see cref="TransportOptions.HalfCloseGrace"/> has passed since; there is a call before that one.</param>
    /// <returns>Whether this decides what it means. Where nobody does the connection counts as closed once that time has passed.</returns>
    bool OnPeerFinished(bool isLong);
}
