using System.IO.Pipelines;
using Hydra.Dispatch;
using Hydra.Http;
using Hydra.Protocol;
using Hydra.Tests.Functional.Harness;
using Hydra.Tests.Http.Fakes;
using Hydra.Workers.Links;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>A request's body on its way to the worker.</summary>
public sealed class RequestUploadTests
{
    private static readonly ForwarderOptions Streams = new() { BufferBody = 0, RequestWindow = 100 };

    [Fact]
    public async Task Upload_MoreThanItsCredit_GoesOnAsItIsGranted()
    {
        using var setup = new ExchangeSetup(Streams);
        using FakeRequest request = ExchangeSetup.Post(300);
        byte[] bytes = ExchangeSetup.Bytes(300);
        SentRequest sent = await BeginAsync(setup, request);
        Assert.False(sent.IsWhole);
        var got = new List<byte>();
        request.Body.Send(bytes);
        request.Body.End();
        await TakeAtLeastAsync(setup, sent.Id, got, 100);
        Assert.Equal(100, got.Count);
        setup.Worker.Grant(sent.Id, 50);
        await TakeAtLeastAsync(setup, sent.Id, got, 150);
        Assert.Equal(150, got.Count);
        setup.Worker.Grant(sent.Id, 1000);
        got.AddRange(await setup.Worker.BodyToEndAsync(sent.Id));

        Assert.Equal(bytes, got);
        Assert.Equal(300, setup.Exchange.Body.Streamed);
        await setup.EndAsync();
    }

    [Fact]
    public async Task Upload_BodyThatWasHeld_IsBoundedByCreditAsWell()
    {
        using var setup = new ExchangeSetup(new ForwarderOptions { RequestWindow = 100 });
        using FakeRequest request = ExchangeSetup.Post();
        byte[] bytes = ExchangeSetup.Bytes(ProtocolLimits.MaxBody + 300);
        SentRequest sent = await ReadAheadAsync(setup, request, bytes);
        var got = new List<byte>(sent.Body);
        await TakeAtLeastAsync(setup, sent.Id, got, sent.Body.Length + 100);
        Assert.Equal(sent.Body.Length + 100, got.Count);
        setup.Worker.Grant(sent.Id, 200);
        got.AddRange(await setup.Worker.BodyToEndAsync(sent.Id));

        Assert.Equal(bytes, got);
        await setup.EndAsync();
    }

    [Fact]
    public async Task Stop_CreditIsUsedUp_SendsNoMore()
    {
        using var setup = new ExchangeSetup(Streams);
        using FakeRequest request = ExchangeSetup.Post(300);
        SentRequest sent = await BeginAsync(setup, request);
        request.Body.Send(new byte[300]);
        await TakeAtLeastAsync(setup, sent.Id, [], 100);
        Assert.True(setup.Exchange.SendsBody);
        await setup.Exchange.StopBodyAsync();
        Assert.False(setup.Exchange.SendsBody);
        await setup.Exchange.StopBodyAsync();
        setup.Worker.Grant(sent.Id, 1000);

        Assert.Empty(setup.Worker.TakeBody(sent.Id));
        Assert.Equal(100, setup.Exchange.Body.Streamed);
        setup.Exchange.Release();
    }

    [Fact]
    public async Task Stop_ClientSendsNothing_LeavesItsBodyToOthers()
    {
        using var setup = new ExchangeSetup(Streams);
        using FakeRequest request = ExchangeSetup.Post(5);
        SentRequest sent = await BeginAsync(setup, request);
        await Eventually.HoldsAsync(() => request.Body.Reads > 1, "the sender reads");
        setup.Worker.Respond(sent.Id, 413);
        Assert.Equal(ExchangeResult.Complete, await setup.Exchange.ResultAsync());
        await setup.Exchange.StopBodyAsync();
        request.Body.Send("hello");
        request.Body.End();

        Assert.True(request.Body.TryRead(out ReadResult read));
        Assert.Equal(5, read.Buffer.Length);
        setup.Exchange.Release();
    }

