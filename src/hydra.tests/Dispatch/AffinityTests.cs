using System.Globalization;
using System.Text;
using Hydra.Dispatch;
using Hydra.Tests.Workers.Links;
using Xunit;

namespace Hydra.Tests.Dispatch;

/// <summary>Requests with keys: who gets them, and how they wait.</summary>
public sealed class AffinityTests : IDisposable
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(1);

    private readonly ManualTime _time = new();
    private readonly List<Dispatcher> _dispatchers = [];
    private readonly List<(FakeWorker Worker, ulong Id)> _taken = [];
    private int _number;

    public void Dispose() => _dispatchers.ForEach(static dispatcher => dispatcher.Dispose());

    [Fact]
    public void Submit_SameKey_GoesToTheSameWorkerHoweverBusyThatIs()
    {
        Dispatcher dispatcher = Make();
        FakeWorker[] workers = Add(dispatcher, 3, threads: 8);
        ulong key = KeyFor(1, 3);
        for (int i = 0; i < 5; i++)
        {
            Submit(dispatcher, key);
        }

        Assert.Equal([0, 5, 0], workers.Select(static worker => worker.Handle.InFlight));
    }

    [Fact]
    public void Submit_WithoutAKey_GoesToTheLeastBusy()
    {
        Dispatcher dispatcher = Make();
        FakeWorker[] workers = Add(dispatcher, 2, threads: 4);
        Submit(dispatcher, KeyFor(0, 2));
        Submit(dispatcher);
        Submit(dispatcher, KeyFor(0, 2));
        Submit(dispatcher);

        Assert.Equal([2, 2], workers.Select(static worker => worker.Handle.InFlight));
    }

    [Fact]
    public void Queue_WorkerHasNoRoom_ItsRequestsWaitAndHoldUpNoOthers()
    {
        Dispatcher dispatcher = Make();
        FakeWorker[] workers = Add(dispatcher, 2, threads: 1);
        Submit(dispatcher, KeyFor(0, 2), "/first");
        Submit(dispatcher, KeyFor(0, 2), "/waits");
        Assert.Equal(1, dispatcher.QueueLength);

        Submit(dispatcher, KeyFor(1, 2), "/other key");
        Assert.Equal(["/other key"], Take(workers[1]));
        Answer(workers[1]);
        Submit(dispatcher, 0, "/no key");
        Assert.Equal(["/no key"], Take(workers[1]));

        Assert.Equal(["/first"], Take(workers[0]));
        Answer(workers[0]);
        Assert.Equal(["/waits"], Take(workers[0]));
        Assert.Equal(0, dispatcher.QueueLength);
    }

    [Fact]
    public void Queue_WaitIsOver_GoesToTheNextInOrder()
    {
        Dispatcher dispatcher = Make();
        FakeWorker[] workers = Add(dispatcher, 2, threads: 1);
        Submit(dispatcher, KeyFor(0, 2));
        FakeStream waits = Submit(dispatcher, KeyFor(0, 2), "/waits");
        _time.Advance(Wait * 0.9);
        Assert.Empty(Take(workers[1]));

        _time.Advance(Wait * 0.2);
        Assert.Equal(["/waits"], Take(workers[1]));
        Assert.InRange(waits.QueueMicroseconds, 1_000_000u, 1_200_000u);
    }

    [Fact]
    public void Queue_NoWait_GoesToTheNextAtOnce()
    {
        Dispatcher dispatcher = Make(TimeSpan.Zero);
        FakeWorker[] workers = Add(dispatcher, 3, threads: 1);
        ulong key = Enumerable.Range(0, 1000).Select(static i => Hash(i)).First(static key => Order(key, 3) is [2, 0, 1]);
        foreach (string path in new[] { "/a", "/b", "/c", "/d" })
        {
            Submit(dispatcher, key, path);
        }

        Assert.Equal(["/a"], Take(workers[2]));
        Assert.Equal(["/b"], Take(workers[0]));
        Assert.Equal(["/c"], Take(workers[1]));
        Assert.Equal(1, dispatcher.QueueLength);
        Answer(workers[0]);
        Assert.Equal(["/d"], Take(workers[0]));
    }

    [Fact]
    public void Queue_OwnAndOthersWait_TheOldestIsFirst()
    {
        Dispatcher dispatcher = Make(TimeSpan.FromSeconds(20));
        FakeWorker worker = Add(dispatcher, 1, threads: 1)[0];
        foreach (string path in new[] { "/running", "/keyed 1", "/any 1", "/keyed 2", "/any 2" })
        {
            Submit(dispatcher, path.StartsWith("/keyed", StringComparison.Ordinal) ? 5UL : 0, path);
            _time.Advance(TimeSpan.FromMilliseconds(10));
        }

        Assert.Equal(["/running", "/keyed 1", "/any 1", "/keyed 2", "/any 2"], Serve(worker));
    }

    [Fact]
    public void Worker_HasGone_ItsKeysWaitForTheNextOfItsIndex()
    {
        Dispatcher dispatcher = Make();
        FakeWorker[] workers = Add(dispatcher, 2, threads: 4);
        workers[0].Handle.Shut();
        dispatcher.Remove(workers[0].Handle);
        Submit(dispatcher, KeyFor(0, 2), "/keyed");
        _time.Advance(Wait / 2);
        Assert.Empty(Take(workers[1]));

        var next = new FakeWorker(threads: 4, index: 0);
        dispatcher.Add(next.Handle);
        Assert.Equal(["/keyed"], Take(next));
    }

    // A worker that cannot be started for a while must not make each request of its keys slow.
    [Fact]
    public void Worker_IsAwayForLonger_ItsKeysAreAnothersFromThenOn()
    {
        Dispatcher dispatcher = Make();
        FakeWorker[] workers = Add(dispatcher, 3, threads: 4);
        workers[0].Handle.Shut();
        ulong key = KeyFor(0, 3);
        int second = Order(key, 3)[1];
        Submit(dispatcher, key, "/first");
        _time.Advance(Wait * 1.2);
        Assert.Equal(["/first"], Take(workers[second]));

        Submit(dispatcher, key, "/second");
        Assert.Equal(["/second"], Take(workers[second]));
        Assert.Equal(0, dispatcher.QueueLength);

        var next = new FakeWorker(threads: 4, index: 0);
        dispatcher.Add(next.Handle);
        Submit(dispatcher, key, "/third");
        Assert.Equal(["/third"], Take(next));
    }

    [Fact]
    public void Worker_IsReplaced_TheNewOneHasTheKeysFromTheMomentThatItIsReady()
    {
        Dispatcher dispatcher = Make();
        FakeWorker[] workers = Add(dispatcher, 2, threads: 4);
        var next = new FakeWorker(threads: 4, index: 0);
        dispatcher.Add(next.Handle);
        Submit(dispatcher, KeyFor(0, 2), "/keyed");

        Assert.Equal(["/keyed"], Take(next));
        workers[0].Handle.Shut();
        dispatcher.Remove(workers[0].Handle);
        Submit(dispatcher, KeyFor(0, 2), "/again");
        Assert.Equal(["/again"], Take(next));
    }

    [Fact]
    public void Dismiss_OneWorkerLess_WhatWaitsForItGoesToOthersAtOnce()
    {
        Dispatcher dispatcher = Make();
        FakeWorker[] workers = Add(dispatcher, 2, threads: 1);
        Submit(dispatcher, KeyFor(1, 2), "/running");
        Submit(dispatcher, KeyFor(1, 2), "/waits");
        dispatcher.Dismiss(1);

        Assert.Equal(["/waits"], Take(workers[0]));
        Assert.Equal(["/running"], Take(workers[1]));
    }

    [Fact]
    public void Start_NoWorkerYet_KeyedRequestsAreSentWhenThereIsOne()
    {
        Dispatcher dispatcher = Make();
        Submit(dispatcher, 5, "/keyed");
        Submit(dispatcher, 0, "/any");
        FakeWorker worker = Add(dispatcher, 1, threads: 4)[0];

        Assert.Equal(["/keyed", "/any"], Take(worker).OrderDescending());
    }

    [Fact]
    public void Worker_IsSilent_ItsKeysWaitAndThenGoElsewhereOrToItWhereThereIsNoOther()
    {
        Dispatcher dispatcher = Make();
        FakeWorker[] workers = Add(dispatcher, 2, threads: 1);
        workers[0].Handle.IsSilent = true;
        Submit(dispatcher, KeyFor(0, 2), "/a");
        Submit(dispatcher, KeyFor(0, 2), "/b");
        Assert.Equal(2, dispatcher.QueueLength);

        _time.Advance(Wait * 1.2);
        Assert.Equal(["/a"], Take(workers[1]));
        Assert.Equal(["/b"], Take(workers[0]));
    }

    [Fact]
    public void Queue_TimeoutAndWithdrawal_TakeKeyedRequestsOutOfTheirLane()
    {
        Dispatcher dispatcher = Make(TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(2));
        FakeWorker worker = Add(dispatcher, 1, threads: 1)[0];
        Submit(dispatcher, 5);
        FakeStream late = Submit(dispatcher, 5);
        FakeStream gone = Submit(dispatcher, 5);
        dispatcher.Withdraw(gone);
        Assert.Equal(1, dispatcher.QueueLength);
        _time.Advance(TimeSpan.FromSeconds(2.5));

        Assert.Equal(["QueueTimeout", "refused"], late.Events);
        Assert.Equal(0, dispatcher.QueueLength);
        Take(worker);
        Answer(worker);
        Assert.Empty(Take(worker));
    }

    [Fact]
    public void Queue_OneThatWasSentBefore_IsFirstAtItsWorker()
    {
        Dispatcher dispatcher = Make(TimeSpan.FromMinutes(1));
        FakeWorker worker = Add(dispatcher, 1, threads: 1)[0];
        Submit(dispatcher, 5, "/running");
        Submit(dispatcher, 5, "/waits");
        dispatcher.Submit(new FakeStream("/again") { Place = 5, IsRetry = true }, 0);

        Assert.Equal(["/running", "/again", "/waits"], Serve(worker));
    }

    [Fact]
    public void SlotOf_WorkersOfManyIndexes_IsThatOfTheGreatestWeight()
    {
        var affinity = new Affinity(Wait, _time, new KeyMemory());
        Assert.Null(affinity.SlotOf(5));
        foreach (int index in new[] { 2, 0, 1 })
        {
            affinity.Add(new FakeWorker(index: index).Handle);
        }

        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(Order(Hash(i), 3)[0], affinity.SlotOf(Hash(i))!.Index);
        }

        Assert.Equal(3, affinity.Slots.Count);
        Assert.Equal(Wait, affinity.Wait);
    }

    [Fact]
    public void Serve_PoolsWithAMemoryInCommon_TellEachOther()
    {
        var keys = new KeyMemory();
        Affinity[] pools = [new(Wait, _time, keys), new(Wait, _time, keys)];
        FakeWorker[] workers = [new(), new()];
        for (int i = 0; i < 6; i++)
        {
            uint token = pools[i / 2 % 2].Serve(5, workers[i / 2 % 2].Handle);
            Assert.Equal(i % 2 == 0, token != 0);
            pools[0].Confirm(5, token);
        }

        Assert.Equal([(4L, 2L), (2L, 1L)], pools.Select(static pool => (pool.Served, pool.Moved)));
    }

    [Fact]
    public void AffinitySlot_WorkerThatComesAndGoes_IsThereForAWhileLonger()
    {
        var slot = new AffinitySlot(0) { Worker = new FakeWorker(threads: 1).Handle };
        Assert.True(slot.HasRoom);
        Assert.True(slot.IsThere(_time, Wait));
        slot.Worker = null;
        Assert.Null(slot.Enter());
        Assert.True(slot.IsThere(_time, Wait));
        _time.Advance(Wait);
        Assert.False(slot.IsThere(_time, Wait));
        slot.Worker = new FakeWorker(threads: 1).Handle;

        Assert.True(slot.IsThere(_time, Wait));
        Assert.NotNull(slot.Enter());
    }

    private static ulong Hash(int number) => KeyHash.ForPlace(Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture)));

    private static int[] Order(ulong key, int workers) => [.. Enumerable.Range(0, workers).OrderByDescending(index => AffinityPlace.Weight(key, index))];

    // A key that is for this one of so many workers.
    private static ulong KeyFor(int index, int workers) => Enumerable.Range(0, 1000).Select(static i => Hash(i)).First(key => Order(key, workers)[0] == index);

    // The order in which a worker with one thread gets what waits.
    private List<string> Serve(FakeWorker worker)
    {
        List<string> paths = [];
        while (Take(worker) is { Count: > 0 } taken)
        {
            paths.AddRange(taken);
            Answer(worker);
        }

        return paths;
    }

    private List<string> Take(FakeWorker worker)
    {
        List<(ulong Id, string Path, uint Queued)> requests = worker.TakeRequests();
        _taken.AddRange(requests.Select(request => (worker, request.Id)));
        return [.. requests.Select(static request => request.Path)];
    }

    // All that was taken.
    private void Answer(FakeWorker worker)
    {
        ulong[] ids = [.. _taken.Where(one => one.Worker == worker).Select(static one => one.Id)];
        _taken.RemoveAll(one => one.Worker == worker);
        worker.Answer(ids);
    }

    private static FakeWorker[] Add(Dispatcher dispatcher, int count, int threads)
    {
        FakeWorker[] workers = [.. Enumerable.Range(0, count).Select(index => new FakeWorker(threads, limit: threads, index: index))];
        Array.ForEach(workers, worker => dispatcher.Add(worker.Handle));
        return workers;
    }

    private Dispatcher Make(TimeSpan? wait = null, TimeSpan? timeout = null)
    {
        var dispatcher = new Dispatcher(
            new DispatchOptions { AffinityWait = wait ?? Wait, QueueTimeout = timeout ?? TimeSpan.FromSeconds(30) }, time: _time);
        _dispatchers.Add(dispatcher);
        return dispatcher;
    }

    private FakeStream Submit(Dispatcher dispatcher, ulong key = 0, string? path = null)
    {
        var stream = new FakeStream(path ?? $"/{_number++}") { Place = key };
        dispatcher.Submit(stream, 0);
        return stream;
    }
}
