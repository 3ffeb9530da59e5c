using System.Net.Sockets;
using System.Text;
using Hydra.Protocol;
using Hydra.State;
using Hydra.Tests.Functional.Harness;
using Hydra.Transport;
using Hydra.Workers.Links;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Workers.Links;

/// <summary>Shared state while one server takes the place of another: both ends of the link, connected.</summary>
public sealed class StateSuccessionTests
{
    [Fact]
    public async Task Calls_UntilItIsHandedOver_AreTheOtherServers()
    {
        using var bench = new Bench();
        await bench.CallAsync(StateOperation.Set, "k", "there");
        Assert.Equal("there", bench.Old("k"));

        await bench.Successor.HandOverAsync();
        Assert.Equal("there", await bench.GetAsync("k"));
        Assert.Null(bench.Old("k"));
        Assert.Equal(StateStatus.Done, (await bench.CallAsync(StateOperation.Set, "k", "here")).Status);
        Assert.Equal("here", await bench.GetAsync("k"));
    }

    [Fact]
    public async Task Calls_InAnyNumberWhileItIsHandedOver_AreDoneOnceAndInTheirOrder()
    {
        using var bench = new Bench();
        List<Task<StateResult>> sums = [];
        for (int i = 0; i < 500; i++)
        {
            sums.Add(bench.CallAsync(StateOperation.Add, "n", other: 1, options: StateOptions.Create));
        }

        Task over = bench.Successor.HandOverAsync();
        for (int i = 0; i < 500; i++)
        {
            sums.Add(bench.CallAsync(StateOperation.Add, "n", other: 1, options: StateOptions.Create));
        }

        await over;
        Assert.Equal(Enumerable.Range(1, 1000), (await Task.WhenAll(sums)).Select(static sum => (int)sum.Number));
    }

    [Fact]
    public async Task State_ThatIsOpenedAfterTheHandOverHasBegun_IsHandedOverToo()
    {
        using var bench = new Bench(isRead: false);
        bench.OldStore.Execute(Bench.Call(StateOperation.Set, "k", "there"), new StateOwner(), new Caller());
        Task<string?> asked = bench.GetAsync("k");
        Task over = bench.Successor.HandOverAsync();
        bench.Read();

        await over;
        Assert.Equal("there", await asked);
    }

    [Fact]
    public async Task Waits_ThatGoOn_AreEndedByTheServerThatHasTheLock()
    {
        using var bench = new Bench();
        var holder = new StateOwner();
        long token = (await bench.CallAsync(StateOperation.Acquire, "l", number: 1, owner: holder)).Number;
        Task<StateResult> first = bench.CallAsync(StateOperation.Acquire, "l", number: 1, wait: uint.MaxValue);
        Task<StateResult> second = bench.CallAsync(StateOperation.Acquire, "l", number: 1, wait: uint.MaxValue);
        await bench.GetAsync("so that they wait there");
        await bench.Successor.HandOverAsync();
        Assert.Equal(StateStatus.TimedOut, (await bench.CallAsync(StateOperation.Acquire, "l", number: 1)).Status);

        bench.State.OnEnded(holder);
        long next = (await first).Number;
        Assert.True(next > token);
        Assert.Equal(StateStatus.Done, (await bench.CallAsync(StateOperation.Release, "l", other: next)).Status);
        Assert.True((await second).Number > next);
    }

    [Fact]
    public async Task Processes_ThatEndBefore_FreeWhatTheyHaveThere()
    {
        using var bench = new Bench();
        var holder = new StateOwner();
        await bench.CallAsync(StateOperation.Acquire, "l", number: 1, owner: holder);
        Task<StateResult> waits = bench.CallAsync(StateOperation.Acquire, "l", number: 1, wait: uint.MaxValue);
        bench.State.OnEnded(holder);

        Assert.Equal(StateStatus.Done, (await waits).Status);
    }

    [Fact]
    public async Task Links_ThatClose_WaitNoMore()
    {
        using var bench = new Bench();
        long token = (await bench.CallAsync(StateOperation.Acquire, "l", number: 1)).Number;
        var link = new Caller();
        var waiter = new StateOwner();
        Assert.Null(bench.State.Execute(Bench.Call(StateOperation.Acquire, "l", number: 1, wait: uint.MaxValue), waiter, link));
        bench.State.OnClosed(waiter, link);
        await bench.CallAsync(StateOperation.Release, "l", other: token);

        Assert.Equal(StateStatus.Done, (await bench.CallAsync(StateOperation.Acquire, "l", number: 1)).Status);
        Assert.False(link.Result.IsCompleted);
    }

    [Fact]
    public async Task Server_ThatDoesNotBecomeReady_LeavesNothingBehind()
    {
        using var bench = new Bench();
        await bench.CallAsync(StateOperation.Acquire, "l", number: 1);
        var waits = new Caller();
        Assert.Null(bench.OldStore.Execute(Bench.Call(StateOperation.Acquire, "l", number: 1, wait: uint.MaxValue), new StateOwner(), waits));
        bench.Predecessor.Close();

        Assert.Equal(StateStatus.Done, (await waits.Result).Status);
    }

