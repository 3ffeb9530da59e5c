namespace Hydra.Tracing;

/// <summary>What a request's worker is told of its trace, and what is recorded of it.</summary>
internal readonly struct TraceLink
{
    /// <summary>What stands in the place of the client's traceparent.</summary>
    public TraceParent Told { get; init; }

    /// <summary>What becomes of the fields that the client has sent.</summary>
    public TraceTelling Telling { get; init; }

    /// <summary>The trace of the request where it is known, whether it is recorded or not.</summary>
    public bool IsKnown => (Told.High | Told.Low) != 0;

    /// <summary>The same for a request that the server makes because of this one: it goes on in its server span, and nothing is recorded of it.</summary>
    public TraceLink Beside => Trace is null ? this : new TraceLink { Told = Told with { Span = Trace.Span }, Telling = Telling };

    /// <summary>What is recorded; null where nothing is.</summary>
    public RequestTrace? Trace { get; init; }
}

/// <summary>What a worker is told of a request's trace.</summary>
internal enum TraceTelling
{
    /// <summary>What the client has sent.</summary>
    AsSent,

    /// <summary>A traceparent: the client has sent nothing.</summary>
    Adds,

    /// <summary>Another traceparent; what the client's tracestate says stays true.</summary>
    Replaces,

    /// <summary>Another traceparent, and no tracestate.</summary>
    ReplacesAll,
}
