using Hydra.Dispatch;
using Hydra.Primitives;
using Xunit;

namespace Hydra.Tests.Dispatch;

/// <summary>The order of a queue with urgent requests, and with clients that take turns.</summary>
public sealed class RequestLanesTests
{
    private readonly RequestLanes _lanes = new(null, TimeProvider.System);
    private readonly RequestQueue _queue;

    public RequestLanesTests() => _queue = new RequestQueue(1000, 1000, _lanes);

    [Fact]
    public void Advance_ClientsTakeTurns_OneOfEach()
    {
        Add(1, "a1", "a2", "a3", "a4");
        Add(2, "b1", "b2");
        Add(3, "c1");

        Assert.Equal(["a1", "b1", "c1", "a2", "b2", "a3", "a4"], Drain());
    }

    [Fact]
    public void Advance_ClientThatComesBehindABurst_WaitsForOneOfItAlone()
    {
        Add(1, [.. Enumerable.Range(0, 400).Select(static i => $"burst {i}")]);
        Add(2, "other");

        Assert.Equal("other", Drain()[1]);
    }

    [Fact]
    public void Advance_Urgent_PassesAllButOneInNine()
    {
        AddOf(RequestPriority.Normal, 2, "normal");
        AddOf(RequestPriority.High, 20, "high");
        List<string> order = Drain();

        Assert.Equal(RequestLanes.PassingNormal, order.IndexOf("normal 0"));
        Assert.Equal((2 * RequestLanes.PassingNormal) + 1, order.IndexOf("normal 1"));
        Assert.Equal(22, order.Count);
    }

    [Fact]
    public void Advance_ThatHasTime_LetsThirtyTwoPass()
    {
        AddOf(RequestPriority.Low, 2, "low");
        AddOf(RequestPriority.Normal, 50, "normal");
        AddOf(RequestPriority.High, 4, "high");
        List<string> order = Drain();

        Assert.Equal(RequestLanes.PassingLow, order.IndexOf("low 0"));
        Assert.Equal("low 1", order[^1]);
        Assert.Equal("high 0", order[0]);
    }

    [Fact]
    public void Advance_SentBefore_IsFirstOfAll()
    {
        AddOf(RequestPriority.High, 1, "high");
        Assert.True(_queue.TryAdd(new WaitingExchange("again") { IsRetry = true }, 0));

        Assert.Equal(["again", "high 0"], Drain());
    }

    [Fact]
    public void TryAdd_MoreThanHalfOfTheQueueByOneClient_IsRefusedAndOthersAreNot()
    {
        var lanes = new RequestLanes(null, TimeProvider.System);
        var queue = new RequestQueue(4, 100, lanes);
        WaitingExchange first = Of(1, "a1");
        Assert.True(queue.TryAdd(first, 0));
        Assert.True(queue.TryAdd(Of(1, "a2"), 0));
        Assert.False(queue.TryAdd(Of(1, "a3"), 0));
        Assert.True(queue.TryAdd(Of(2, "b1"), 0));
        Assert.Equal((2, 1, 0), (lanes.Of(1), lanes.Of(2), lanes.Of(3)));

        queue.Remove(first);
        Assert.True(queue.TryAdd(Of(1, "a3"), 0));
    }

    [Theory]
    [InlineData("Normal", 16)]
    [InlineData("High", 18)]
    [InlineData("Low", 8)]
    public void TryAdd_QueueGetsFull_RefusesFirstWhatHasTimeAndLastWhatIsUrgent(string priority, int most)
    {
        var queue = new RequestQueue(16, 1000);

        Assert.Equal(most, Enumerable.Range(0, 100).Count(i => queue.TryAdd(new WaitingExchange($"{i}") { Priority = Enum.Parse<RequestPriority>(priority) }, 0)));
    }

    [Fact]
    public void ClientTurns_RandomOperations_TakeTurnsAndForgetWhoHasNothing()
    {
        var random = new Random(20_261_130);
        var turns = new ClientTurns();
        List<(ulong Client, LaneTicket Ticket, WaitingExchange Request)> waiting = [];
        for (int step = 0; step < 20_000; step++)
        {
            if (random.Next(2) == 0)
            {
                var request = new WaitingExchange($"{step}") { Client = (ulong)random.Next(5) };
                var ticket = new LaneTicket(request);
                turns.Add(request, ticket);
                waiting.Add((request.Client, ticket, request));
                Assert.IsType<WaitingClient>(ticket.Client);
            }
            else if (waiting.Count > 0)
            {
                int i = random.Next(waiting.Count);
                turns.Remove(waiting[i].Ticket);
                waiting.RemoveAt(i);
            }

            Assert.Equal(waiting.Count == 0, turns.First is null);
        }

        Assert.Equal(waiting.Select(static one => $"{one.Request}").Order(), turns.All().Select(static one => $"{one}").Order());

        // Of each that is left its oldest is next, and no client is asked twice before all were.
        List<ulong> order = [];
        int clients = waiting.Select(static one => one.Client).Distinct().Count();
        while (turns.First is { } first)
        {
            order.Add(first.Client);
            Assert.Same(waiting.First(one => one.Client == first.Client).Request, first);
            turns.Pass();
            turns.Remove(waiting.First(one => one.Request == first).Ticket);
            waiting.RemoveAll(one => one.Request == first);
        }

        Assert.Equal(clients, order.Take(clients).Distinct().Count());
    }

    [Fact]
    public void RequestLane_Lines_AreByUrgency()
    {
        var lane = new RequestLane();
        var high = new WaitingExchange("high") { Priority = RequestPriority.High };
        lane.Add(high);

        Assert.Null(lane.Slot);
        Assert.Same(high, lane.First(RequestLane.High));
        Assert.Same(high, Assert.Single(lane.All()));
        lane.Pass(RequestLane.High);
        lane.Remove(high.Ticket!);
        Assert.Null(lane.First(RequestLane.High));
    }

    private static WaitingExchange Of(ulong client, string name) => new(name) { Client = client };

    private void Add(ulong client, params string[] names) => Assert.All(names, name => Assert.True(_queue.TryAdd(Of(client, name), 0)));

    private void AddOf(RequestPriority priority, int count, string name)
        => Assert.All(Enumerable.Range(0, count), i => Assert.True(_queue.TryAdd(new WaitingExchange($"{name} {i}") { Priority = priority }, 0)));

    // Sends one after the other to a worker that takes all.
    private List<string> Drain()
    {
        List<string> order = [];
        FakeWorker worker = new(threads: 10_000);
        _lanes.Advance([worker.Handle], (request, _) =>
        {
            order.Add($"{request}");
            return _queue.Remove(request);
        });
        Assert.Equal(0, _queue.Count);
        return order;
    }
}
