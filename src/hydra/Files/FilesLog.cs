using Microsoft.Extensions.Logging;

namespace Hydra.Files;

/// <summary>What the Files ring logs: event ids 1800 to 1899.</summary>
internal static partial class FilesLog
{
    /// <summary>A link leads out of its directory. At most one line in some seconds.</summary>
    [LoggerMessage(1800, LogLevel.Warning,
        "{Path} is not served: a link leads out of the directory that --static names; --static-follow-symlinks lets it.{Others}")]
    public static partial void Outside(ILogger logger, string path, string others);

    /// <summary>A file is there, and cannot be opened. At most one line in some seconds.</summary>
    [LoggerMessage(1801, LogLevel.Warning, "{Path} is not served: {Reason}.{Others}")]
    public static partial void Denied(ILogger logger, string path, string reason, string others);

    /// <summary>The disk, or what stands for it, has failed.</summary>
    [LoggerMessage(1802, LogLevel.Error, "{Path} cannot be read: {Reason}")]
    public static partial void Unreadable(ILogger logger, string path, string reason);

    /// <summary>A file has become shorter while a client got it.</summary>
    [LoggerMessage(1803, LogLevel.Error, "{Target}: the answer was cut off and its connection aborted: {Reason}")]
    public static partial void CutShort(ILogger logger, string target, string reason);

    /// <summary>The page of a single-page application is not there, at the start.</summary>
    [LoggerMessage(1804, LogLevel.Warning,
        "--static-spa {Name}: there is no such file in a directory that --static names, and nothing to be shown for pages until there is")]
    public static partial void NoSpa(ILogger logger, string name);
}
