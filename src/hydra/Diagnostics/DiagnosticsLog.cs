using Microsoft.Extensions.Logging;

namespace Hydra.Diagnostics;

/// <summary>What the Diagnostics ring logs: event ids 1100 to 1199.</summary>
internal static partial class DiagnosticsLog
{
    [LoggerMessage(1100, LogLevel.Warning, "{Lost} lines of the access log were lost because standard output did not keep up")]
    public static partial void AccessLinesLost(ILogger logger, long lost);
}
