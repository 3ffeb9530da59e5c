using Hydra.Protocol;
using Hydra.State;
using Xunit;

namespace Hydra.Tests.State;

/// <summary>Locks, semaphores, rates and moving windows.</summary>
public sealed class StateLocksTests
{
    [Fact]
    public void Lock_HasOneHolderAtATime_InTheOrderOfComing()
    {
        using var bench = new StoreBench();
        long first = bench.Acquire("l")!.Value.Number;
        Assert.Equal(StateStatus.TimedOut, bench.Acquire("l", 2)!.Value.Status);
        Assert.Null(bench.Acquire("l", 3, wait: uint.MaxValue));
        Assert.Null(bench.Acquire("l", 4, wait: uint.MaxValue));
        Assert.Empty(bench.Told);

        Assert.Equal(StateStatus.Done, bench.Release("l", first));
        Assert.Equal(["3 Done"], bench.Told);
        Assert.Equal(StateStatus.Missing, bench.Release("l", first));
        bench.Release("l", bench.Tokens[0]);
        Assert.Equal(["3 Done", "4 Done"], bench.Told);
        Assert.True(first < bench.Tokens[0] && bench.Tokens[0] < bench.Tokens[1]);
        bench.Release("l", bench.Tokens[1]);
        Assert.Equal(0, bench.Store.ReadFigures().Entries);
    }

    [Fact]
    public void Tokens_OfALaterStore_AreLarger()
    {
        using var bench = new StoreBench();
        using var later = new StateStore(new StateStoreOptions(1000, false));

        long token = later.Execute(new StateCall { Operation = StateOperation.Acquire, Key = "l"u8, Number = 1 }, new StateOwner(), bench)!.Value.Number;
        Assert.True(bench.Acquire("l")!.Value.Number < token);
    }

    [Fact]
    public void Lease_ThatIsOver_IsTheNextOnes()
    {
        using var bench = new StoreBench();
        long first = bench.Acquire("l", lease: 1000)!.Value.Number;
        Assert.Null(bench.Acquire("l", 2, wait: uint.MaxValue));
        bench.Clock.Advance(0.5);
        Assert.Equal(StateStatus.Done, bench.Run(StateOperation.Extend, "l", other: first, milliseconds: 1000)!.Value.Status);
        bench.Clock.Advance(0.7);
        Assert.Empty(bench.Told);
        bench.Clock.Advance(0.4);

        Assert.Equal(["2 Done"], bench.Told);
        Assert.Equal(StateStatus.Missing, bench.Release("l", first));
        Assert.Equal(StateStatus.Missing, bench.Run(StateOperation.Extend, "l", other: first, milliseconds: 1000)!.Value.Status);
    }

    [Fact]
    public void Wait_ThatIsOver_IsTold()
    {
        using var bench = new StoreBench();
        bench.Acquire("l");
        Assert.Null(bench.Acquire("l", 2, wait: 500));
        Assert.Null(bench.Acquire("l", 3, wait: 5000));
        bench.Clock.Advance(1);

        Assert.Equal(["2 TimedOut"], bench.Told);
    }

    [Fact]
    public void Owner_ThatHasEnded_HoldsAndWaitsNoMore()
    {
        using var bench = new StoreBench();
        var other = new StateOwner();
        bench.Acquire("l");
        Assert.Null(bench.Acquire("l", 2, wait: uint.MaxValue));
        Assert.Null(bench.Acquire("l", 3, wait: uint.MaxValue, owner: other));
        bench.Store.OnEnded(bench.Owner);

        Assert.Equal(["3 Done"], bench.Told);
        Assert.Equal(1, bench.Store.ReadFigures().Locks);
    }

