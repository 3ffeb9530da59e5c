using Hydra.Dispatch;
using Hydra.Http;
using Hydra.Primitives;
using Hydra.Protocol;
using Hydra.Tests.Functional.Harness;
using Hydra.Tests.Http.Fakes;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>A request's body until its worker is found.</summary>
public sealed class RequestBodyTests
{
    [Theory]
    [InlineData(5L)]
    [InlineData(null)]
    public async Task Begin_BodyCameWithTheHead_RidesInTheFrame(long? length)
    {
        using var setup = new ExchangeSetup();
        using FakeRequest request = ExchangeSetup.Post(length);
        request.Body.Send("hello");
        request.Body.End();
        Assert.Equal(Failure.None, setup.Begin(request));
        RequestBody body = setup.Exchange.Body;
        Assert.Equal((true, true, false), (body.IsWhole, body.IsReplayable, body.WantsReadAhead));
        SentRequest sent = await setup.SendAsync();

        Assert.True(sent.IsWhole);
        Assert.Equal("hello"u8.ToArray(), sent.Body);
        Assert.False(setup.Exchange.SendsBody);
        await setup.EndAsync();
    }

    [Fact]
    public async Task Begin_NoBody_ReadsNothing()
    {
        using var setup = new ExchangeSetup();
        using var request = new FakeRequest();
        Assert.Equal(Failure.None, setup.Begin(request));
        SentRequest sent = await setup.SendAsync();

        Assert.True(sent.IsWhole);
        Assert.Empty(sent.Body);
        Assert.Equal(0, request.Body.Reads);
        await setup.EndAsync();
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(ProtocolLimits.MaxBody)]
    [InlineData(ProtocolLimits.MaxBody + 1)]
    [InlineData(200_000)]
    public async Task ReadAhead_SmallEnough_IsCompleteBeforeAWorkerGetsIt(int length)
    {
        using var setup = new ExchangeSetup(new ForwarderOptions { BufferBody = 200_000 });
        using FakeRequest request = ExchangeSetup.Post();
        byte[] bytes = ExchangeSetup.Bytes(length);
        Assert.Equal(Failure.None, setup.Begin(request));
        RequestBody body = setup.Exchange.Body;
        Assert.True(body.WantsReadAhead);
        Task<Failure> reading = setup.Exchange.ReadAheadAsync().AsTask();
        Assert.False(reading.IsCompleted);
        request.Body.Send(bytes.AsSpan(0, 700));
        request.Body.Send(bytes.AsSpan(700));
        await Eventually.HoldsAsync(() => setup.Bodies.RequestMemory.Used == length, "what has come is held");
        request.Body.End();
        Assert.Equal(Failure.None, await reading);

        int held = Math.Max(0, length - ProtocolLimits.MaxBody);
        Assert.Equal((true, held == 0), (body.IsReplayable, body.IsWhole));
        Assert.Equal(held, body.Held?.Length ?? 0);
        Assert.Equal(length, setup.Bodies.RequestMemory.Used);
        Assert.Equal(setup.Exchange.RequestFrame.Length + held, setup.Exchange.HeldBytes);
        Assert.Equal(bytes, await SendToEndAsync(setup));
        await setup.EndAsync();
        Assert.Equal(0, setup.Bodies.RequestMemory.Used);
    }

    [Theory]
    [InlineData(1000, 64 << 20, 5000)]
    [InlineData(70_000, 64 << 20, 100_000)]
    [InlineData(200_000, 1000, 5000)]
    [InlineData(200_000, 70_000, 100_000)]
    public async Task ReadAhead_MoreThanMayBeHeld_StreamsTheRest(int bufferBody, int memory, int length)
    {
        using var setup = new ExchangeSetup(new ForwarderOptions { BufferBody = bufferBody, BufferMemory = memory });
        using FakeRequest request = ExchangeSetup.Post();
        byte[] bytes = ExchangeSetup.Bytes(length);
        Assert.Equal(Failure.None, setup.Begin(request));
        request.Body.Send(bytes);
        Assert.Equal(Failure.None, await setup.Exchange.ReadAheadAsync());
        RequestBody body = setup.Exchange.Body;
        Assert.Equal((false, false, false), (body.IsRead, body.IsWhole, body.IsReplayable));
        Assert.InRange(setup.Bodies.RequestMemory.Used, 0, memory);
        request.Body.End();

        Assert.Equal(bytes, await SendToEndAsync(setup));
        await setup.EndAsync();
        Assert.Equal(0, setup.Bodies.RequestMemory.Used);
    }

