using Microsoft.Extensions.Logging;

namespace Hydra.Diagnostics;

/// <summary>What the Diagnostics ring logs: event ids 1100 to 1199.</summary>
internal static partial class DiagnosticsLog
{
    [LoggerMessage(1100, LogLevel.Warning, "{Lost} lines of the access log were lost because its output did not keep up, or took none")]
    public static partial void AccessLinesLost(ILogger logger, long lost);

    [LoggerMessage(1101, LogLevel.Error, "{Path} takes no lines, which are lost until it does: {Reason}")]
    public static partial void FileFailed(ILogger logger, string path, string reason);

    [LoggerMessage(1102, LogLevel.Information, "{Path} takes lines again")]
    public static partial void FileWorksAgain(ILogger logger, string path);

    [LoggerMessage(1103, LogLevel.Error, "{Path} cannot be opened again, and the file that was open is used further: {Reason}")]
    public static partial void NotReopened(ILogger logger, string path, string reason);
}
