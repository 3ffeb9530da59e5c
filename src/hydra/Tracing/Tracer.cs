using Microsoft.Extensions.Primitives;

namespace Hydra.Tracing;

/// <summary>Decides of each request where it belongs, and whether it is recorded. Any thread.</summary>
/// <param name="sampler">Which are recorded.</param>
/// <param name="queue">Where records go.</param>
internal sealed class Tracer(TraceSampler sampler, TraceQueue queue)
{
    /// <summary>Where records go that are complete.</summary>
    public TraceQueue Queue => queue;

    /// <summary>A request begins.</summary>
    /// <param name="parents">Its fields traceparent. Of several none counts (W3C Trace Context, section 3.2).</param>
    /// <param name="states">Its fields tracestate.</param>
    /// <param name="startedAt">When it came, as a timestamp.</param>
    public TraceLink Begin(in StringValues parents, in StringValues states, long startedAt)
    {
        if (parents.Count == 1 && TraceParent.TryParse(parents[0], out TraceParent parent))
        {
            return Continue(parent, states, startedAt);
        }

        ulong low = TraceParent.NewId();
        bool isSampled = sampler.Samples(null, low);
        var own = new TraceParent(TraceParent.NewId(), low, TraceParent.NewId(), isSampled ? TraceParent.Sampled : (byte)0);
        return new TraceLink
        {
            Told = own,
            Telling = parents.Count + states.Count == 0 ? TraceTelling.Adds : TraceTelling.ReplacesAll,
            Trace = isSampled ? new RequestTrace(null, own, "", startedAt) : null,
        };
    }

    /// <summary>Whether a request is recorded with which a trace begins; for those that are not worth more.</summary>
    public bool SamplesOne(out TraceLink link, long startedAt)
    {
        link = Begin(default, default, startedAt);
        return link.Trace is not null;
    }

    private TraceLink Continue(in TraceParent parent, in StringValues states, long startedAt)
    {
        bool isSampled = sampler.Samples(parent, parent.Low);
        string state = states.Count == 0 ? "" : states.ToString();
        bool keepsState = state.Length == 0 || TraceState.IsValid(state);
        if (!isSampled && !parent.IsSampled && keepsState)
        {
            return new TraceLink { Told = parent };
        }

        byte flags = (byte)((parent.Flags & TraceParent.RandomId) | (isSampled ? TraceParent.Sampled : 0));
        TraceParent own = parent with { Span = isSampled ? TraceParent.NewId() : parent.Span, Flags = flags };
        return new TraceLink
        {
            Told = own,
            Telling = keepsState ? TraceTelling.Replaces : TraceTelling.ReplacesAll,
            Trace = isSampled ? new RequestTrace(parent, own, keepsState ? state : "", startedAt) : null,
        };
    }
}
