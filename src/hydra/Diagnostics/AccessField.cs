namespace Hydra.Diagnostics;

/// <summary>What a place of an <see cref="AccessFormat"/> stands for.</summary>
internal enum AccessField
{
    /// <summary>Text of the format itself.</summary>
    Literal,

    /// <summary>-, as of identd.</summary>
    Nothing,

    ClientHost,
    Client,
    User,
    CommonTime,
    PlainTime,
    UtcTime,
    RequestLine,
    Method,
    Path,
    Target,
    Query,
    Protocol,
    Scheme,
    Host,
    Status,
    StatusPhrase,
    Bytes,
    Referer,
    UserAgent,
    Seconds,
    Milliseconds,
    Microseconds,
    DecimalSeconds,
    DecimalMilliseconds,
    QueueMilliseconds,
    Process,
    Worker,
    RequestId,
    Failure,
    RequestHeader,
    ResponseHeader,
}

/// <summary>A place of an <see cref="AccessFormat"/>.</summary>
/// <param name="Field">What it stands for.</param>
/// <param name="Name">The name of the header field; of a literal its text.</param>
/// <param name="Decimals">Digits behind the point, where the format has said how many; below 0 for as many as are usual.</param>
internal readonly record struct AccessPlace(AccessField Field, string Name = "", int Decimals = -1);

/// <summary>The words of the fields: gunicorn's and hypercorn's, which are one letter or two, granian's, and Hydra's own.</summary>
internal static class AccessFields
{
    /// <summary>Word, field, and whether it is a number.</summary>
    public static IReadOnlyList<(string Word, AccessField Field, bool IsNumber)> All { get; } =
    [
        ("h", AccessField.ClientHost, false), ("l", AccessField.Nothing, false), ("u", AccessField.User, false), ("t", AccessField.CommonTime, false),
        ("r", AccessField.RequestLine, false), ("R", AccessField.RequestLine, false), ("m", AccessField.Method, false), ("U", AccessField.Path, false),
        ("Uq", AccessField.Target, false), ("q", AccessField.Query, false), ("H", AccessField.Protocol, false), ("S", AccessField.Scheme, false),
        ("s", AccessField.Status, true), ("st", AccessField.StatusPhrase, false), ("b", AccessField.Bytes, true), ("B", AccessField.Bytes, true),
        ("f", AccessField.Referer, false), ("a", AccessField.UserAgent, false), ("T", AccessField.Seconds, true), ("M", AccessField.Milliseconds, true),
        ("D", AccessField.Microseconds, true), ("L", AccessField.DecimalSeconds, true), ("p", AccessField.Process, false),
        ("addr", AccessField.ClientHost, false), ("time", AccessField.PlainTime, false), ("dt_ms", AccessField.DecimalMilliseconds, true),
        ("status", AccessField.Status, true), ("path", AccessField.Path, false), ("query_string", AccessField.Query, false),
        ("method", AccessField.Method, false), ("scheme", AccessField.Scheme, false), ("protocol", AccessField.Protocol, false),
        ("client", AccessField.Client, false), ("timestamp", AccessField.UtcTime, false), ("host", AccessField.Host, false),
        ("bytes", AccessField.Bytes, true), ("queue_ms", AccessField.QueueMilliseconds, true), ("worker", AccessField.Worker, false),
        ("request_id", AccessField.RequestId, false), ("failure", AccessField.Failure, false),
    ];
}