    [Fact]
    public async Task ReadAhead_WithADisk_HoldsWhatIsTooLargeForMemory()
    {
        using var directory = new TestDirectory();
        var spool = new Spool([directory.Path], 10_000_000, TimeProvider.System, NullLogger.Instance);
        using var setup = new ExchangeSetup(new ForwarderOptions { BufferBody = 1000 }, spool);
        using FakeRequest request = ExchangeSetup.Post();
        byte[] bytes = ExchangeSetup.Bytes(500_000);
        Assert.Equal(Failure.None, setup.Begin(request));
        Task<Failure> reading = setup.Exchange.ReadAheadAsync().AsTask();
        request.Body.Send(bytes.AsSpan(0, 400_000));
        await Eventually.HoldsAsync(() => spool.Used > 0, "something on the disk");
        request.Body.Send(bytes.AsSpan(400_000));
        request.Body.End();
        Assert.Equal(Failure.None, await reading);

        Assert.True(setup.Exchange.Body.Held!.IsSpooled);
        Assert.True(setup.Exchange.IsReplayable);
        Assert.Equal(bytes, await SendToEndAsync(setup));
        await setup.EndAsync();
        Assert.Equal(0, setup.Bodies.RequestMemory.Used);
        await Eventually.HoldsAsync(() => spool.Used == 0, "the file is gone");
    }