    [Fact]
    public async Task Server_ThatIsGoneBeforeItHasHandedOver_LeavesAnEmptyStore()
    {
        using var bench = new Bench();
        await bench.CallAsync(StateOperation.Set, "k", "there");
        bench.Successor.Close();

        await Eventually.HoldsAsync(() => bench.State.Execute(Bench.Call(StateOperation.Count, ""), new StateOwner(), new Caller()) is not null, "the end of the link");
        Assert.Equal(StateStatus.Missing, (await bench.CallAsync(StateOperation.Get, "k")).Status);
    }

    [Fact]
    public async Task State_ThatTheOtherDoesNotHave_IsHereAtOnce()
    {
        using var bench = new Bench(isThere: false);

        Assert.Equal(StateStatus.Done, (await bench.CallAsync(StateOperation.Set, "k", "here")).Status);
        Assert.Equal("here", await bench.GetAsync("k"));
    }

    [Fact]
    public async Task Store_ThatIsLarge_ArrivesWhole()
    {
        using var bench = new Bench();
        string large = new('x', 5_000_000);
        await bench.CallAsync(StateOperation.Set, "large", large);
        for (int i = 0; i < 20_000; i++)
        {
            bench.OldStore.Execute(Bench.Call(StateOperation.Set, $"key {i}", $"value {i}"), new StateOwner(), new Caller());
        }

        await bench.Successor.HandOverAsync();
        Assert.Equal(large, await bench.GetAsync("large"));
        Assert.Equal("value 19999", await bench.GetAsync("key 19999"));
        Assert.Equal(20_001, (await bench.CallAsync(StateOperation.Count, "")).Number);
    }

    [Fact]
    public async Task Bytes_ThatAreNoFrames_CloseTheLink()
    {
        var random = new Random(1);
        for (int i = 0; i < 200; i++)
        {
            (Socket own, Socket other) = SocketPair.Create();
            using var store = new StateStore(new StateStoreOptions(1 << 20, false));
            var successor = new StateSuccessor(new SocketLinkChannel(own), (_, _) => store);
            successor.Start();
            byte[] junk = new byte[random.Next(1, 200)];
            random.NextBytes(junk);
            junk[0] = (byte)random.Next(20);
            junk.AsSpan(1, Math.Min(3, junk.Length - 1)).Clear();
            other.Send(junk);
            other.Shutdown(SocketShutdown.Send);

            // It ends: by the junk, or by the end that follows it.
            await successor.HandOverAsync();
            other.Dispose();
        }
    }

    private sealed class Caller : IStateCaller
    {
        private readonly TaskCompletionSource<StateResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<StateResult> Result => _result.Task;

        public void Reply(uint sequence, in StateResult result) => _result.TrySetResult(result);
    }

    private sealed class Bench : IDisposable
    {
        private readonly StateOwner _owner = new();

        public Bench(bool isThere = true, bool isRead = true)
        {
            (Socket first, Socket second) = SocketPair.Create();
            Successor = new StateSuccessor(new SocketLinkChannel(first), (app, directory) => isThere && (app, directory) == ("m:app", "/srv") ? OldStore : null);
            Predecessor = new StatePredecessor(new SocketLinkChannel(second), NullLogger.Instance);
            State = Predecessor.Open("m:app", "/srv", new StateStore(new StateStoreOptions(64 << 20, false)));
            if (isRead)
            {
                Read();
            }
        }

        public StateStore OldStore { get; } = new(new StateStoreOptions(64 << 20, false));

        public StateSuccessor Successor { get; }

        public StatePredecessor Predecessor { get; }

        public InheritedState State { get; }

        public void Read()
        {
            Successor.Start();
            Predecessor.Start();
        }

        public static StateCall Call(
            StateOperation operation, string key, string value = "", long number = 0, long other = 0, uint wait = 0, StateOptions options = StateOptions.None)
            => new()
            {
                Operation = operation,
                Options = options,
                Number = number,
                Other = other,
                Wait = wait,
                Sequence = 1,
                Key = Encoding.UTF8.GetBytes(key),
                Value = Encoding.UTF8.GetBytes(value),
            };

        public async Task<StateResult> CallAsync(
            StateOperation operation, string key, string value = "", long number = 0, long other = 0, uint wait = 0, StateOptions options = StateOptions.None, StateOwner? owner = null)
        {
            var caller = new Caller();
            return State.Execute(Call(operation, key, value, number, other, wait, options), owner ?? _owner, caller) ?? await caller.Result;
        }

        public async Task<string?> GetAsync(string key) => (await CallAsync(StateOperation.Get, key)).Value is { } value ? Encoding.UTF8.GetString(value) : null;

        public string? Old(string key)
            => OldStore.Execute(Call(StateOperation.Get, key), _owner, new Caller()) is { Value: { } value } ? Encoding.UTF8.GetString(value) : null;

        public void Dispose()
        {
            Successor.Close();
            Predecessor.Close();
            OldStore.Dispose();
            State.Dispose();
        }
    }
}