    [Theory]
    [InlineData(400, "BadBody")]
    [InlineData(408, "BodyTooSlow")]
    [InlineData(0, "ClientGone")]
    public async Task Upload_BodyBreaks_EndsTheRequest(int status, string expected)
    {
        using var setup = new ExchangeSetup(Streams);
        using FakeRequest request = ExchangeSetup.Post();
        SentRequest sent = await BeginAsync(setup, request);
        request.Body.Break(status == 0 ? new ConnectionResetException("") : new BadHttpRequestException("broken", status));

        Assert.Equal(ExchangeResult.Failed, await setup.Exchange.ResultAsync());
        Assert.Equal(expected, setup.Exchange.Failure.ToString());
        Assert.Equal(CancelReason.ClientLeft, await setup.Worker.CancelledAsync(sent.Id));
        await setup.EndAsync();
    }

    [Fact]
    public async Task Upload_ClientSendsNoMore_EndsTheRequest()
    {
        using var setup = new ExchangeSetup(Streams with { BodyTimeout = TimeSpan.FromMilliseconds(20) });
        using FakeRequest request = ExchangeSetup.Post(10);
        SentRequest sent = await BeginAsync(setup, request);
        request.Body.Send("five.");

        Assert.Equal(ExchangeResult.Failed, await setup.Exchange.ResultAsync());
        Assert.Equal(Failure.BodyTooSlow, setup.Exchange.Failure);
        Assert.Equal(CancelReason.ClientLeft, await setup.Worker.CancelledAsync(sent.Id));
        await setup.EndAsync();
    }

    // What rode in the frame and what was sent count as well.
    [Fact]
    public async Task Upload_MoreComesThanTheLimit_EndsTheRequest()
    {
        using var setup = new ExchangeSetup(new ForwarderOptions { BufferBody = 0, LimitBody = 10 });
        using FakeRequest request = ExchangeSetup.Post();
        request.Body.Send("four");
        SentRequest sent = await BeginAsync(setup, request);
        Assert.Equal("four"u8.ToArray(), sent.Body);
        request.Body.Send("fours!");
        await TakeAtLeastAsync(setup, sent.Id, [], 6);
        request.Body.Send("x");

        Assert.Equal(ExchangeResult.Failed, await setup.Exchange.ResultAsync());
        Assert.Equal(Failure.BodyTooLarge, setup.Exchange.Failure);
        Assert.Empty(setup.Worker.TakeBody(sent.Id));
        await setup.EndAsync();
    }

