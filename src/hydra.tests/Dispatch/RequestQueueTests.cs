using Hydra.Dispatch;
using Xunit;

namespace Hydra.Tests.Dispatch;

public sealed class RequestQueueTests
{
    private const int Size = 8;
    private const long Bytes = 100;

    private readonly RequestQueue _queue = new(Size, Bytes);

    [Fact]
    public void TryAdd_Several_AreInTheOrderInWhichTheyCame()
    {
        Add("a", "b", "c");

        Assert.Equal(["a", "b", "c"], Order());
        Assert.Equal(3, _queue.Count);
        Assert.Equal(3, _queue.Bytes);
    }

    [Fact]
    public void TryAdd_OneThatWasSentBefore_IsBehindThoseAndBeforeTheOthers()
    {
        Add("a", "b");
        AddRetry("r1");
        Add("c");
        AddRetry("r2");
        AddRetry("r3");

        Assert.Equal(["r1", "r2", "r3", "a", "b", "c"], Order());
    }

    [Fact]
    public void TryAdd_BeyondTheNumber_IsRefusedUnlessItWasSentBefore()
    {
        Add([.. Enumerable.Range(0, Size).Select(i => $"{i}")]);
        var tooMany = new WaitingExchange("too many");
        Assert.False(_queue.TryAdd(tooMany, 0));
        Assert.False(_queue.Remove(tooMany));
        Assert.Equal(Size, _queue.Count);

        AddRetry("again");
        Assert.Equal("again", $"{_queue.First}");
        Assert.Equal(Size + 1, _queue.Count);
    }

