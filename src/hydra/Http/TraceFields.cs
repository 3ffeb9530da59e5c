using Hydra.Tracing;

namespace Hydra.Http;

/// <summary>The header fields of W3C Trace Context, as workers get them.</summary>
internal static class TraceFields
{
    private static readonly HeaderEdits Parent = new(["traceparent"], []);
    private static readonly HeaderEdits Both = new(["traceparent", "tracestate"], []);

    /// <summary>The name of the field that names the parent.</summary>
    public static ReadOnlySpan<byte> ParentName => "traceparent"u8;

    /// <summary>What the client has sent, and its worker does not get; null where that is nothing.</summary>
    public static HeaderEdits? LeftOut(TraceTelling telling) => telling switch
    {
        TraceTelling.Replaces => Parent,
        TraceTelling.ReplacesAll => Both,
        _ => null,
    };
}