    [Fact]
    public void Link_ThatHasClosed_WaitsNoMore_AndWhatItsProcessHoldsStays()
    {
        using var bench = new StoreBench();
        using var second = new StoreBench();
        bench.Acquire("l");
        Assert.Null(bench.Acquire("l", 2, wait: uint.MaxValue, caller: second));
        Assert.Null(bench.Acquire("l", 3, wait: uint.MaxValue));
        bench.Store.OnClosed(bench.Owner, second);
        Assert.Equal(StateStatus.TimedOut, bench.Acquire("l", 4)!.Value.Status);
        bench.Store.OnEnded(bench.Owner);

        Assert.Empty(second.Told);
        Assert.Equal(0, bench.Store.ReadFigures().Locks);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Abandon_TakesBackWhatWasGrantedOrWouldBe(bool wasGranted)
    {
        using var bench = new StoreBench();
        long first = bench.Acquire("l")!.Value.Number;
        Assert.Null(bench.Acquire("l", 2, wait: uint.MaxValue));
        if (wasGranted)
        {
            bench.Release("l", first);
            Assert.Equal(["2 Done"], bench.Told);
        }

        Assert.Equal(StateStatus.Done, bench.Run(StateOperation.Abandon, "", number: 2)!.Value.Status);
        Assert.Equal(StateStatus.Missing, bench.Run(StateOperation.Abandon, "", number: 2)!.Value.Status);
        Assert.Equal(wasGranted ? StateStatus.Missing : StateStatus.Done, bench.Release("l", first));
        Assert.Equal(StateStatus.Done, bench.Acquire("l", 5)!.Value.Status);
    }

    [Fact]
    public void Semaphore_HasSoManyHolders()
    {
        using var bench = new StoreBench();
        long first = bench.Acquire("s", 1, places: 2)!.Value.Number;
        Assert.Equal(StateStatus.Done, bench.Acquire("s", 2, places: 2)!.Value.Status);
        Assert.Null(bench.Acquire("s", 3, places: 2, wait: uint.MaxValue));

        // Nobody overtakes one who waits, not even for a place that a larger number of them would leave.
        Assert.Null(bench.Acquire("s", 4, places: 3, wait: uint.MaxValue));
        bench.Release("s", first);
        Assert.Equal(["3 Done", "4 Done"], bench.Told);
    }

    [Fact]
    public void Full_Store_GrantsNoLock()
    {
        using var bench = new StoreBench(300);

        Assert.Equal(StateStatus.Full, bench.Acquire("l")!.Value.Status);
        Assert.Equal(0, bench.Store.ReadFigures().Entries);
    }

    [Fact]
    public void Rate_LetsThroughWhatFillsUpEvenly()
    {
        using var bench = new StoreBench();
        StateResult Hit(long cost = 1) => bench.Run(StateOperation.Rate, "r", number: cost, other: 10, milliseconds: 1000)!.Value;

        for (int i = 9; i >= 0; i--)
        {
            Assert.Equal((StateStatus.Done, i), (Hit().Status, Hit(0).Number));
        }

        Assert.Equal((StateStatus.Refused, 0L, 100L), (Hit().Status, Hit().Number, Hit().Other));
        bench.Clock.Advance(0.1);
        Assert.Equal(StateStatus.Done, Hit().Status);
        Assert.Equal(StateStatus.Refused, Hit().Status);
        bench.Clock.Advance(0.5);
        Assert.Equal((StateStatus.Refused, 5L), (Hit(6).Status, Hit(6).Number));
        Assert.Equal(StateStatus.Done, Hit(5).Status);
        Assert.Equal((StateStatus.Refused, -1L), (Hit(11).Status, Hit(11).Other));
        bench.Clock.Advance(2);
        Assert.Equal(0, bench.Store.ReadFigures().Entries);
        Assert.Equal(StateStatus.Done, Hit(10).Status);
    }

    [Theory]
    [InlineData(7, 1000)]
    [InlineData(3, 1)]
    [InlineData(1_000_000, 1000)]
    [InlineData(60, 3_600_000)]
    public void Rate_OverAnyTime_LetsThroughTheLimitAndWhatHasFilledUp(long limit, long period)
    {
        using var bench = new StoreBench();
        var random = new Random(3);
        double seconds = 0;
        long passed = 0;
        for (int i = 0; i < 2000; i++)
        {
            long cost = random.NextInt64(1, Math.Max(2, limit / 2));
            passed += bench.Run(StateOperation.Rate, "r", number: cost, other: limit, milliseconds: period)!.Value.Status is StateStatus.Done ? cost : 0;
            double step = random.Next(0, 50) / 1000.0;
            seconds += step;
            bench.Clock.Advance(step);
        }

        // The store's clock is in milliseconds, its rates in microseconds.
        Assert.InRange(passed, 1, limit + Math.Ceiling(seconds * 1000 / period * limit) + Math.Ceiling(limit / (period * 500.0)) + 2000);
    }

    [Fact]
    public void Window_CountsEachHitForItsTime()
    {
        using var bench = new StoreBench();
        StateResult Hit(long cost = 1) => bench.Run(StateOperation.Window, "w", number: cost, other: 3, milliseconds: 1000)!.Value;

        Assert.Equal((StateStatus.Done, 1L), (Hit().Status, Hit(0).Number));
        bench.Clock.Advance(0.4);
        Assert.Equal(3, Hit(2).Number);
        Assert.Equal((StateStatus.Refused, 3L, 600L), (Hit().Status, Hit().Number, Hit().Other));
        bench.Clock.Advance(0.7);
        Assert.Equal((2L, 300L), (Hit(0).Number, Hit(0).Other));
        Assert.Equal(StateStatus.Refused, Hit(2).Status);
        Assert.Equal(StateStatus.Done, Hit().Status);
        bench.Clock.Advance(2);
        Assert.Equal((0, 0L), (bench.Store.ReadFigures().Entries, bench.Store.ReadFigures().Bytes));
    }
}
