using Hydra.Protocol;
using Hydra.State;
using Xunit;

namespace Hydra.Tests.State;

/// <summary>Values, counters, their ends, and the room that they have.</summary>
public sealed class StateValuesTests
{
    [Fact]
    public void Set_Get_Delete_AreOfOneKey()
    {
        using var bench = new StoreBench();

        Assert.Null(bench.Get("a"));
        Assert.Equal(StateStatus.Done, bench.Set("a", "1"));
        Assert.Equal(StateStatus.Done, bench.Set("b", ""));
        Assert.Equal(("1", ""), (bench.Get("a"), bench.Get("b")));
        Assert.Equal(StateStatus.Done, bench.Run(StateOperation.Delete, "a")!.Value.Status);
        Assert.Equal(StateStatus.Missing, bench.Run(StateOperation.Delete, "a")!.Value.Status);
        Assert.Equal((null, ""), (bench.Get("a"), bench.Get("b")));
    }

    [Fact]
    public void Set_WithACondition_IsDoneWhereItHolds()
    {
        using var bench = new StoreBench();

        Assert.Equal(StateStatus.Missing, bench.Set("a", "1", options: StateOptions.Present));
        Assert.Equal(StateStatus.Done, bench.Set("a", "1", options: StateOptions.Absent));
        Assert.Equal(StateStatus.Refused, bench.Set("a", "2", options: StateOptions.Absent));
        Assert.Equal(StateStatus.Done, bench.Set("a", "3", options: StateOptions.Present));
        Assert.Equal("3", bench.Get("a"));
    }

    [Fact]
    public void Set_WithAVersion_IsDoneOnce()
    {
        using var bench = new StoreBench();
        Assert.Equal(StateStatus.Done, bench.Set("a", "1", options: StateOptions.Version));
        long version = bench.Version("a");

        Assert.Equal(StateStatus.Done, bench.Set("a", "2", options: StateOptions.Version, version: version));
        Assert.Equal(StateStatus.Refused, bench.Set("a", "3", options: StateOptions.Version, version: version));
        Assert.Equal(StateStatus.Missing, bench.Set("b", "3", options: StateOptions.Version, version: version));
        Assert.Equal("2", bench.Get("a"));
    }

    [Fact]
    public void Version_OfAKeyThatWasDeleted_IsNeverOneOfBefore()
    {
        using var bench = new StoreBench();
        bench.Set("a", "1");
        long version = bench.Version("a");
        bench.Run(StateOperation.Delete, "a");
        bench.Set("a", "1");

        Assert.Equal(StateStatus.Refused, bench.Set("a", "2", options: StateOptions.Version, version: version));
    }

    [Fact]
    public void Value_WhoseTimeIsOver_IsNotThereAndTakesNoRoom()
    {
        using var bench = new StoreBench();
        long empty = bench.Store.ReadFigures().Bytes;
        bench.Set("a", "1", 1000);
        bench.Set("b", "1", 5000);
        bench.Clock.Advance(0.999);
        Assert.Equal("1", bench.Get("a"));
        bench.Clock.Advance(0.1);

        Assert.Equal((null, "1"), (bench.Get("a"), bench.Get("b")));
        bench.Clock.Advance(5);
        Assert.Equal((0, empty), (bench.Store.ReadFigures().Entries, bench.Store.ReadFigures().Bytes));
    }

    [Fact]
    public void Set_And_Touch_SayTheTimeAnew()
    {
        using var bench = new StoreBench();
        bench.Set("kept", "1", 1000);
        bench.Set("put off", "1", 1000);
        bench.Set("for ever", "1", 1000);
        bench.Set("sooner", "1", 100_000);
        bench.Run(StateOperation.Set, "kept", "2", milliseconds: 9000, options: StateOptions.KeepTime);
        bench.Run(StateOperation.Touch, "put off", milliseconds: 3000);
        bench.Set("for ever", "2");
        bench.Run(StateOperation.Touch, "sooner", milliseconds: 500);
        Assert.Equal(StateStatus.Missing, bench.Run(StateOperation.Touch, "nothing", milliseconds: 3000)!.Value.Status);
        Assert.Equal(
            [1000L, 3000, -1, 500], ((string[])["kept", "put off", "for ever", "sooner"]).Select(key => bench.Run(StateOperation.TimeLeft, key)!.Value.Number));
        bench.Clock.Advance(1.5);

        Assert.Equal((null, "1", "2", null), (bench.Get("kept"), bench.Get("put off"), bench.Get("for ever"), bench.Get("sooner")));
        bench.Clock.Advance(2);
        Assert.Equal((null, "2"), (bench.Get("put off"), bench.Get("for ever")));
    }