    // RFC 9112, section 7.1.3: whoever decodes the chunks names the length in place of the coding.
    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(70_000)]
    public async Task ReadAhead_ChunkedAndComplete_HasALengthInPlaceOfTheCoding(int length)
    {
        using var setup = new ExchangeSetup();
        using FakeRequest request = ExchangeSetup.Post(null, ("X-Last", "1"));
        byte[] bytes = ExchangeSetup.Bytes(length);
        Assert.Equal(Failure.None, setup.Begin(request));
        Assert.True(setup.Exchange.Body.WantsReadAhead);
        request.Body.Send(bytes);
        request.Body.End();
        Assert.Equal(Failure.None, await setup.Exchange.ReadAheadAsync());
        SentRequest sent = await setup.SendAsync();
        setup.Worker.Grant(sent.Id, 1_000_000);

        Assert.Equal([("content-length", $"{length}"), ("x-last", "1")], sent.Headers);
        byte[] behind = sent.IsWhole ? [] : await setup.Worker.BodyToEndAsync(sent.Id);
        Assert.Equal(bytes, (byte[])[.. sent.Body, .. behind]);
        await setup.EndAsync();
    }

    [Theory]
    [InlineData(64 << 20)]
    [InlineData(1000)]
    public async Task ReadAhead_InterfaceWantsWholeBodies_HoldsAChunkedOneUntilItsLengthIsKnown(int memory)
    {
        using var directory = new TestDirectory();
        var spool = new Spool([directory.Path], 10_000_000, TimeProvider.System, NullLogger.Instance);
        using var setup = new ExchangeSetup(
            new ForwarderOptions { BufferBody = 1000, BufferMemory = memory }, null, InterfaceFeatures.WholeBodies, spool);
        using FakeRequest request = ExchangeSetup.Post();
        byte[] bytes = ExchangeSetup.Bytes(500_000);
        Assert.Equal(Failure.None, setup.Begin(request));
        Task<Failure> reading = setup.Exchange.ReadAheadAsync().AsTask();
        request.Body.Send(bytes.AsSpan(0, 400_000));
        await Eventually.HoldsAsync(() => spool.Used > 0, "something on the disk");
        request.Body.Send(bytes.AsSpan(400_000));
        request.Body.End();
        Assert.Equal(Failure.None, await reading);
        SentRequest sent = await setup.SendAsync();
        setup.Worker.Grant(sent.Id, 1_000_000);

        Assert.Equal([("content-length", "500000")], sent.Headers);
        byte[] behind = await setup.Worker.BodyToEndAsync(sent.Id);
        Assert.Equal(bytes, (byte[])[.. sent.Body, .. behind]);
        await setup.EndAsync();
        Assert.Equal(0, setup.Bodies.RequestMemory.Used);
        await Eventually.HoldsAsync(() => spool.Used == 0, "the file is gone");
    }

    // RFC 9110, section 15.5.12.
    [Fact]
    public async Task ReadAhead_LengthIsNeededAndNothingHoldsTheBody_IsRefused()
    {
        using var setup = new ExchangeSetup(new ForwarderOptions { BufferBody = 1000 }, null, InterfaceFeatures.WholeBodies);
        using FakeRequest request = ExchangeSetup.Post();
        Assert.Equal(Failure.None, setup.Begin(request));
        request.Body.Send(ExchangeSetup.Bytes(5000));

        Assert.Equal(Failure.LengthRequired, await setup.Exchange.ReadAheadAsync());
        await setup.EndAsync();
        Assert.Equal(0, setup.Bodies.RequestMemory.Used);
    }

    [Fact]
    public async Task Begin_NothingIsToBeReadAhead_StreamsChunksToAnyInterface()
    {
        using var setup = new ExchangeSetup(new ForwarderOptions { BufferBody = 0 }, null, InterfaceFeatures.WholeBodies);
        using FakeRequest request = ExchangeSetup.Post();
        Assert.Equal(Failure.None, setup.Begin(request));
        Assert.False(setup.Exchange.Body.WantsReadAhead);
        SentRequest sent = await setup.SendAsync();

        Assert.Equal([("transfer-encoding", "chunked")], sent.Headers);
        await setup.EndAsync();
    }

    [Fact]
    public void Begin_MemoryForAllIsUsedUp_IsRefusedUnread()
    {
        var memory = new MemoryBudget(100_000);
        using var setup = new ExchangeSetup(new ForwarderOptions { Memory = memory });
        using FakeRequest request = ExchangeSetup.Post(10);
        request.Body.Send(new byte[10]);
        memory.Take(100_000);
        Assert.Equal(Failure.MemoryShort, setup.Begin(request));
        Assert.Equal(0, request.Body.Reads);
        setup.Exchange.Release();
        Assert.Equal(100_000, memory.Used);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    [InlineData(30_000)]
    [InlineData(100_000)]
    public async Task Body_ThatIsNotComplete_IsCountedWithAllThatItTakesUntilTheRequestIsOver(int arrived)
    {
        var memory = new MemoryBudget(10_000_000);
        using var setup = new ExchangeSetup(new ForwarderOptions { Memory = memory });
        using FakeRequest request = ExchangeSetup.Post(200_000);
        if (arrived > 0)
        {
            request.Body.Send(new byte[arrived]);
        }

        Assert.Equal(Failure.None, setup.Begin(request));
        Task<Failure> reading = setup.Exchange.ReadAheadAsync().AsTask();
        Assert.InRange(memory.Used, (arrived > 4096 ? arrived : 0) + (64 * 1024), arrived + (256 * 1024));
        request.Body.Send(new byte[200_000 - arrived]);
        request.Body.End();
        Assert.Equal(Failure.None, await reading);
        Assert.InRange(memory.Used, 200_000, 350_000);

        await setup.EndAsync();
        Assert.Equal(0, memory.Used);
    }

    [Fact]
    public void Begin_ContentLengthBeyondTheLimit_ReadsNothing()
    {
        using var setup = new ExchangeSetup(new ForwarderOptions { LimitBody = 10 });
        using FakeRequest request = ExchangeSetup.Post(11);
        Assert.Equal(Failure.BodyTooLarge, setup.Begin(request));
        Assert.Equal(0, request.Body.Reads);
        setup.Exchange.Release();
    }

    [Theory]
    [InlineData(10, "None")]
    [InlineData(11, "BodyTooLarge")]
    public void Begin_MoreHasComeThanTheLimit_IsRefused(int length, string expected)
    {
        using var setup = new ExchangeSetup(new ForwarderOptions { LimitBody = 10 });
        using FakeRequest request = ExchangeSetup.Post();
        request.Body.Send(new byte[length]);
        Assert.Equal(expected, setup.Begin(request).ToString());
        setup.Exchange.Release();
    }

    [Theory]
    [InlineData(4, "None")]
    [InlineData(5, "BodyTooLarge")]
    public async Task ReadAhead_MoreComesThanTheLimit_IsRefused(int more, string expected)
    {
        using var setup = new ExchangeSetup(new ForwarderOptions { LimitBody = 10 });
        using FakeRequest request = ExchangeSetup.Post();
        request.Body.Send(new byte[6]);
        Assert.Equal(Failure.None, setup.Begin(request));
        Task<Failure> reading = setup.Exchange.ReadAheadAsync().AsTask();
        request.Body.Send(new byte[more]);
        request.Body.End();
        Assert.Equal(expected, (await reading).ToString());
        await setup.EndAsync();
        Assert.Equal(0, setup.Bodies.RequestMemory.Used);
    }

    public static TheoryData<string, string> Broken => new()
    {
        { "400", "BadBody" },
        { "408", "BodyTooSlow" },
        { "413", "BodyTooLarge" },
        { "chunk size", "BadBody" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void Begin_BodyIsBroken_SaysHow(string error, string expected)
    {
        using var setup = new ExchangeSetup();
        using FakeRequest request = ExchangeSetup.Post();
        request.Body.Break(Error(error));
        Assert.Equal(expected, setup.Begin(request).ToString());
        setup.Exchange.Release();
    }

    [Theory]
    [MemberData(nameof(Broken))]
    [InlineData("reset", "ClientGone")]
    [InlineData("aborted", "ClientGone")]
    public async Task ReadAhead_BodyBreaks_SaysHowAndGivesTheMemoryBack(string error, string expected)
    {
        using var setup = new ExchangeSetup(features: InterfaceFeatures.WholeBodies);
        using FakeRequest request = ExchangeSetup.Post();
        Assert.Equal(Failure.None, setup.Begin(request));
        Task<Failure> reading = setup.Exchange.ReadAheadAsync().AsTask();
        request.Body.Send(new byte[100_000]);
        await Eventually.HoldsAsync(() => setup.Bodies.RequestMemory.Used == 100_000, "what has come is held");
        request.Body.Break(Error(error));

        Assert.Equal(expected, (await reading).ToString());
        await setup.EndAsync();
        Assert.Equal(0, setup.Bodies.RequestMemory.Used);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(100_000)]
    public async Task ReadAhead_BodyBreaksOff_GivesTheWorkerWhatCameAndTellsIt(int length)
    {
        using var setup = new ExchangeSetup();
        using FakeRequest request = ExchangeSetup.Post(200_000);
        byte[] bytes = ExchangeSetup.Bytes(length);
        Assert.Equal(Failure.None, setup.Begin(request));
        request.Body.Send(bytes);
        Task<Failure> reading = setup.Exchange.ReadAheadAsync().AsTask();
        await Eventually.HoldsAsync(() => setup.Bodies.RequestMemory.Used == length, "what has come is held");
        request.Leave();
        Assert.Equal(Failure.None, await reading);
        Assert.Equal((true, false, false), (setup.Exchange.Body.BreaksOff, setup.Exchange.Body.IsReplayable, setup.Exchange.Body.IsWhole));
        SentRequest sent = await setup.SendAsync();
        await setup.Worker.FinishedAsync(sent.Id);

        Assert.Equal(bytes, (byte[])[.. sent.Body, .. setup.Worker.TakeBody(sent.Id)]);
        await setup.EndAsync();
        Assert.Equal(0, setup.Bodies.RequestMemory.Used);
    }

    [Fact]
    public async Task Begin_ClientExpects100_IsForTheApplicationToDecide()
    {
        using var setup = new ExchangeSetup();
        using FakeRequest request = ExchangeSetup.Post(5, ("Expect", "100-continue"));
        Assert.Equal(Failure.None, setup.Begin(request));
        Assert.True(setup.Exchange.Body.OwesContinue);
        Assert.False(setup.Exchange.Body.WantsReadAhead);
        SentRequest sent = await setup.SendAsync();

        Assert.Equal(FrameFlags.ExpectContinue, sent.Flags);
        Assert.Empty(sent.Body);
        setup.Worker.Respond(sent.Id, 403);
        Assert.Equal(ExchangeResult.Complete, await setup.Exchange.ResultAsync());
        Assert.Equal("close", request.Response.Headers.Connection);
        await setup.EndAsync();
        Assert.Equal(0, request.Body.Reads);
    }

    // RFC 9110, section 10.1.1.
    [Theory]
    [InlineData("HTTP/1.1", "100-continue", true)]
    [InlineData("HTTP/1.1", "100-Continue", true)]
    [InlineData("HTTP/1.1", "x", false)]
    [InlineData("HTTP/1.1", "", false)]
    [InlineData("HTTP/1.0", "100-continue", false)]
    public void Begin_Expectation_IsOnlyOneOfHttp11(string protocol, string value, bool expected)
    {
        using var setup = new ExchangeSetup();
        using FakeRequest request = ExchangeSetup.Post(5, ("Expect", value));
        request.Context.Request.Protocol = protocol;
        Assert.Equal(Failure.None, setup.Begin(request));

        Assert.Equal((expected, !expected), (setup.Exchange.Body.OwesContinue, setup.Exchange.Body.WantsReadAhead));
        setup.Exchange.Release();
    }

    [Fact]
    public async Task Begin_ClientExpects100AndAThreadWouldWait_IsReadAhead()
    {
        using var setup = new ExchangeSetup(features: InterfaceFeatures.WholeBodies);
        using FakeRequest request = ExchangeSetup.Post(5, ("Expect", "100-continue"));
        Assert.Equal(Failure.None, setup.Begin(request));
        Assert.Equal((false, true), (setup.Exchange.Body.OwesContinue, setup.Exchange.Body.WantsReadAhead));
        request.Body.Send("hello");
        request.Body.End();
        Assert.Equal(Failure.None, await setup.Exchange.ReadAheadAsync());
        SentRequest sent = await setup.SendAsync();

        Assert.Equal((true, FrameFlags.End), (sent.IsWhole, sent.Flags));
        await setup.EndAsync();
    }

    [Fact]
    public async Task ReadAhead_AThreadWouldWaitForALongOne_HoldsAsMuchAsMayBe()
    {
        using var setup = new ExchangeSetup(new ForwarderOptions { BufferBody = 1000 }, null, InterfaceFeatures.WholeBodies);
        using FakeRequest request = ExchangeSetup.Post(5000);
        byte[] bytes = ExchangeSetup.Bytes(5000);
        Assert.Equal(Failure.None, setup.Begin(request));
        Task<Failure> reading = setup.Exchange.ReadAheadAsync().AsTask();
        request.Body.Send(bytes.AsSpan(0, 5));
        Assert.False(reading.IsCompleted);
        request.Body.Send(bytes.AsSpan(5));
        request.Body.End();
        Assert.Equal(Failure.None, await reading);

        Assert.Equal([("content-length", "5000")], FrameHeaders(setup));
        Assert.Equal(bytes, await SendToEndAsync(setup));
        await setup.EndAsync();
    }

    [Fact]
    public async Task ReadAhead_ClientSendsNoMore_IsTooSlow()
    {
        using var setup = new ExchangeSetup(new ForwarderOptions { BodyTimeout = TimeSpan.FromMilliseconds(20) });
        using FakeRequest request = ExchangeSetup.Post(5);
        Assert.Equal(Failure.None, setup.Begin(request));
        request.Body.Send("hell");

        Assert.Equal(Failure.BodyTooSlow, await setup.Exchange.ReadAheadAsync());
        await setup.EndAsync();
        Assert.Equal(0, setup.Bodies.RequestMemory.Used);
    }

    [Fact]
    public async Task OnWindow_ClientExpects100_IsToldToGoOn()
    {
        using var setup = new ExchangeSetup();
        using FakeRequest request = ExchangeSetup.Post(5, ("Expect", "100-continue"));
        Assert.Equal(Failure.None, setup.Begin(request));
        SentRequest sent = await setup.SendAsync();
        setup.Worker.Grant(sent.Id, 100);
        await Eventually.HoldsAsync(() => request.Body.Reads > 0, "somebody reads");
        request.Body.Send("hello");
        request.Body.End();
        Assert.Equal("hello"u8.ToArray(), await setup.Worker.BodyToEndAsync(sent.Id));
        setup.Worker.Respond(sent.Id);
        Assert.Equal(ExchangeResult.Complete, await setup.Exchange.ResultAsync());

        Assert.Equal(0, request.Response.Headers.Connection.Count);
        await setup.EndAsync();
    }

    private static Exception Error(string name) => name switch
    {
        "chunk size" => new IOException(name),
        "reset" => new ConnectionResetException(name),
        "aborted" => new OperationCanceledException(),
        _ => new BadHttpRequestException("broken", int.Parse(name)),
    };

    private static List<(string, string)> FrameHeaders(ExchangeSetup setup) => SentRequest.Read(setup.Exchange.RequestFrame).Headers;

    // Sends it; the worker gets all of the body, in the frame and behind it.
    private static async Task<byte[]> SendToEndAsync(ExchangeSetup setup)
    {
        SentRequest sent = await setup.SendAsync();
        setup.Worker.Grant(sent.Id, 1_000_000);
        return sent.IsWhole ? sent.Body : [.. sent.Body, .. await setup.Worker.BodyToEndAsync(sent.Id)];
    }
}
