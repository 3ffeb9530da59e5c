using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Hydra.Transport;

/// <summary>What the transport logs; event ids 1300 to 1399.</summary>
internal static partial class TransportLog
{
    [LoggerMessage(1300, LogLevel.Critical, "A callback of an event loop failed ({Source}); what it belonged to is closed.")]
    public static partial void CallbackFailed(ILogger logger, Exception exception, string source);

    [LoggerMessage(1301, LogLevel.Warning, "No more connections can be accepted on {EndPoint}: {Reason}. They wait until a descriptor is free.")]
    public static partial void AcceptPaused(ILogger logger, string endPoint, string reason);

    [LoggerMessage(1302, LogLevel.Information, "Connections are accepted on {EndPoint} again.")]
    public static partial void AcceptResumed(ILogger logger, string endPoint);

    [LoggerMessage(1303, LogLevel.Error, "Accepting connections on {EndPoint} failed: {Reason}.")]
    public static partial void AcceptFailed(ILogger logger, string endPoint, string reason);

    [LoggerMessage(1304, LogLevel.Error, "A callback that waited for the end of connection {ConnectionId} failed.")]
    public static partial void ClosedCallbackFailed(ILogger logger, Exception exception, string connectionId);

    [LoggerMessage(1305, LogLevel.Debug, "Connection {ConnectionId} ended: {Reason}.")]
    private static partial void ConnectionFailed(ILogger logger, string connectionId, string reason);

    /// <summary>Makes the connection's name only where somebody will read it.</summary>
    public static void ConnectionFailed(ILogger logger, BaseConnectionContext connection, Exception error)
    {
        if (logger.IsEnabled(LogLevel.Debug))
        {
            ConnectionFailed(logger, connection.ConnectionId, error.Message);
        }
    }

    [LoggerMessage(1306, LogLevel.Information, "A stale socket file was removed: {Path}.")]
    public static partial void StaleSocketRemoved(ILogger logger, string path);

    [LoggerMessage(1307, LogLevel.Debug, "Event loop {Loop} runs on {Kernel}.")]
    public static partial void LoopStarted(ILogger logger, int loop, string kernel);

    [LoggerMessage(1308, LogLevel.Warning, "The kernel refused io_uring on event loop {Loop}; from now on each receive and send is a system call.")]
    public static partial void RingBroken(ILogger logger, int loop);
}
