using Microsoft.Extensions.Logging;

namespace Hydra.Http;

/// <summary>What the Http ring logs: event ids 1500 to 1599.</summary>
internal static partial class HttpLog
{
    [LoggerMessage(1500, LogLevel.Error, "worker {Worker}: {Method} {Path}: the response is invalid: {Rule}; the client got 500")]
    public static partial void BadResponse(ILogger logger, int worker, string method, string path, string rule);

    [LoggerMessage(1501, LogLevel.Error, "worker {Worker}: {Method} {Path}: the worker was lost before it answered; the client got 502")]
    public static partial void WorkerLost(ILogger logger, int worker, string method, string path);

    [LoggerMessage(1502, LogLevel.Error, "worker {Worker}: {Method} {Path}: the response was cut off and its connection aborted: {Reason}")]
    public static partial void ResponseCutShort(ILogger logger, int worker, string method, string path, string reason);

    [LoggerMessage(1520, LogLevel.Error,
        "worker {Worker}: {Method} {Path}: no response within {Seconds:0.#} s (request {Request}); the client got 504")]
    public static partial void TimedOut(ILogger logger, int worker, string method, string path, string request, double seconds);

    [LoggerMessage(1530, LogLevel.Error,
        "worker {Worker}: {Method} {Path}: two workers ended while they ran this request; it gets 500, and is kept from workers for {Seconds} s")]
    public static partial void Convicted(ILogger logger, int worker, string method, string path, double seconds);

    [LoggerMessage(1510, LogLevel.Warning,
        "Bodies cannot be written to disk: {Reason}. Until they can, large ones stream to their workers, and slow clients hold those up.")]
    public static partial void SpoolFailed(ILogger logger, string reason);

    [LoggerMessage(1511, LogLevel.Information, "Bodies are written to disk again; {Count} more had been streamed.")]
    public static partial void SpoolWorksAgain(ILogger logger, long count);

    [LoggerMessage(1512, LogLevel.Error, "{Method} {Path}: the body cannot be read back from disk: {Reason}")]
    public static partial void SpoolUnreadable(ILogger logger, string method, string path, string reason);
}