    [Fact]
    public async Task OnWindow_MoreThanCanBe_BreaksTheProtocol()
    {
        using var setup = new ExchangeSetup(Streams);
        using FakeRequest request = ExchangeSetup.Post(300);
        SentRequest sent = await BeginAsync(setup, request);
        setup.Worker.Grant(sent.Id, int.MaxValue);

        Assert.NotNull(setup.Worker.Violation);
        Assert.Equal(ExchangeResult.Failed, await setup.Exchange.ResultAsync());
        Assert.Equal(Failure.WorkerLost, setup.Exchange.Failure);
        await setup.EndAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SendAgain_AfterADeath_SendsAllOfWhatIsHeld(bool wasSent)
    {
        using var setup = new ExchangeSetup(new ForwarderOptions { RequestWindow = wasSent ? 1000 : 100 });
        using FakeRequest request = ExchangeSetup.Post();
        byte[] bytes = ExchangeSetup.Bytes(ProtocolLimits.MaxBody + 300);
        SentRequest first = await ReadAheadAsync(setup, request, bytes);
        await TakeAtLeastAsync(setup, first.Id, [], wasSent ? 300 : 100);
        setup.Fleet.Crash(setup.Worker);
        Assert.Equal(ExchangeResult.Failed, await setup.Exchange.ResultAsync());
        Assert.Equal(Failure.WorkerLost, setup.Exchange.Failure);
        Assert.True(setup.Exchange.IsReplayable);
        FakeUpstream other = setup.Fleet.Add(new FakeUpstream(index: 1));
        await setup.Exchange.SendAgainAsync(setup.Fleet.Dispatcher);
        SentRequest second = await other.NextRequestAsync();
        other.Grant(second.Id, 1000);

        byte[] got = [.. second.Body, .. await other.BodyToEndAsync(second.Id)];
        Assert.Equal(bytes, got);
        Assert.Equal(1, setup.Exchange.WorkerIndex);
        other.Respond(second.Id, 201);
        Assert.Equal(ExchangeResult.Complete, await setup.Exchange.ResultAsync());
        await setup.EndAsync();
        Assert.Equal(0, setup.Bodies.RequestMemory.Used);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task KeepNoBody_BeforeOrAfterItWasSent_GivesBackWhatIsBesideTheFrame(bool isSentFirst)
    {
        using var setup = new ExchangeSetup(new ForwarderOptions { RequestWindow = 100 });
        using FakeRequest request = ExchangeSetup.Post();
        SentRequest sent = await ReadAheadAsync(setup, request, new byte[ProtocolLimits.MaxBody + 300]);
        await TakeAtLeastAsync(setup, sent.Id, [], 100);
        if (!isSentFirst)
        {
            setup.Exchange.KeepNoBody();
        }

        Assert.Equal(ProtocolLimits.MaxBody + 300, setup.Bodies.RequestMemory.Used);
        setup.Worker.Grant(sent.Id, 1000);
        Assert.Equal(200, (await setup.Worker.BodyToEndAsync(sent.Id)).Length);
        if (isSentFirst)
        {
            setup.Exchange.KeepNoBody();
        }

        await Eventually.HoldsAsync(() => setup.Bodies.RequestMemory.Used == ProtocolLimits.MaxBody, "only the frame is held");
        await setup.EndAsync();
        Assert.Equal(0, setup.Bodies.RequestMemory.Used);
    }

    // Time in which the worker waits for the client is not the worker's.
    [Fact]
    public async Task OnDeadline_WorkerWaitsForTheClient_IsNotTheWorkersFault()
    {
        using var setup = new ExchangeSetup(Streams);
        using FakeRequest request = ExchangeSetup.Post(300);
        SentRequest sent = await BeginAsync(setup, request);
        Assert.Equal(DeadlineVerdict.AwaitsClient, setup.Exchange.OnDeadline(sent.Id));
        request.Body.Send(new byte[300]);
        await TakeAtLeastAsync(setup, sent.Id, [], 100);
        Assert.Equal(DeadlineVerdict.TimedOut, setup.Exchange.OnDeadline(sent.Id));
        await setup.EndAsync();
    }

    private static async Task<SentRequest> BeginAsync(ExchangeSetup setup, FakeRequest request)
    {
        Assert.Equal(Failure.None, setup.Begin(request));
        Assert.False(setup.Exchange.Body.WantsReadAhead);
        return await setup.SendAsync();
    }

    private static async Task<SentRequest> ReadAheadAsync(ExchangeSetup setup, FakeRequest request, byte[] bytes)
    {
        Assert.Equal(Failure.None, setup.Begin(request));
        request.Body.Send(bytes);
        request.Body.End();
        Assert.Equal(Failure.None, await setup.Exchange.ReadAheadAsync());
        return await setup.SendAsync();
    }

    private static Task TakeAtLeastAsync(ExchangeSetup setup, ulong id, List<byte> got, int count)
        => Eventually.HoldsAsync(
            () =>
            {
                got.AddRange(setup.Worker.TakeBody(id));
                return got.Count >= count;
            },
            $"{count} bytes of the body",
            () => $"{got.Count}");
}
