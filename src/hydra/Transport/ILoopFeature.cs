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

    /// <summary>Gets what the reader consumes. Set it before the connection is read.</summary>
    HeadCapture? Capture { get; set; }
}
