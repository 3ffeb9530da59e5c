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

    [LoggerMessage(1530, LogLevel.Error,
        "worker {Worker}: {Method} {Path}: two workers ended while they ran this request; it gets 500, and is kept from workers for {Seconds} s")]
    public static partial void Convicted(ILogger logger, int worker, string method, string path, double seconds);
}
