using System.Diagnostics;

namespace Hydra.Tracing;

/// <summary>
/// What is recorded of one request: its server span, and for each worker that it was given to a span for the wait and one for the worker. Whoever has the
/// request writes, one after the other; when it is over it changes no more. Times are timestamps of <see cref="Stopwatch"/>.
/// </summary>
/// <param name="parent">Where it belongs; null where its trace begins here.</param>
/// <param name="own">Its trace, and the span of the first worker that gets it.</param>
/// <param name="state">What its tracestate says; empty for nothing.</param>
/// <param name="startedAt">When it came.</param>
internal sealed class RequestTrace(TraceParent? parent, TraceParent own, string state, long startedAt)
{
    private readonly List<WorkerTry> _tries = [];

    /// <summary>The span in which the client belongs; null where its trace begins here.</summary>
    public TraceParent? Parent => parent;

    /// <summary>Its trace.</summary>
    public TraceParent Own => own;

    /// <summary>The id of its server span.</summary>
    public ulong Span { get; } = TraceParent.NewId();

    /// <summary>What its tracestate says; empty for nothing.</summary>
    public string State => state;

    /// <summary>When it came.</summary>
    public long StartedAt => startedAt;

    /// <summary>The workers that it was given to, in their order.</summary>
    public IReadOnlyList<WorkerTry> Tries => _tries;

    /// <summary>What it was, and what came of it; set when it is over.</summary>
    public TraceFacts Facts { get; set; } = TraceFacts.None;

    /// <summary>How many spans there are of it: one, and for each worker two; or one for a wait that was in vain.</summary>
    public int Spans => 1 + (2 * _tries.Count) + (Facts.RefusedAfter is null ? 0 : 1);

    /// <summary>A worker gets the request.</summary>
    /// <param name="worker">Its number.</param>
    /// <param name="queued">How long the request has waited for it, in microseconds.</param>
    /// <returns>The id of the worker's span.</returns>
    public ulong OnSent(int worker, uint queued)
    {
        var next = new WorkerTry(worker, queued, _tries.Count == 0 ? own.Span : TraceParent.NewId(), Stopwatch.GetTimestamp());
        _tries.Add(next);
        return next.Span;
    }

    /// <summary>The worker has it no more, and has not answered, or not all.</summary>
    /// <param name="failure">Why, in the word that metrics have for it; null where its client has ended a session in order.</param>
    public void OnFailed(string? failure)
    {
        if (_tries is [.., { EndedAt: 0 } last])
        {
            last.EndedAt = Stopwatch.GetTimestamp();
            last.Failure = failure;
        }
    }

    /// <summary>The worker has accepted a WebSocket.</summary>
    public void OnAccepted()
    {
        if (_tries is [.., var last])
        {
            last.AcceptedAt = Stopwatch.GetTimestamp();
        }
    }

    /// <summary>The worker's answer has come as a whole.</summary>
    /// <param name="at">When.</param>
    public void OnAnswered(long at)
    {
        if (_tries is [.., { EndedAt: 0 } last])
        {
            last.EndedAt = at;
        }
    }
}

/// <summary>A worker that a request was given to.</summary>
/// <param name="worker">Its number.</param>
/// <param name="queued">How long the request has waited for it, in microseconds.</param>
/// <param name="span">The id of its span.</param>
/// <param name="sentAt">When it got the request.</param>
internal sealed class WorkerTry(int worker, uint queued, ulong span, long sentAt)
{
    /// <summary>Its number.</summary>
    public int Worker => worker;

    /// <summary>How long the request has waited for it, in microseconds.</summary>
    public uint Queued => queued;

    /// <summary>The id of its span.</summary>
    public ulong Span => span;

    /// <summary>When it got the request.</summary>
    public long SentAt => sentAt;

    /// <summary>When it was through with it; 0 as long as it is not.</summary>
    public long EndedAt { get; set; }

    /// <summary>When it has accepted a WebSocket; 0 where it has not.</summary>
    public long AcceptedAt { get; set; }

    /// <summary>Why it has not answered, or not all; null where it has.</summary>
    public string? Failure { get; set; }
}
