namespace Hydra.Http;

/// <summary>What holds for WebSockets.</summary>
internal sealed record SessionBounds
{
    /// <summary>Bytes that a message of a client may have, decompressed; a longer one closes the session with 1009.</summary>
    public long MaxMessage { get; init; } = 16 * 1024 * 1024;

    /// <summary>How often a client is asked whether it is still there; zero never.</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long the answer to that may take before the connection is given up; zero for ever.</summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a client may take to answer a close (RFC 6455, section 7.1.1) before its connection is closed.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether messages are compressed where the client offers it (RFC 7692).</summary>
    public bool Deflates { get; init; } = true;
}