    [Fact]
    public void Add_CountsFromWhereItIs()
    {
        using var bench = new StoreBench();

        Assert.Equal(StateStatus.Missing, bench.Add("n", 1, initial: null).Status);
        Assert.Equal(11, bench.Add("n", 1, initial: 10).Number);
        Assert.Equal(9, bench.Add("n", -2).Number);
        Assert.Equal("9", bench.Get("n"));
        bench.Set("n", "text");
        Assert.Equal(StateStatus.WrongKind, bench.Add("n", 1).Status);
        bench.Run(StateOperation.Set, "n", number: long.MaxValue, options: StateOptions.Number);
        Assert.Equal(StateStatus.Overflow, bench.Add("n", 1).Status);
        Assert.Equal(long.MaxValue - 1, bench.Add("n", -1).Number);
    }

    [Fact]
    public void Add_KeepsTheTimeOfTheFirst()
    {
        using var bench = new StoreBench();
        bench.Add("n", 1, milliseconds: 1000);
        bench.Clock.Advance(0.6);
        Assert.Equal(2, bench.Add("n", 1, milliseconds: 1000).Number);
        bench.Clock.Advance(0.6);

        Assert.Equal(1, bench.Add("n", 1, milliseconds: 1000).Number);
    }

    [Fact]
    public void Add_WithAnIdempotencyKey_IsDoneOnce()
    {
        using var bench = new StoreBench();

        Assert.Equal(1, bench.Add("n", 1, once: "x").Number);
        Assert.Equal(2, bench.Add("n", 1, once: "y").Number);
        Assert.Equal(1, bench.Add("n", 1, once: "x").Number);
        Assert.Equal("2", bench.Get("n"));
        bench.Clock.Advance(601);
        Assert.Equal(3, bench.Add("n", 1, once: "x").Number);
    }

    [Fact]
    public void Add_WithoutRoomToRememberIt_IsNotDone()
    {
        using var bench = new StoreBench(StateEntry.Overhead + 100);

        Assert.Equal(StateStatus.Full, bench.Add("n", 1, once: "x").Status);
        Assert.Equal(1, bench.Add("n", 1).Number);
        Assert.Equal(StateStatus.Full, bench.Add("n", 1, once: "x").Status);
        Assert.Equal("1", bench.Get("n"));
    }

    [Fact]
    public void Full_Store_RefusesAndKeepsWhatItHas()
    {
        using var bench = new StoreBench(10_000);
        string large = new('x', 4000);
        Assert.Equal(StateStatus.Done, bench.Set("a", large));
        Assert.Equal(StateStatus.Done, bench.Set("b", large));
        Assert.Equal(StateStatus.Full, bench.Set("c", large));
        Assert.Equal(StateStatus.Full, bench.Set("a", large + large));

        Assert.Equal((large, null, 2L), (bench.Get("a"), bench.Get("c"), bench.Store.ReadFigures().Refused));
        Assert.Equal(StateStatus.Done, bench.Set("a", "small"));
        Assert.Equal(StateStatus.Done, bench.Set("c", large));
    }

    [Fact]
    public void Full_Store_MakesRoomOfWhatIsOver()
    {
        using var bench = new StoreBench(10_000);
        string large = new('x', 8000);
        bench.Set("a", large, 1000);

        // The timer fires at the end of what the clock goes on, so what is over is there yet.
        Assert.Equal(StateStatus.Full, bench.Set("b", large));
        bench.Clock.Advance(1.1);
        Assert.Equal(StateStatus.Done, bench.Set("b", large));
    }

    [Fact]
    public void Eviction_TakesWhatWasUsedLeastLately()
    {
        using var bench = new StoreBench(10_000, evicts: true);
        string large = new('x', 2500);
        bench.Set("a", large);
        bench.Set("b", large);
        bench.Set("c", large);
        bench.Get("a");
        Assert.Equal(StateStatus.Done, bench.Set("d", large));

        Assert.Equal((large, null, large, large), (bench.Get("a"), bench.Get("b"), bench.Get("c"), bench.Get("d")));
        Assert.Equal(StateStatus.Done, bench.Set("a", large + large));
        Assert.Equal(large + large, bench.Get("a"));
        Assert.Equal(StateStatus.Full, bench.Set("e", new string('x', 20_000)));
    }

