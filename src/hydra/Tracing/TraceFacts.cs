namespace Hydra.Tracing;

/// <summary>What a request was, and what came of it, for its server span.</summary>
internal sealed record TraceFacts
{
    /// <summary>Those of a request that is not over.</summary>
    public static TraceFacts None { get; } = new();

    /// <summary>When it was over, by the clock: nanoseconds since the Unix epoch.</summary>
    public long EndedOn { get; init; }

    /// <summary>The same moment as a timestamp.</summary>
    public long EndedAt { get; init; }

    /// <summary>Its method, as sent; empty where there was none.</summary>
    public string Method { get; init; } = "";

    /// <summary>Its target, as sent.</summary>
    public string Target { get; init; } = "";

    /// <summary>http or https.</summary>
    public string Scheme { get; init; } = "http";

    /// <summary>1.0, 1.1 or 2.</summary>
    public string HttpVersion { get; init; } = "";

    /// <summary>What the client got; 0 where it got nothing.</summary>
    public int Status { get; init; }

    /// <summary>Why there was no answer, or not all of it, in the word that metrics have for it; empty where there was.</summary>
    public string Failure { get; init; } = "";

    /// <summary>The client's address; empty where it has none.</summary>
    public string ClientHost { get; init; } = "";

    /// <summary>Its port; 0 where it is not known.</summary>
    public int ClientPort { get; init; }

    /// <summary>The host that was asked for, with its port where it has one; where none was, the address that the client has reached.</summary>
    public string Host { get; init; } = "";

    /// <summary>The client's User-Agent; empty where it has none.</summary>
    public string UserAgent { get; init; } = "";

    /// <summary>What the request is called; null where requests have no names.</summary>
    public string? RequestId { get; init; }

    /// <summary>The application that it was for, where there are several; null else.</summary>
    public string? Pool { get; init; }

    /// <summary>How long it has waited for a worker in vain, in microseconds; null where it has not.</summary>
    public uint? RefusedAfter { get; init; }
}
