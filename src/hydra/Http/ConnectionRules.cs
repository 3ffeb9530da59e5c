using Hydra.Dispatch;
using Hydra.Primitives;

namespace Hydra.Http;

/// <summary>What holds for the connections of clients.</summary>
internal sealed record ConnectionRules
{
    /// <summary>Bytes that a line of a single header field may have; 0 for no bound of its own.</summary>
    public int LimitField { get; init; }

    /// <summary>What the heads of all connections may have in memory; null for no bound.</summary>
    public MemoryBudget? Memory { get; init; }

    /// <summary>Whether TLS is spoken on them.</summary>
    public bool IsTls { get; init; }

    /// <summary>Requests that a connection may have; 0 for any number.</summary>
    public int LimitRequests { get; init; }

    /// <summary>Whether an answer that is about to begin ends its connection, because the server stops; null where it never does.</summary>
    public Func<bool>? Ends { get; init; }

    /// <summary>Streams at a time of a connection of HTTP/2, from 1.</summary>
    public int MaxStreams { get; init; } = 100;

    /// <summary>How long a response of HTTP/2 may wait for its client to take something; 0 for ever.</summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>What may answer requests before they come to the handler; null for nobody.</summary>
    public QuickAnswers? Quick { get; init; }

    /// <summary>Told of a connection that is ended: its address, and why.</summary>
    public Action<string, Failure> Refused { get; init; } = static (_, _) => { };

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
