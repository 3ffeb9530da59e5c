using Hydra.Dispatch;
using Hydra.Tests.Workers;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hydra.Tests.Dispatch;

/// <summary>A server that is overloaded says so at once, and then so seldom that the log is no load of its own.</summary>
public sealed class RefusalLogTests
{
    private readonly RecordingLogger _log = new();
    private readonly RequestQueue _queue = new(10, 1_000_000);
    private readonly RefusalLog _refusals;

    public RefusalLogTests() => _refusals = new RefusalLog(_log);

    [Fact]
    public void Add_TheFirst_IsSaidAtOnceWithWhatWaits()
    {
        Assert.True(_queue.TryAdd(new WaitingExchange("a", 5 * 1024), 0));
        Assert.True(_queue.TryAdd(new WaitingExchange("b", 2 * 1024), 0));
        Refuse(Failure.QueueFull, count: 1, now: 0.5, retryAfter: 7);

        (LogLevel level, int id, string text) = Assert.Single(_log.Records);
        Assert.Equal(LogLevel.Warning, level);
        Assert.Equal(1700, id);
        Assert.Equal("1 request got 503: the queue is full; 2 wait (7 KiB), and the clients are told to come again in 7 s", text);
    }

    [Fact]
    public void Add_MoreWithinTenSeconds_IsSaidTogetherAfterwards()
    {
        Refuse(Failure.QueueFull, count: 1, now: 100);
        Refuse(Failure.QueueFull, count: 3, now: 101);
        Refuse(Failure.QueueTimeout, count: 5, now: 109.9);
        Assert.Single(_log.Records);

        Refuse(Failure.QueueTimeout, count: 2, now: 110);
        Assert.Equal(2, _log.Records.Count);
        Assert.StartsWith("10 requests got 503: they had waited as long as they may;", _log.Records[1].Text, StringComparison.Ordinal);

        Refuse(Failure.QueueFull, count: 1, now: 200);
        Assert.StartsWith("1 request ", _log.Records[2].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Add_EitherReason_IsCountedForItself()
    {
        Refuse(Failure.QueueFull, count: 1, now: 0);
        Refuse(Failure.QueueFull, count: 2, now: 1);
        Refuse(Failure.QueueTimeout, count: 4, now: 2);

        Assert.Equal((3L, 4L), (_refusals.Full, _refusals.Late));
    }

    private void Refuse(Failure reason, int count, double now, int retryAfter = 1)
        => _refusals.Add(new Refusal(reason, retryAfter), count, _queue, now);
}
