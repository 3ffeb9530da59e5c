using System.Text;
using Hydra.Diagnostics;
using Hydra.Tracing;
using Xunit;

namespace Hydra.Tests.Tracing;

public sealed class TraceQueueTests
{
    private readonly TraceMetrics _metrics = new() { IsOn = true };

    [Fact]
    public void Add_WithoutRoom_IsLostAndCounted()
    {
        var queue = new TraceQueue(4, 100, _metrics);
        queue.Add(Trace(tries: 1));
        queue.Add(Trace(tries: 1));
        queue.Add(Trace(tries: 0));

        Assert.Equal([3, 1], queue.Take().Select(static one => one.Spans));
        Assert.Equal("3", Lost());
        Assert.Empty(queue.Take());
    }

    [Fact]
    public async Task WaitAsync_ABatch_EndsTheWait()
    {
        var queue = new TraceQueue(100, 2, _metrics);
        Task wait = queue.WaitAsync(Timeout.InfiniteTimeSpan, default);
        queue.Add(Trace(0));
        Assert.False(wait.IsCompleted);
        queue.Add(Trace(0));
        await wait;
        queue.Add(Trace(0));

        Assert.Equal([2, 1], [queue.Take().Count, queue.Take().Count]);
    }

    [Fact]
    public void Clear_WhatWaits_IsLostAndCounted()
    {
        var queue = new TraceQueue(100, 2, _metrics);
        queue.Add(Trace(1));
        queue.Clear();

        Assert.Empty(queue.Take());
        Assert.Equal("3", Lost());
    }

    private static RequestTrace Trace(int tries)
    {
        var trace = new RequestTrace(null, new TraceParent(1, 2, 3, 1), "", 1);
        for (int i = 0; i < tries; i++)
        {
            trace.OnSent(0, 0);
        }

        return trace;
    }

    private string Lost()
    {
        var text = new StringBuilder();
        _metrics.Write(text);
        return text.ToString().Split('\n').Single(static line => line.Contains("dropped", StringComparison.Ordinal)).Split(' ')[1];
    }
}
