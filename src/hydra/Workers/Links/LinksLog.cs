using Microsoft.Extensions.Logging;

namespace Hydra.Workers.Links;

/// <summary>What is logged about the links that workers open: event ids 1400, 1401, and 1490 to 1499.</summary>
internal static partial class LinksLog
{
    [LoggerMessage(1400, LogLevel.Warning, "a connection on the worker socket was refused: {Reason}")]
    public static partial void LinkRefused(ILogger logger, string reason);

    [LoggerMessage(1490, LogLevel.Warning, "{Count} connections on the worker socket were refused; the last one: {Reason}")]
    public static partial void LinksRefused(ILogger logger, long count, string reason);

    [LoggerMessage(1401, LogLevel.Error, "the worker socket cannot accept: {Reason}")]
    public static partial void AcceptFailed(ILogger logger, string reason);

    [LoggerMessage(1491, LogLevel.Error, "the server before this one ended without handing over its shared state; it begins anew")]
    public static partial void StateLost(ILogger logger);

    [LoggerMessage(1492, LogLevel.Warning, "{Count} entries of the shared state of the server before this one have no room here (--state-memory), and are lost")]
    public static partial void StateTooLarge(ILogger logger, int count);
}
