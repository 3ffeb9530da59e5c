using Hydra.Dispatch;
using Xunit;

namespace Hydra.Tests.Dispatch;

public sealed class KeyMemoryTests
{
    private readonly KeyMemory _memory = new();

    [Fact]
    public void Serve_KeyThatIsNew_HasMovedUntilTheWorkerHasAnswered()
    {
        uint token = _memory.Serve(1, worker: 7);
        Assert.NotEqual(0u, token);

        // The first one may not have come to the application yet, or never come there.
        Assert.Equal(token, _memory.Serve(1, worker: 7));
        _memory.Confirm(1, token);
        Assert.Equal(0u, _memory.Serve(1, worker: 7));
    }

    [Fact]
    public void Serve_AnotherWorker_HasMovedAndSoItHasBack()
    {
        Settle(1, worker: 7);
        Settle(1, worker: 8);

        Assert.NotEqual(0u, _memory.Serve(1, worker: 7));
    }

    [Fact]
    public void Confirm_OfARequestBeforeTheLastMove_SaysNothing()
    {
        uint early = _memory.Serve(1, worker: 7);
        _memory.Serve(1, worker: 8);
        uint late = _memory.Serve(1, worker: 7);
        _memory.Confirm(1, early);

        Assert.Equal(late, _memory.Serve(1, worker: 7));
        _memory.Confirm(1, late);
        Assert.Equal(0u, _memory.Serve(1, worker: 7));
    }

    [Fact]
    public void Confirm_KeyThatIsForgotten_IsNothing()
    {
        _memory.Confirm(99, 1);

        Assert.NotEqual(0u, _memory.Serve(99, worker: 1));
    }

    // The promise: a worker that has not served a key last is told so, whatever is forgotten.
    [Fact]
    public void Serve_MoreKeysThanAreRemembered_TellsOnceTooOftenAndNeverTooSeldom()
    {
        const int Keys = KeyMemory.MostKeys * 5 / 4;
        var random = new Random(20_261_130);
        ulong[] keys = new ulong[Keys];
        int[] last = new int[Keys];
        for (int i = 0; i < Keys; i++)
        {
            keys[i] = (ulong)random.NextInt64(1, long.MaxValue);
            last[i] = 1 + (i % 3);
            Settle(keys[i], last[i]);
        }

        int known = 0;
        for (int step = 0; step < Keys; step++)
        {
            int i = random.Next(Keys);
            int worker = random.Next(4) == 0 ? 1 + random.Next(3) : last[i];
            uint token = _memory.Serve(keys[i], worker);
            Assert.True(token != 0 || worker == last[i]);
            known += token == 0 ? 1 : 0;
            _memory.Confirm(keys[i], token);
            last[i] = worker;
        }

        Assert.InRange(known, Keys / 3, Keys);
    }

    [Fact]
    public void Serve_AsManyKeysAsFitIn_RemembersNearlyAll()
    {
        var random = new Random(1);
        ulong[] keys = [.. Enumerable.Range(0, 20_000).Select(_ => (ulong)random.NextInt64(1, long.MaxValue))];
        Assert.All(keys, key => Settle(key, worker: 1));

        Assert.InRange(keys.Count(key => _memory.Serve(key, worker: 1) == 0), 19_000, 20_000);
    }

    [Fact]
    public async Task Serve_ManyThreads_NoWorkerMissesAMove()
    {
        // Each thread is a worker that notes when it was told; what it was not told of it must have served last, as far as anybody can order it.
        const int Rounds = 50_000;
        int current = 0;
        Lock order = new();
        await Task.WhenAll(Enumerable.Range(1, 4).Select(worker => Task.Run(() =>
        {
            for (int i = 0; i < Rounds; i++)
            {
                lock (order)
                {
                    uint token = _memory.Serve(5, worker);
                    Assert.True(token != 0 || current == worker);
                    current = worker;
                    _memory.Confirm(5, token);
                }

                _memory.Confirm((ulong)i + 10, _memory.Serve((ulong)i + 10, worker));
            }
        })));
    }

    private void Settle(ulong key, int worker) => _memory.Confirm(key, _memory.Serve(key, worker));
}
