using Microsoft.Extensions.Logging;

namespace Hydra.Tracing;

/// <summary>What the exporter of traces logs. Its numbers are those from 2100.</summary>
internal static partial class TracingLog
{
    [LoggerMessage(2100, LogLevel.Warning, "the collector at {Address} does not take traces: {Reason}; what cannot be sent is lost, and counted")]
    public static partial void Lost(ILogger logger, string address, string reason);

    [LoggerMessage(2101, LogLevel.Warning, "the collector at {Address} has not taken {Count} spans: {Reason}")]
    public static partial void Rejected(ILogger logger, string address, long count, string reason);

    [LoggerMessage(2102, LogLevel.Information, "traces go to {Address}")]
    public static partial void Exports(ILogger logger, string address);
}