    [Fact]
    public void TryAdd_BeyondTheBytes_IsRefusedUnlessItWasSentBefore()
    {
        Assert.True(_queue.TryAdd(new WaitingExchange("a", 60), 0));
        Assert.False(_queue.TryAdd(new WaitingExchange("b", 41), 0));
        Assert.True(_queue.TryAdd(new WaitingExchange("c", 40), 0));
        Assert.False(_queue.TryAdd(new WaitingExchange("d", 1), 0));
        Assert.Equal(Bytes, _queue.Bytes);

        Assert.True(_queue.TryAdd(new WaitingExchange("again", 500) { IsRetry = true }, 0));
        Assert.Equal(Bytes + 500, _queue.Bytes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Remove_FirstMiddleOrLast_KeepsTheOthersInOrder(int index)
    {
        WaitingExchange[] added = Add("a", "b", "c");
        Assert.True(_queue.Remove(added[index]));
        Assert.False(_queue.Remove(added[index]));
        Add("d");

        Assert.Equal([.. added.Where((_, i) => i != index).Select(e => $"{e}"), "d"], Order());
        Assert.Equal(3, _queue.Bytes);
    }

    [Fact]
    public void Remove_TheOnlyOne_LeavesAnEmptyQueueThatCanBeFilledAgain()
    {
        WaitingExchange only = Assert.Single(Add("a"));
        Assert.True(_queue.Remove(only));
        Assert.Null(_queue.First);
        Assert.Equal((0, 0L), (_queue.Count, _queue.Bytes));

        Assert.True(_queue.TryAdd(only, 0));
        Assert.Equal(["a"], Order());
    }

    // A body goes from memory to disk, or grows, while its request waits.
    [Fact]
    public void Remove_RequestHoldsSomethingElseByThen_GivesBackWhatWasCountedForIt()
    {
        var exchange = new WaitingExchange("a", 60);
        Assert.True(_queue.TryAdd(exchange, 0));
        exchange.Held = 5;
        Assert.Equal(60, _queue.Bytes);
        Assert.True(_queue.Remove(exchange));

        Assert.Equal(0, _queue.Bytes);
    }

    [Fact]
    public void RemoveOlder_Time_TakesThoseThatBeganBeforeIt()
    {
        Add(10, "a");
        Add(20, "b");
        Add(30, "c");
        List<QueuedStream> removed = [];
        _queue.RemoveOlder(20, removed);
        Assert.Equal(["a"], Names(removed));
        Assert.Equal(["b", "c"], Order());

        _queue.RemoveOlder(31, removed);
        Assert.Equal(["a", "b", "c"], Names(removed));
        Assert.Equal((0, 0L), (_queue.Count, _queue.Bytes));
    }

    [Fact]
    public void RemoveOlder_YoungOnesThatWereSentBeforeStandInFront_ShieldNobody()
    {
        Add(10, "old");
        AddRetry("young again", 50);
        AddRetry("old again", 5);
        Add(40, "young");
        List<QueuedStream> removed = [];
        _queue.RemoveOlder(30, removed);

        Assert.Equal(["old again", "old"], Names(removed));
        Assert.Equal(["young again", "young"], Order());
    }

    [Fact]
    public void RequestQueue_RandomOperations_IsAListInTheSameOrder()
    {
        const int Seed = 20_250_501;
        var random = new Random(Seed);
        List<WaitingExchange> model = [];
        List<WaitingExchange> outside = [.. Enumerable.Range(0, 20).Select(i => new WaitingExchange($"{i}"))];
        for (int step = 0; step < 20_000; step++)
        {
            switch (random.Next(5))
            {
                case 0 when model.Count > 0:
                    WaitingExchange leaving = model[random.Next(model.Count)];
                    Assert.True(_queue.Remove(leaving));
                    Leave(leaving);
                    break;
                case 1 when random.Next(4) == 0:
                    long time = step - random.Next(60);
                    List<QueuedStream> removed = [];
                    _queue.RemoveOlder(time, removed);
                    List<WaitingExchange> expected = [.. model.Where(e => e.QueuedAt < time)];
                    Assert.Equal(Names(expected), Names(removed));
                    expected.ForEach(Leave);
                    break;
                case > 1 when outside.Count > 0:
                    Enter(outside[random.Next(outside.Count)], step);
                    break;
            }

            Assert.True(Names(model).SequenceEqual(Order()), $"step {step} of seed {Seed}: {string.Join(' ', Order())}");
            Assert.Equal((model.Count, model.Sum(e => e.QueuedBytes)), (_queue.Count, _queue.Bytes));
        }

        void Leave(WaitingExchange exchange)
        {
            model.Remove(exchange);
            outside.Add(exchange);
        }

        void Enter(WaitingExchange exchange, long now)
        {
            exchange.Held = random.Next(30);
            exchange.IsRetry = random.Next(4) == 0;
            bool fits = exchange.IsRetry || (model.Count < Size && model.Sum(e => e.QueuedBytes) + exchange.Held <= Bytes);
            Assert.Equal(fits, _queue.TryAdd(exchange, exchange.IsRetry ? now - random.Next(100) : now));
            if (fits)
            {
                outside.Remove(exchange);
                int retries = model.TakeWhile(e => e.IsRetry).Count();
                model.Insert(exchange.IsRetry ? retries : model.Count, exchange);
            }
        }
    }

    private WaitingExchange[] Add(params string[] names) => Add(0, names);

    private WaitingExchange[] Add(long queuedAt, params string[] names)
    {
        WaitingExchange[] added = [.. names.Select(name => new WaitingExchange(name))];
        Assert.All(added, exchange => Assert.True(_queue.TryAdd(exchange, queuedAt)));
        return added;
    }

    private void AddRetry(string name, long queuedAt = 0)
        => Assert.True(_queue.TryAdd(new WaitingExchange(name) { IsRetry = true }, queuedAt));

    // Forwards, after it has been compared with the way back.
    private List<string> Order()
    {
        List<QueuedStream> order = [];
        for (QueuedStream? exchange = _queue.First; exchange is not null; exchange = exchange.Next)
        {
            Assert.Same(order.LastOrDefault(), exchange.Previous);
            order.Add(exchange);
        }

        return Names(order);
    }

    private static List<string> Names(IEnumerable<QueuedStream> exchanges) => [.. exchanges.Select(exchange => $"{exchange}")];
}