    [Fact]
    public void Eviction_NeverTakesALock()
    {
        using var bench = new StoreBench(4000, evicts: true);
        long token = bench.Acquire("l")!.Value.Number;
        for (int i = 0; i < 100; i++)
        {
            bench.Set($"k{i}", new string('x', 1000));
        }

        Assert.Equal(StateStatus.Done, bench.Release("l", token));
    }

    [Fact]
    public void Eviction_TakesRatesAndWindowsToo()
    {
        using var bench = new StoreBench(4000, evicts: true);
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(StateStatus.Done, bench.Run(StateOperation.Rate, $"r{i}", number: 1, other: 2, milliseconds: 10_000)!.Value.Status);
            Assert.Equal(StateStatus.Done, bench.Run(StateOperation.Window, $"w{i}", number: 1, other: 1, milliseconds: 10_000)!.Value.Status);
        }

        Assert.Equal(StateStatus.Refused, bench.Run(StateOperation.Window, "w99", number: 1, other: 1, milliseconds: 10_000)!.Value.Status);
        Assert.Equal(StateStatus.Done, bench.Run(StateOperation.Window, "w0", number: 1, other: 1, milliseconds: 10_000)!.Value.Status);
    }

    [Fact]
    public void Store_ThatIsFull_SaysSoOnceAMinute()
    {
        var clock = new StateClock();
        List<long> said = [];
        using var store = new StateStore(new StateStoreOptions(1000, false, said.Add), clock);
        void Fill() => Assert.Equal(
            StateStatus.Full, store.Execute(new StateCall { Operation = StateOperation.Set, Key = "k"u8, Value = new byte[900] }, new StateOwner(), null!)!.Value.Status);
        Fill();
        Fill();
        clock.Advance(61);
        Fill();

        Assert.Equal([1, 3], said);
    }

    [Fact]
    public void Clear_And_Count_GoByThePrefix()
    {
        using var bench = new StoreBench();
        foreach (string key in (string[])["a:1", "a:2", "b:1"])
        {
            bench.Set(key, "x");
        }

        Assert.Equal(2, bench.Run(StateOperation.Count, "a:")!.Value.Number);
        Assert.Equal(2, bench.Run(StateOperation.Clear, "a:")!.Value.Number);
        Assert.Equal((null, "x"), (bench.Get("a:1"), bench.Get("b:1")));
        Assert.Equal(1, bench.Run(StateOperation.Clear, "")!.Value.Number);
        Assert.Equal(0, bench.Store.ReadFigures().Bytes);
    }

    [Fact]
    public void Operation_ThatIsNotKnown_IsInvalid()
    {
        using var bench = new StoreBench();

        Assert.Equal(StateStatus.Invalid, bench.Run((StateOperation)99, "a")!.Value.Status);
        Assert.Equal(StateStatus.Invalid, bench.Run(StateOperation.Rate, "a", number: 1, other: 0, milliseconds: 1)!.Value.Status);
        Assert.Equal(StateStatus.Invalid, bench.Run(StateOperation.Window, "a", number: -1, other: 1, milliseconds: 1)!.Value.Status);
        Assert.Equal(StateStatus.Invalid, bench.Acquire("a", places: 0)!.Value.Status);
    }

    [Fact]
    public void Bytes_OfManyRandomCalls_AreThoseOfWhatIsThere()
    {
        var random = new Random(7);
        using var bench = new StoreBench(200_000, evicts: true);
        for (int i = 0; i < 20_000; i++)
        {
            string key = $"k{random.Next(50)}";
            _ = random.Next(8) switch
            {
                0 => bench.Run(StateOperation.Delete, key),
                1 => bench.Add(key, 1, milliseconds: random.Next(5) * 100),
                2 => bench.Run(StateOperation.Touch, key, milliseconds: random.Next(500)),
                3 => bench.Run(StateOperation.Window, key, number: random.Next(3), other: 10, milliseconds: 200),
                4 => bench.Run(StateOperation.Rate, key, number: 1, other: 10, milliseconds: 200),
                5 => bench.Acquire(key, (uint)i, lease: 50, wait: 20),
                _ => bench.Run(StateOperation.Set, key, new string('x', random.Next(9000)), milliseconds: random.Next(3) * 150),
            };
            bench.Clock.Advance(random.Next(20) / 1000.0);
            Assert.InRange(bench.Store.ReadFigures().Bytes, 0, 200_000);
        }

        bench.Clock.Advance(1);
        bench.Run(StateOperation.Clear, "");
        Assert.Equal(new StateFigures(0, 0, 200_000, 0, 0, 0, 0), bench.Store.ReadFigures() with { Calls = 0, Evicted = 0, Refused = 0 });
    }
}
