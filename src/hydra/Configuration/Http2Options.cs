namespace Hydra.Configuration;

/// <summary>The versions of HTTP that are spoken.</summary>
[Flags]
internal enum HttpVersions
{
    /// <summary>HTTP/1.1 and 1.0.</summary>
    Http1 = 1,

    /// <summary>HTTP/2.</summary>
    Http2 = 2,

    /// <summary>Whatever the client speaks.</summary>
    Both = Http1 | Http2,

    /// <summary>HTTP/3, beside others that tell clients of it.</summary>
    Http3 = 4,
}

/// <summary>What a connection of HTTP/2 may do (RFC 9113, section 6.5.2).</summary>
internal sealed record Http2Options
{
    /// <summary>The versions of HTTP that are spoken over TCP and Unix sockets: one or both of the older ones.</summary>
    public HttpVersions Versions { get; init; } = HttpVersions.Both;

    /// <summary>Whether HTTP/3 is spoken too, where TLS is and the library for it is there.</summary>
    public bool HasHttp3 { get; init; }

    /// <summary>Requests at a time on one connection, from 1.</summary>
    public int MaxStreams { get; init; } = 100;

    /// <summary>Bytes that a client may send on one connection before they are read, from 65,535.</summary>
    public int ConnectionWindow { get; init; } = 1024 * 1024;

    /// <summary>Bytes that a client may send of one request before they are read, from 65,535.</summary>
    public int StreamWindow { get; init; } = 768 * 1024;

    /// <summary>Bytes of a frame that a client may send, from 16,384 to 16,777,215.</summary>
    public int MaxFrame { get; init; } = 16 * 1024;

    /// <summary>How long a connection may be silent before it is asked whether it is there; zero never asks.</summary>
    public TimeSpan KeepAliveInterval { get; init; }

    /// <summary>How long the answer may take.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(20);
}
