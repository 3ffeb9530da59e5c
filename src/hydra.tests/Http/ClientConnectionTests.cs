using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Hydra.Dispatch;
using Hydra.Http;
using Hydra.Protocol;
using Hydra.Tests.Functional.Harness;
using Hydra.Tests.Http.Fakes;
using Hydra.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class ClientConnectionTests
{
    [Theory]
    [InlineData("HTTP/1.0", "1.0")]
    [InlineData("HTTP/1.1", "1.1")]
    [InlineData("HTTP/2", "2")]
    [InlineData("HTTP/3", "3")]
    public void FactsFor_KestrelsNameOfTheProtocol_SaysTheVersion(string protocol, string expected)
        => Assert.Equal(expected, New(new OpenConnection()).FactsFor(protocol).HttpVersion);

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    public void OnRequestBegins_TheLastThatTheConnectionMayHave_IsKnownAndEndsAConnectionOfMany(bool isMultiplexed, int closed)
    {
        var context = new OpenConnection();
        var lifetime = new Closing();
        context.Features.Set<IConnectionLifetimeNotificationFeature>(lifetime);
        using var connection = new ClientConnection(context, isMultiplexed, _ => Task.CompletedTask) { LimitRequests = 2 };
        connection.OnRequestBegins();
        Assert.False(connection.IsUsedUp);
        connection.OnRequestBegins();

        Assert.True(connection.IsUsedUp);
        Assert.Equal(closed, lifetime.Count);
        Assert.Equal(!isMultiplexed, connection.IsIdle);
    }

    [Fact]
    public void FactsFor_BothVersionsInTurn_AreMadeOnce()
    {
        ClientConnection connection = New(new OpenConnection());
        RequestFacts newer = connection.FactsFor("HTTP/1.1");
        RequestFacts older = connection.FactsFor("HTTP/1.0");

        Assert.NotSame(newer, older);
        Assert.Same(newer, connection.FactsFor("HTTP/1.1"));
        Assert.Same(newer, connection.FactsFor("HTTP/1.1"));
        Assert.Same(older, connection.FactsFor("HTTP/1.0"));
    }

    // A dual-stack listener reports IPv4 clients as ::ffff:a.b.c.d.
    [Theory]
    [InlineData("1.2.3.4", "1.2.3.4", "1.2.3.4:5")]
    [InlineData("::ffff:1.2.3.4", "1.2.3.4", "1.2.3.4:5")]
    [InlineData("::1", "::1", "[::1]:5")]
    public void FactsFor_IpAddresses_AreAsApplicationsCompareThem(string address, string host, string client)
    {
        var end = new IPEndPoint(IPAddress.Parse(address), 5);
        RequestFacts facts = New(new OpenConnection { RemoteEndPoint = end, LocalEndPoint = end }).FactsFor("HTTP/1.1");

        Assert.Equal((host, 5, host, 5), (facts.ClientHost, facts.ClientPort, facts.ServerHost, facts.ServerPort));
        Assert.Equal(client, facts.Client);
        Assert.Equal(("http", ""), (facts.Scheme, facts.RootPath));
    }

    [Fact]
    public void FactsFor_UnixSocket_HasAPathAndNoClient()
    {
        RequestFacts facts = New(new OpenConnection { LocalEndPoint = new UnixDomainSocketEndPoint("/run/a.sock") }).FactsFor("HTTP/1.1");

        Assert.Equal(("", 0, "/run/a.sock", 0), (facts.ClientHost, facts.ClientPort, facts.ServerHost, facts.ServerPort));
        Assert.Equal("unix", facts.Client);
    }

    [Fact]
    public async Task Head_OneRequestAfterTheOther_IsThatOfTheRequestThatBegins()
    {
        var context = new OpenConnection();
        ClientConnection connection = New(context);
        await context.ReceiveAsync("GET /1 HTTP/1.1\r\nContent-Length: 6\r\n\r\n");
        Assert.Equal("/1", Encoding.ASCII.GetString(connection.Head!.Target));
        connection.OnHeadRead();
        Assert.True(connection.Head.Method.IsEmpty);
        await context.ReceiveAsync("body..");
        connection.OnRequestEnds();
        await context.ReceiveAsync("GET /2 HTTP/1.1\r\n\r\n");

        Assert.Equal("/2", Encoding.ASCII.GetString(connection.Head.Target));
        Assert.Equal(Failure.None, connection.Fault);
    }

    [Fact]
    public async Task Fault_HeadThatIsNone_IsItsFailure()
    {
        var context = new OpenConnection();
        ClientConnection connection = New(context);
        await Assert.ThrowsAsync<Microsoft.AspNetCore.Http.BadHttpRequestException>(() => context.ReceiveAsync("GET / HTTP/1.1\r\nContent-Length: +3\r\n\r\n"));

        Assert.Equal(Failure.BadLength, connection.Fault);
    }

    [Theory]
    [InlineData(true, "None")]
    [InlineData(false, "BadHead")]
    public async Task Fault_PathAsHost_IsForUnixSockets(bool isUnix, string expected)
    {
        var context = new OpenConnection { LocalEndPoint = isUnix ? new UnixDomainSocketEndPoint("/run/a") : new IPEndPoint(IPAddress.Loopback, 1) };
        ClientConnection connection = New(context);
        Exception? error = await Record.ExceptionAsync(() => context.ReceiveAsync("GET / HTTP/1.1\r\nHost: /run/a\r\n\r\n"));

        Assert.Equal(isUnix, error is null);
        Assert.Equal(expected, connection.Fault.ToString());
    }

    [Fact]
    public void Multiplexed_ManyAtATime_HasNoHead()
    {
        var context = new OpenConnection();
        IDuplexPipe transport = context.Transport;
        ClientConnection connection = New(context, isMultiplexed: true);
        Assert.Same(transport, context.Transport);
        Assert.True(context.ReceiveAsync("PRI * HTTP/2.0\r\n").IsCompletedSuccessfully);

        Assert.Null(connection.Head);
        Assert.Equal(Failure.None, connection.Fault);
        connection.OnHeadRead();
        Assert.True(connection.IsMultiplexed);
        Assert.Equal(0, connection.Loop);
    }

    [Fact]
    public async Task OnPeerFinished_RightBehindTheRequest_TellsWhenTheApplicationHasHadItsTime()
    {
        using var setup = new ExchangeSetup();
        using var request = new FakeRequest();
        RequestContext context = ExchangeSetup.Accept(request);
        Assert.Equal(Failure.None, setup.Begin(context));
        SentRequest sent = await setup.SendAsync();
        Assert.True(setup.Exchange.IsJustRead(long.MaxValue));
        Assert.False(setup.Exchange.IsJustRead(0));
        context.Connection.OnPeerFinished(isLong: true);
        await setup.Worker.FinishedAsync(sent.Id);

        // The way back is open.
        setup.Worker.Respond(sent.Id, body: "answer");
        Assert.Equal(ExchangeResult.Complete, await setup.Exchange.ResultAsync());
        await setup.EndAsync();
    }

    [Fact]
    public async Task OnPeerFinished_WhileTheApplicationWorks_TellsAtOnce()
    {
        using var setup = new ExchangeSetup();
        using var request = new FakeRequest();
        RequestContext context = ExchangeSetup.Accept(request);
        Assert.Equal(Failure.None, setup.Begin(context));
        SentRequest sent = await setup.SendAsync();
        await Eventually.HoldsAsync(
            () =>
            {
                context.Connection.OnPeerFinished(isLong: false);
                return setup.Worker.TakeFrames().Any(frame => frame.Header.Type is MessageType.Finished && frame.Header.Stream == sent.Id);
            },
            "the application is told");
        await setup.EndAsync();
    }

    [Fact]
    public async Task OnPeerFinished_BodyIsNotAllSent_TellsBehindIt()
    {
        using var setup = new ExchangeSetup(new ForwarderOptions { BufferBody = 0 });
        using FakeRequest request = ExchangeSetup.Post(5);
        RequestContext context = ExchangeSetup.Accept(request);
        Assert.Equal(Failure.None, setup.Begin(context));
        SentRequest sent = await setup.SendAsync();
        context.Connection.OnPeerFinished(isLong: true);
        request.Body.Send("hello");
        request.Body.End();
        await setup.Worker.FinishedAsync(sent.Id);

        Assert.Equal("hello"u8.ToArray(), setup.Worker.TakeBody(sent.Id));
        await setup.EndAsync();
    }

    [Fact]
    public async Task OnPeerFinished_NoWorkerHasTheRequest_CountsAsLeaving()
    {
        using var setup = new ExchangeSetup();
        setup.Worker.Handle.Shut();
        using var request = new FakeRequest();
        RequestContext context = ExchangeSetup.Accept(request);
        Assert.Equal(Failure.None, setup.Begin(context));
        setup.Exchange.Send(setup.Fleet.Dispatcher);
        Assert.Equal(1, setup.Fleet.Dispatcher.QueueLength);
        context.Connection.OnPeerFinished(isLong: true);

        Assert.Equal(0, setup.Fleet.Dispatcher.QueueLength);
        Assert.Equal(ExchangeResult.Failed, await setup.Exchange.ResultAsync());
        Assert.Equal(Failure.ClientGone, setup.Exchange.Failure);
        await setup.EndAsync();
    }

    // --cancel-on-disconnect: stopping it is all that tells a thread.
    [Fact]
    public async Task OnPeerFinished_RequestsAreStoppedForThat_CancelsIt()
    {
        using var setup = new ExchangeSetup(features: InterfaceFeatures.InterruptibleThreads);
        using var request = new FakeRequest();
        RequestContext context = ExchangeSetup.Accept(request);
        Assert.Equal(Failure.None, setup.Begin(context));
        SentRequest sent = await setup.SendAsync();
        context.Connection.OnPeerFinished(isLong: true);

        Assert.Equal(CancelReason.ClientLeft, await setup.Worker.CancelledAsync(sent.Id));
        await setup.EndAsync();
    }

    [Fact]
    public void AbortInOrder_UntilTheNextRequest_IsWhatTheTransportDoes()
    {
        var context = new OpenConnection();
        var loop = new LoopFeature();
        context.Features.Set<ILoopFeature>(loop);
        ClientConnection connection = New(context);
        connection.AbortInOrder();
        Assert.True(loop.AbortsInOrder);
        connection.OnRequestBegins();

        Assert.False(loop.AbortsInOrder);
    }

    private sealed class LoopFeature : ILoopFeature
    {
        public EventLoop Loop => throw new NotSupportedException();

        public bool RunInline { get; set; }

        public bool AbortsInOrder { get; set; }

        public HeadCapture? Capture { get; set; }
    }

    // The client may have left between the head and the worker.
    [Fact]
    public async Task Watch_ClientHasLeftBefore_TellsAtOnce()
    {
        using var setup = new ExchangeSetup();
        using var request = new FakeRequest();
        Assert.Equal(Failure.None, setup.Begin(request));
        request.Leave();
        setup.Exchange.Send(setup.Fleet.Dispatcher);

        Assert.Equal(ExchangeResult.Failed, await setup.Exchange.ResultAsync());
        Assert.Equal(Failure.ClientGone, setup.Exchange.Failure);
        Assert.Empty(setup.Worker.TakeRequests());
        await setup.EndAsync();
    }

    [Fact]
    public async Task OnRequestEnds_ClientLeavesLater_IsNoMatterOfTheRequest()
    {
        using var setup = new ExchangeSetup();
        using var request = new FakeRequest();
        RequestContext context = ExchangeSetup.Accept(request);
        Assert.Equal(Failure.None, setup.Begin(context));
        SentRequest sent = await setup.SendAsync();
        context.Connection.OnRequestEnds();
        request.Leave();
        setup.Worker.Respond(sent.Id);

        Assert.Equal(ExchangeResult.Complete, await setup.Exchange.ResultAsync());
        await setup.EndAsync();
    }

    [Fact]
    public void AbortIfIdle_WithAndWithoutARequest_AbortsOnlyWithout()
    {
        using var setup = new ExchangeSetup();
        var context = new OpenConnection();
        ClientConnection connection = New(context);
        connection.OnRequestBegins();
        connection.Watch(setup.Exchange);
        connection.AbortIfIdle();
        Assert.Equal(0, context.Aborts);
        connection.OnRequestEnds();
        connection.AbortIfIdle();
        Assert.Equal(1, context.Aborts);
    }

    [Fact]
    public void AbortIfIdle_WhileABodyIsReadAhead_AbortsOnlyAfterIt()
    {
        var context = new OpenConnection();
        ClientConnection connection = New(context);
        connection.OnRequestBegins();
        connection.OnReadAhead();
        connection.AbortIfIdle();
        Assert.Equal(0, context.Aborts);
        connection.OnRequestEnds();
        connection.AbortIfIdle();
        Assert.Equal(1, context.Aborts);
    }

    [Fact]
    public void AbortIfIdle_ManyAtATime_WaitsForTheLast()
    {
        var context = new OpenConnection();
        ClientConnection connection = New(context, isMultiplexed: true);
        connection.OnRequestBegins();
        connection.OnRequestBegins();
        connection.OnRequestEnds();
        connection.AbortIfIdle();
        Assert.Equal(0, context.Aborts);
        connection.OnRequestEnds();
        connection.AbortIfIdle();
        Assert.Equal(1, context.Aborts);
    }

    private static ClientConnection New(ConnectionContext context, bool isMultiplexed = false)
        => new(context, isMultiplexed, _ => Task.CompletedTask);

    private sealed class Closing : IConnectionLifetimeNotificationFeature
    {
        public int Count { get; private set; }

        public CancellationToken ConnectionClosedRequested { get; set; }

        public void RequestClose() => Count++;
    }
}
