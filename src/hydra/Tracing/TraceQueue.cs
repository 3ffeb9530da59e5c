using Hydra.Diagnostics;

namespace Hydra.Tracing;

/// <summary>Records that wait to be exported. Bounded: what finds no room is lost, and counted; nobody waits. Any thread.</summary>
/// <param name="mostSpans">Spans that may wait.</param>
/// <param name="batch">Spans for which the exporter is woken.</param>
/// <param name="metrics">Told of what is lost.</param>
internal sealed class TraceQueue(int mostSpans, int batch, TraceMetrics metrics)
{
    private readonly Lock _lock = new();
    private readonly Queue<RequestTrace> _waiting = [];
    private TaskCompletionSource _full = NewSignal();
    private int _spans;

    /// <summary>Adds a record that is complete.</summary>
    public void Add(RequestTrace trace)
    {
        int spans = trace.Spans;
        TaskCompletionSource? full;
        lock (_lock)
        {
            if (_spans + spans > mostSpans)
            {
                metrics.AddDropped(spans);
                return;
            }

            _waiting.Enqueue(trace);
            _spans += spans;
            full = _spans >= batch ? _full : null;
        }

        full?.TrySetResult();
    }

    /// <summary>Waits until there is a batch, or the time is over, or the token is cancelled.</summary>
    public async Task WaitAsync(TimeSpan time, CancellationToken end)
    {
        Task full;
        lock (_lock)
        {
            full = _full.Task;
        }

        await full.WaitAsync(time, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Takes a batch, or what there is; none where there is nothing.</summary>
    public IReadOnlyList<RequestTrace> Take()
    {
        List<RequestTrace> taken = [];
        int spans = 0;
        lock (_lock)
        {
            _full = _full.Task.IsCompleted ? NewSignal() : _full;
            while (spans < batch && _waiting.TryDequeue(out RequestTrace? trace))
            {
                taken.Add(trace);
                spans += trace.Spans;
            }

            _spans -= spans;
        }

        return taken;
    }

    /// <summary>What waits is lost.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            metrics.AddDropped(_spans);
            _waiting.Clear();
            _spans = 0;
        }
    }

    // Whoever adds goes on at once.
    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
