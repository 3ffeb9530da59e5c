using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Hydra.Dispatch;
using Hydra.Http;
using Hydra.Protocol;
using Hydra.Tests.Http.Fakes;
using Hydra.Workers.Links;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class HttpExchangeTests
{
    [Fact]
    public async Task OnResponse_Whole_IsWrittenWhereItComes()
    {
        using var setup = new ExchangeSetup();
        using var request = new FakeRequest("PUT", "/a%20b?c");
        SentRequest sent = await BeginAsync(setup, request);
        Assert.Equal(("PUT", "/a%20b"), (setup.Exchange.Method, setup.Exchange.Path));
        setup.Worker.Respond(sent.Id, 201, "hello", ("x-a", "1"));

        Assert.Equal(ExchangeResult.Complete, await setup.Exchange.ResultAsync());
        await request.Response.CompleteAsync();
        Assert.Equal((201, "1", 5), (request.Response.StatusCode, request.Response.Headers["X-A"], request.Response.Headers.ContentLength));
        Assert.Equal("hello", request.Response.TakeText());
        await setup.EndAsync();
        Assert.Equal(5, setup.Exchange.BytesReceived);
    }

    [Fact]
    public async Task Exchange_OneRequestAfterTheOther_KeepsNothing()
    {
        using var setup = new ExchangeSetup();
        using var first = new FakeRequest("GET", "/first");
        SentRequest sent = await BeginAsync(setup, first);
        setup.Worker.Reset(sent.Id, ResetReason.ApplicationError, "a mistake");
        Assert.Equal(ExchangeResult.Failed, await setup.Exchange.ResultAsync());
        Assert.Equal((Failure.ApplicationError, "a mistake"), (setup.Exchange.Failure, setup.Exchange.Detail));
        Assert.Equal(0, setup.Exchange.WorkerIndex);
        await setup.EndAsync();
        Assert.False(setup.Exchange.IsSubmitted);
        using var second = new FakeRequest("HEAD", "/second");
        Assert.Equal(Failure.None, setup.Begin(second));
        Assert.Equal((Failure.None, (string?)null, -1), (setup.Exchange.Failure, setup.Exchange.Detail, setup.Exchange.WorkerIndex));
        SentRequest next = await setup.SendAsync();
        setup.Worker.Respond(next.Id, 204);

        Assert.Equal(("HEAD", "/second"), (next.Method, next.Path));
        Assert.Equal(ExchangeResult.Complete, await setup.Exchange.ResultAsync());
        Assert.Equal((200, 204), (first.Response.StatusCode, second.Response.StatusCode));
        await setup.EndAsync();
        Assert.Equal(0, setup.Exchange.BytesReceived);
    }

    [Fact]
    public async Task Frames_OfAStreamThatIsOver_DoNotTouchTheNextRequest()
    {
        using var setup = new ExchangeSetup();
        using var first = new FakeRequest();
        ulong old = (await BeginAsync(setup, first)).Id;
        setup.Worker.Respond(old);
        Assert.Equal(ExchangeResult.Complete, await setup.Exchange.ResultAsync());
        await setup.EndAsync();
        using var second = new FakeRequest();
        SentRequest sent = await BeginAsync(setup, second);
        Assert.NotEqual(old, sent.Id);
        Assert.True(setup.Exchange.OnResponse(old, new ResponseMessage { Status = 500 }, end: true));
        Assert.True(setup.Exchange.OnBody(old, "late"u8, end: true));
        Assert.True(setup.Exchange.OnWindow(old, uint.MaxValue));
        setup.Exchange.OnReset(old, ResetReason.ApplicationError, "late");
        setup.Exchange.OnLost(old, StreamLoss.LinkLost);
        Assert.Equal(DeadlineVerdict.Over, setup.Exchange.OnDeadline(old));
        Assert.False(setup.Exchange.IsEnded);
        setup.Worker.Respond(sent.Id, 202);

        Assert.Equal(ExchangeResult.Complete, await setup.Exchange.ResultAsync());
        Assert.Equal(202, second.Response.StatusCode);
        await setup.EndAsync();
    }

    [Fact]
    public async Task OnBody_ResponseThatStreams_IsReadAsItComes()
    {
        using var setup = new ExchangeSetup();
        using var request = new FakeRequest();
        SentRequest sent = await BeginAsync(setup, request);
        setup.Worker.BeginResponse(sent.Id, 200, "one ");
        Assert.Equal(ExchangeResult.Streaming, await setup.Exchange.ResultAsync());
        Assert.Equal("one ", Take(setup));
        setup.Worker.SendBody(sent.Id, "two "u8);
        Assert.Equal("two ", Take(setup));
        Assert.False(setup.Exchange.IsEnded);
        setup.Worker.SendBody(sent.Id, "three"u8, end: true);

        Assert.Equal("three", Take(setup));
        Assert.True(setup.Exchange.IsEnded);
        Assert.Equal(13, setup.Exchange.BytesReceived);
        await setup.EndAsync();
        Assert.Equal(13, setup.Exchange.BytesReceived);
        Assert.Empty(setup.Worker.TakeFrames());
    }

    [Fact]
    public async Task OnBody_LongerThanItsContentLength_CutsItOffAndStopsTheWorker()
    {
        using var setup = new ExchangeSetup();
        using var request = new FakeRequest();
        SentRequest sent = await BeginAsync(setup, request);
        setup.Worker.BeginResponse(sent.Id, 200, "one", ("content-length", "5"));
        Assert.Equal(ExchangeResult.Streaming, await setup.Exchange.ResultAsync());
        Assert.Equal("one", Take(setup));
        setup.Worker.SendBody(sent.Id, "two"u8);

        ResponseFailedException e = Assert.Throws<ResponseFailedException>(() => Take(setup));
        Assert.Equal(Failure.BadResponse, e.Failure);
        Assert.Equal((Failure.BadResponse, e.Message), (setup.Exchange.Failure, setup.Exchange.Detail));
        Assert.Equal(CancelReason.FrontError, await setup.Worker.CancelledAsync(sent.Id));
        await setup.EndAsync();
    }

    // RFC 9112, section 9.3; a response that streams may go on beside the body.
    [Theory]
    [InlineData(true, true, 0)]
    [InlineData(true, false, 1)]
    [InlineData(false, false, 0)]
    public async Task OnResponse_BeforeTheBodysEnd_EndsTheConnection(bool isWhole, bool isRead, int expected)
    {
        using var setup = new ExchangeSetup(new ForwarderOptions { BufferBody = 0 });
        using FakeRequest request = ExchangeSetup.Post(5);
        Assert.Equal(Failure.None, setup.Begin(request));
        SentRequest sent = await setup.SendAsync();
        if (isRead)
        {
            request.Body.Send("hello");
            request.Body.End();
            Assert.Equal("hello"u8.ToArray(), await setup.Worker.BodyToEndAsync(sent.Id));
        }

        if (isWhole)
        {
            setup.Worker.Respond(sent.Id, 401, "no");
        }
        else
        {
            setup.Worker.BeginResponse(sent.Id, 200, "yes");
        }

        await setup.Exchange.ResultAsync();
        Assert.Equal(expected, request.Response.Headers.Connection.Count);
        await setup.EndAsync();
    }

    [Fact]
    public async Task OnResponse_BreaksARule_FailsAndLeavesNoHeaders()
    {
        using var setup = new ExchangeSetup();
        using var request = new FakeRequest();
        SentRequest sent = await BeginAsync(setup, request);
        setup.Worker.BeginResponse(sent.Id, 200, "longer", ("content-length", "5"), ("x-a", "1"));

        Assert.Equal(ExchangeResult.Failed, await setup.Exchange.ResultAsync());
        Assert.Equal(Failure.BadResponse, setup.Exchange.Failure);
        Assert.Empty(request.Response.Headers);
        Assert.Equal(CancelReason.FrontError, await setup.Worker.CancelledAsync(sent.Id));
        await setup.EndAsync();
    }

    [Fact]
    public async Task OnBody_MoreThanItsCredit_BreaksTheProtocol()
    {
        using var setup = new ExchangeSetup(new ForwarderOptions { ResponseWindow = 100, BufferResponse = 100 });
        using var request = new FakeRequest();
        SentRequest sent = await BeginAsync(setup, request);
        setup.Worker.BeginResponse(sent.Id);
        setup.Worker.SendBody(sent.Id, new byte[101]);

        Assert.NotNull(setup.Worker.Violation);
        ResponseFailedException e = Assert.Throws<ResponseFailedException>(() => Take(setup));
        Assert.Equal(Failure.WorkerLost, e.Failure);
        await setup.EndAsync();
    }

    [Fact]
    public async Task GrantResponse_ByQuarters_SendsAWindow()
    {
        using var setup = new ExchangeSetup(new ForwarderOptions { ResponseWindow = 400, BufferResponse = 400 });
        using var request = new FakeRequest();
        SentRequest sent = await BeginAsync(setup, request);
        setup.Worker.BeginResponse(sent.Id);
        setup.Worker.SendBody(sent.Id, new byte[250]);
        setup.Exchange.GrantResponse(99);
        Assert.Equal(0, setup.Worker.TakeCredit(sent.Id));
        setup.Exchange.GrantResponse(1);
        Assert.Equal(100, setup.Worker.TakeCredit(sent.Id));
        setup.Exchange.GrantResponse(150);
        Assert.Equal(150, setup.Worker.TakeCredit(sent.Id));
        setup.Worker.SendBody(sent.Id, new byte[400], end: true);
        setup.Exchange.GrantResponse(400);

        Assert.Equal(0, setup.Worker.TakeCredit(sent.Id));
        Assert.Null(setup.Worker.Violation);
        await setup.EndAsync();
        Assert.Equal(650, setup.Exchange.BytesReceived);
    }

    [Fact]
    public async Task OnBody_WorkerThatIsFast_IsGrantedMoreThanTheClientHasTaken()
    {
        using var setup = new ExchangeSetup(new ForwarderOptions { ResponseWindow = 100, BufferResponse = 400 });
        using var request = new FakeRequest();
        SentRequest sent = await BeginAsync(setup, request);
        setup.Worker.BeginResponse(sent.Id);
        setup.Worker.SendBody(sent.Id, new byte[80]);

        Assert.Equal(300, setup.Worker.TakeCredit(sent.Id));
        Assert.Equal(300, setup.Bodies.ResponseMemory.Used);
        await setup.EndAsync();
        Assert.Equal(0, setup.Bodies.ResponseMemory.Used);
        Assert.Equal(CancelReason.FrontError, await setup.Worker.CancelledAsync(sent.Id));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task OnClientGone_WorkerHasIt_IsCancelled(bool isMultiplexed)
    {
        using var setup = new ExchangeSetup();
        using var request = new FakeRequest();
        Assert.Equal(Failure.None, setup.Begin(ExchangeSetup.Accept(request, isMultiplexed)));
        SentRequest sent = await setup.SendAsync();
        request.Leave();

        Assert.Equal(ExchangeResult.Failed, await setup.Exchange.ResultAsync());
        Assert.Equal(Failure.ClientGone, setup.Exchange.Failure);
        Assert.Equal(CancelReason.ClientLeft, await setup.Worker.CancelledAsync(sent.Id));
        await setup.EndAsync();
    }

    [Fact]
    public async Task OnClientGone_ResponseStreams_EndsIt()
    {
        using var setup = new ExchangeSetup();
        using var request = new FakeRequest();
        SentRequest sent = await BeginAsync(setup, request);
        setup.Worker.BeginResponse(sent.Id);
        setup.Exchange.OnClientGone();
        setup.Worker.SendBody(sent.Id, "late"u8, end: true);

        Assert.Equal(Failure.ClientGone, Assert.Throws<ResponseFailedException>(() => Take(setup)).Failure);
        Assert.Null(setup.Worker.Violation);
        await setup.EndAsync();
    }

    [Fact]
    public async Task OnResponse_WholeAndGated_WaitsForTheGate()
    {
        using var setup = new ExchangeSetup();
        using var request = new FakeRequest();
        RequestContext context = ExchangeSetup.Accept(request);
        context.AddGate(new OpenGate());
        Assert.Equal(Failure.None, setup.Begin(context));
        SentRequest sent = await setup.SendAsync();
        setup.Worker.Respond(sent.Id, 200, "hello");

        Assert.Equal(ExchangeResult.Streaming, await setup.Exchange.ResultAsync());
        Assert.True(setup.Exchange.IsEnded);
        Assert.Equal(0, request.Response.Written);
        Assert.Equal(5, setup.Exchange.Response.Length);
        Assert.Equal("hello", Take(setup));
        await setup.EndAsync();
    }

    [Fact]
    public async Task OnResponse_ServerStops_EndsTheConnection()
    {
        using var setup = new ExchangeSetup();
        using var request = new FakeRequest();
        SentRequest sent = await BeginAsync(setup, request);
        setup.Forwarder.EndConnections(true);
        setup.Worker.Respond(sent.Id);
        Assert.Equal(ExchangeResult.Complete, await setup.Exchange.ResultAsync());

        Assert.Equal("close", request.Response.Headers.Connection);
        Assert.Equal(1, setup.Forwarder.ConnectionsEnded);
        await setup.EndAsync();
    }

    private static async Task<SentRequest> BeginAsync(ExchangeSetup setup, FakeRequest request)
    {
        Assert.Equal(Failure.None, setup.Begin(request));
        return await setup.SendAsync();
    }

    private static string Take(ExchangeSetup setup)
    {
        PipeReader reader = setup.Exchange.Response.CheckedReader;
        if (!reader.TryRead(out ReadResult read))
        {
            return "";
        }

        string text = Encoding.ASCII.GetString(read.Buffer.ToArray());
        reader.AdvanceTo(read.Buffer.End);
        return text;
    }

    private sealed class OpenGate : ResponseGate
    {
        public override ValueTask<bool> PassAsync(RequestContext context, GatedBody body) => ValueTask.FromResult(false);
    }
}
