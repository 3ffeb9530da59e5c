using Microsoft.Extensions.Logging;

namespace Hydra.Tls;

/// <summary>What there is to say about certificates.</summary>
internal static partial class TlsLog
{
    /// <summary>Handshakes from now on use what is in the files.</summary>
    [LoggerMessage(2001, LogLevel.Information, "the certificates have changed and were loaded again")]
    public static partial void Renewed(ILogger logger);

    /// <summary>They go on with what was in the files before.</summary>
    [LoggerMessage(2002, LogLevel.Error, "the certificates have changed, and the former ones stay in use: {Reason}")]
    public static partial void NotRenewed(ILogger logger, string reason);

    /// <summary>Browsers will refuse it.</summary>
    [LoggerMessage(2003, LogLevel.Warning, "the certificate of {Names} {Ends} at {End:u}")]
    public static partial void Expires(ILogger logger, string names, string ends, DateTime end);

    /// <summary>A client is turned away in the handshake.</summary>
    [LoggerMessage(2004, LogLevel.Information, "a client was refused by its certificate ({Subject}): {Reason}{More}")]
    public static partial void Refused(ILogger logger, string subject, string reason, string more);
}
