using Microsoft.Extensions.Logging;

namespace Hydra.Http;

/// <summary>What the Http ring logs: event ids 1500 to 1599.</summary>
internal static partial class HttpLog
{
    /// <summary>A request that no answer of the application came for; how bad that is stands in the table of failures.</summary>
    [LoggerMessage(EventId = 1540, Message = "worker {Worker}: {Method} {Path}: {What}; the client got {Status}")]
    public static partial void Failed(ILogger logger, LogLevel level, int worker, string method, string path, string what, int status);

    /// <summary>The answer had begun.</summary>
    [LoggerMessage(1502, LogLevel.Error, "worker {Worker}: {Method} {Path}: the response was cut off and its connection aborted: {Reason}")]
    public static partial void ResponseCutShort(ILogger logger, int worker, string method, string path, string reason);

    /// <summary>A client sends what is no request. At most one line a second; the others are counted.</summary>
    [LoggerMessage(1541, LogLevel.Information, "A request of {Client} was refused: {Reason}; the client got {Status}.{Others}")]
    public static partial void Refused(ILogger logger, string client, string reason, int status, string others);

    /// <summary>Clients have the front hold as much as they may. At most one line in some seconds.</summary>
    [LoggerMessage(1512, LogLevel.Warning,
        "Requests are refused: what clients have the server hold takes all of its {Limit} KiB (--memory-limit). {Count} since this was said last.")]
    public static partial void MemoryShort(ILogger logger, long limit, long count);

    /// <summary>Somebody who is not trusted says for whom he asks. At most one line for a network, and for a few of these.</summary>
    [LoggerMessage(1550, LogLevel.Warning,
        "{Peer} says with {Field} for whom it asks, and is not among those who are believed: such fields of its are left out. If it is your proxy name it, or its "
            + "network: --forwarded-allow-ips {Name}. To have the application judge them itself, give --no-proxy-headers.")]
    public static partial void NotBelieved(ILogger logger, string peer, string field, string name);

    /// <summary>A connection does not begin as it should. At most one line a second.</summary>
    [LoggerMessage(1552, LogLevel.Warning, "A connection of {Peer} was refused: {Reason}.{Others}")]
    public static partial void ProxyRefused(ILogger logger, string peer, string reason, string others);

    /// <summary>Said once.</summary>
    [LoggerMessage(1551, LogLevel.Warning,
        "Header fields whose names have an underscore are left out, such as {Name}: applications cannot tell them from those with a hyphen. --header-map dangerous lets them in.")]
    public static partial void UnderscoreDropped(ILogger logger, string name);

    /// <summary>The disk does not take bodies.</summary>
    [LoggerMessage(1510, LogLevel.Warning,
        "Bodies cannot be written to disk: {Reason}. Until they can, large ones stream to their workers, and slow clients hold those up; "
            + "chunked ones are refused where their length has to be known.")]
    public static partial void SpoolFailed(ILogger logger, string reason);

    /// <summary>The disk takes bodies again.</summary>
    [LoggerMessage(1511, LogLevel.Information, "Bodies are written to disk again; {Count} more had been streamed.")]
    public static partial void SpoolWorksAgain(ILogger logger, long count);

    /// <summary>Said once.</summary>
    [LoggerMessage(1560, LogLevel.Warning,
        "worker {Worker}: the application has received more than {Bytes} bytes on a WebSocket ({Path}) since its last save_state(): until the next one that connection ends with its worker. (Said once.)")]
    public static partial void ResumptionLapsed(ILogger logger, int worker, string path, long bytes);

    /// <summary>Said once.</summary>
    [LoggerMessage(1561, LogLevel.Warning,
        "worker {Worker}: the application has accepted a WebSocket ({Path}) that goes on with another subprotocol or with fields, of which its client does not hear. (Said once.)")]
    public static partial void AcceptedOtherwise(ILogger logger, int worker, string path);
}
