using System.Text;
using Hydra.Protocol;
using Hydra.State;
using Xunit;

namespace Hydra.Tests.State;

/// <summary>A store that stops, and another that goes on with what it had.</summary>
public sealed class StateImageTests
{
    [Fact]
    public async Task Values_AreThere_WithTheirTimesAndVersions()
    {
        using var old = new StoreBench();
        old.Set("text", "a");
        old.Set("brief", "b", milliseconds: 5000);
        old.Add("counter", 7);
        old.Clock.Advance(2);
        long version = old.Version("text");
        using StoreBench next = await GoOnAsync(old);

        Assert.Equal(("a", "b", "7"), (next.Get("text"), next.Get("brief"), next.Get("counter")));
        Assert.Equal(version, next.Version("text"));
        Assert.Equal(StateStatus.Done, next.Set("text", "c", options: StateOptions.Version, version: version));
        Assert.True(next.Version("text") > version + 2);
        next.Clock.Advance(2.9);
        Assert.Equal("b", next.Get("brief"));
        next.Clock.Advance(0.2);
        Assert.Null(next.Get("brief"));
    }

    [Fact]
    public async Task Call_ThatWasMadeOnce_IsNotMadeAgain()
    {
        using var old = new StoreBench();
        Assert.Equal(1, old.Add("counter", 1, once: "key").Number);
        using StoreBench next = await GoOnAsync(old);

        Assert.Equal(1, next.Add("counter", 1, once: "key").Number);
        Assert.Equal(2, next.Add("counter", 1, once: "other").Number);
    }

    [Fact]
    public async Task RatesAndWindows_GoOn()
    {
        using var old = new StoreBench();
        Assert.Equal(StateStatus.Done, old.Run(StateOperation.Rate, "r", number: 2, other: 2, milliseconds: 10_000)!.Value.Status);
        Assert.Equal(StateStatus.Done, old.Run(StateOperation.Window, "w", number: 2, other: 2, milliseconds: 10_000)!.Value.Status);
        old.Clock.Advance(3);
        using StoreBench next = await GoOnAsync(old);

        Assert.Equal((StateStatus.Refused, 2000), Of(next.Run(StateOperation.Rate, "r", number: 1, other: 2, milliseconds: 10_000)));
        Assert.Equal((StateStatus.Refused, 7000), Of(next.Run(StateOperation.Window, "w", number: 1, other: 2, milliseconds: 10_000)));
        next.Clock.Advance(7.01);
        Assert.Equal(StateStatus.Done, next.Run(StateOperation.Rate, "r", number: 1, other: 2, milliseconds: 10_000)!.Value.Status);
        Assert.Equal(StateStatus.Done, next.Run(StateOperation.Window, "w", number: 2, other: 2, milliseconds: 10_000)!.Value.Status);
    }

    [Fact]
    public async Task Locks_HaveTheirHoldersTheirTokensAndTheirTime()
    {
        using var old = new StoreBench();
        long forever = old.Acquire("forever")!.Value.Number;
        long brief = old.Acquire("brief", 2, lease: 5000)!.Value.Number;
        Assert.Null(old.Acquire("forever", 3, wait: uint.MaxValue));
        old.Clock.Advance(2);
        using StoreBench next = await GoOnAsync(old);

        Assert.Equal(StateStatus.TimedOut, next.Acquire("forever")!.Value.Status);
        Assert.Null(next.Acquire("forever", 3, wait: uint.MaxValue, owner: new StateOwner()));
        Assert.Null(next.Acquire("brief", 4, wait: uint.MaxValue, owner: new StateOwner()));
        Assert.Equal(StateStatus.Done, next.Release("forever", forever));
        next.Clock.Advance(3.1);
        Assert.Equal(["3 Done", "4 Done"], next.Told);
        Assert.All(next.Tokens, token => Assert.True(token > Math.Max(forever, brief)));
        Assert.Empty(old.Told);
    }

    [Fact]
    public async Task Holder_ThatEnds_GivesBackWhatItGotBefore()
    {
        using var old = new StoreBench();
        old.Acquire("l");
        using StoreBench next = await GoOnAsync(old);
        Assert.Null(next.Acquire("l", 2, wait: uint.MaxValue, owner: new StateOwner()));

        next.Store.OnEnded(old.Owner);
        Assert.Equal(["2 Done"], next.Told);
    }

    [Fact]
    public async Task Order_OfUse_IsKept()
    {
        using var old = new StoreBench(3 * (StateEntry.Overhead + 101), evicts: true);
        foreach (string key in (string[])["a", "b", "c"])
        {
            old.Set(key, new string('x', 100));
        }

        old.Get("a");
        using StoreBench next = await GoOnAsync(old, 3 * (StateEntry.Overhead + 101), evicts: true);
        next.Set("d", new string('x', 100));

        Assert.Null(next.Get("b"));
        Assert.NotNull(next.Get("a"));
        Assert.NotNull(next.Get("c"));
    }

    [Fact]
    public async Task Restore_WithoutRoomOrUnderATakenKey_SaysSo()
    {
        using var old = new StoreBench();
        old.Set("k", new string('x', 2000));
        StateImage image = await old.Store.StopAsync();
        using var small = new StoreBench(1000);
        using var taken = new StoreBench();
        taken.Set("k", "mine");

        Assert.False(small.Store.Restore(Assert.Single(image.Entries)));
        Assert.False(taken.Store.Restore(Assert.Single(image.Entries)));
        Assert.Equal("mine", taken.Get("k"));
    }

    [Fact]
    public async Task Store_ThatHasStopped_DoesNothing()
    {
        using var old = new StoreBench();
        old.Acquire("l", lease: 1000);
        Assert.Null(old.Acquire("l", 2, wait: 500));
        await old.Store.StopAsync();
        old.Clock.Advance(10);
        old.Store.OnEnded(old.Owner);

        Assert.Null(old.Run(StateOperation.Get, "k"));
        Assert.Empty(old.Told);
    }

    private static (StateStatus Status, long Wait) Of(StateResult? result) => (result!.Value.Status, result.Value.Other);

    private static async Task<StoreBench> GoOnAsync(StoreBench old, long memory = 1 << 20, bool evicts = false)
    {
        var next = new StoreBench(memory, evicts);

        // A clock of its own.
        next.Clock.Advance(1000);
        long before = old.Store.ReadFigures().Bytes;
        StateImage image = await old.Store.StopAsync();
        Assert.All(image.Entries.ToArray(), entry => Assert.True(next.Store.Restore(entry), Encoding.UTF8.GetString(entry.Name)));
        Assert.All(image.Leases.ToArray(), lease => Assert.True(next.Store.Restore(lease), Encoding.UTF8.GetString(lease.Name)));
        next.Store.Continue(image.Version, image.Token);
        Assert.Equal(before - (200 * old.Owner.Waiters.Count), next.Store.ReadFigures().Bytes);
        return next;
    }
}
