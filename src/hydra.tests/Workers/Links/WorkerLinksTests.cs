using System.Net.Sockets;
using Hydra.Protocol;
using Hydra.State;
using Hydra.Tests.Transport;
using Hydra.Topics;
using Hydra.Workers.Links;
using Xunit;

namespace Hydra.Tests.Workers.Links;

/// <summary>Which links of a worker are taken, and what they tell.</summary>
public sealed class WorkerLinksTests : IDisposable
{
    private static readonly WorkerInfo Info = new("asgi", InterfaceFeatures.None, "CPython", "asyncio", 0);

    private readonly List<Socket> _sockets = [];
    private readonly List<FakeChannel> _channels = [];
    private readonly Sink _sink = new();
    private WorkerLinks _links;

    public WorkerLinksTests() => _links = new WorkerLinks(3, new WorkerLinkOptions(2, Channel, Limit: 0), _sink);

    public void Dispose() => _sockets.ForEach(socket => socket.Dispose());

    [Fact]
    public void Accept_AllLinks_IsReadyWithItsReady()
    {
        Assert.Null(Accept(LinkKind.Control));
        Assert.Null(Accept(LinkKind.Data, 1));
        Assert.Null(Accept(LinkKind.Data));
        Assert.False(_links.Handle.IsReady);

        ((IControlSink)_links).OnReady(Info);
        Assert.True(_links.Handle.IsReady);
        Assert.Equal([0, 1], _links.Data.Select(link => link.Index));
        Assert.Equal(["ready"], _sink.Events);
    }

    [Theory]
    [InlineData(nameof(LinkKind.Control), 0, "its worker has a control link already")]
    [InlineData(nameof(LinkKind.Data), 1, "its worker has all its data links already")]
    [InlineData(nameof(LinkKind.Data), 2, "its worker has all its data links already")]
    public void Accept_OneTooMany_IsRefused(string kind, int index, string why)
    {
        Accept(LinkKind.Control);
        Accept(LinkKind.Data, 1);

        Assert.Equal(why, Accept(Enum.Parse<LinkKind>(kind), index));
    }

    [Fact]
    public void Accept_ProcessHasEnded_IsRefused()
    {
        _links.End();

        Assert.Equal("its worker has ended", Accept(LinkKind.Control));
    }

    [Fact]
    public void OnReady_BeforeTheDataLinks_IsAgainstTheRules()
    {
        Accept(LinkKind.Control);
        Accept(LinkKind.Data);
        ((IControlSink)_links).OnReady(Info);

        Assert.Equal(["closed its READY came twice or before its data links"], _sink.Events);
        Assert.False(_links.Handle.IsReady);
    }

    [Theory]
    [InlineData(0, new[] { 0, 1, 2 })]
    [InlineData(1, new[] { 3, 4, 5 })]
    [InlineData(7, new[] { 0, 1, 2 })]
    public void LinkFor_WorkerWithLoops_IsOfEachInTurn(int loop, int[] expected)
    {
        WorkerHandle handle = WithLoops();

        Assert.Equal(expected, Enumerable.Range(0, 3).Select(_ => handle.LinkFor(loop).Index).Order());
    }

    [Fact]
    public void LinkFor_WorkerWithLoops_IsOfTheOneWithLeastToDo()
    {
        WorkerHandle handle = WithLoops();
        Assert.True(_links.Data[1].TryOpen(new FakeStream()));
        Assert.True(_links.Data[5].TryOpen(new FakeStream()));

        Assert.All(Enumerable.Range(0, 3), _ => Assert.Equal(3, handle.LinkFor(1).Index));
    }

    [Fact]
    public void OnViolation_OnTheControlLink_ClosesTheDataLinks()
    {
        Accept(LinkKind.Control);
        Accept(LinkKind.Data);
        Accept(LinkKind.Data, 1);
        ((IControlSink)_links).OnViolation();

        Assert.All(_channels, channel => Assert.True(channel.IsClosed));
    }

    [Fact]
    public void Drain_NoControlLink_CannotBeAsked()
    {
        Assert.False(_links.Drain(TimeSpan.Zero));
        Accept(LinkKind.Control);
        Assert.True(_links.Drain(TimeSpan.Zero));
    }

    [Fact]
    public void Accept_StateLinkOfAProcessThatIsKilledMeanwhile_FreesWhatItHolds()
    {
        using var store = new StateStore(new StateStoreOptions(1 << 20, false));
        _links = new WorkerLinks(3, new WorkerLinkOptions(2, Channel, Limit: 0, State: new SharedState(store, null)), _sink);
        Accept(LinkKind.State);
        _channels[0].Receive(StateLinkTests.Call(1, StateOperation.Acquire, "l", number: 1));
        (Socket ours, Socket theirs) = LinkPair.Create();
        theirs.Dispose();
        Assert.Null(((ILinkOwner)_links).Accept(ours, new LinkIdentity(LinkKind.State, 0), new byte[8]));
        _channels[0].Close();

        // Another process gets the lock.
        Accept(LinkKind.State, processId: 2);
        _channels[2].Receive(StateLinkTests.Call(1, StateOperation.Acquire, "l", number: 1));
        Assert.StartsWith("1 Done", Assert.Single(StateLinkTests.Replies(_channels[2])), StringComparison.Ordinal);
    }

    // Three of them, for a front of two.
    private WorkerHandle WithLoops()
    {
        _links = new WorkerLinks(3, new WorkerLinkOptions(6, Channel, Limit: 0, Loops: 3), _sink);
        Accept(LinkKind.Control);
        for (int i = 0; i < 6; i++)
        {
            Accept(LinkKind.Data, i);
        }

        ((IControlSink)_links).OnReady(Info);
        return _links.Handle;
    }

    private string? Accept(LinkKind kind, int index = 0, int processId = 0)
    {
        (Socket ours, Socket theirs) = LinkPair.Create();
        _sockets.Add(theirs);
        string? refusal = ((ILinkOwner)_links).Accept(ours, new LinkIdentity(kind, index, processId), []);
        if (refusal is not null)
        {
            ours.Dispose();
        }

        return refusal;
    }

    private FakeChannel Channel(Socket socket, int index)
    {
        _sockets.Add(socket);
        var channel = new FakeChannel();
        _channels.Add(channel);
        return channel;
    }

    private sealed class Sink : IWorkerSink
    {
        public List<string> Events { get; } = [];

        public void OnReady() => Events.Add("ready");

        public void OnFailed(WorkerFailure failure) => Events.Add("failed");

        public void OnLog(WireLogLevel level, DateTimeOffset created, string logger, string message) => Events.Add("log");

        public void OnGoodbye() => Events.Add("goodbye");

        public void OnLinkClosed(string? violation) => Events.Add($"closed {violation}");
    }
}
