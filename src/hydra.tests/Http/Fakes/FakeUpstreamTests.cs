using System.Text;
using Hydra.Protocol;
using Hydra.Tests.Workers.Links;
using Xunit;

namespace Hydra.Tests.Http.Fakes;

public sealed class FakeUpstreamTests
{
    private readonly FakeUpstream _worker = new FakeUpstream(index: 3).Quick();

    [Fact]
    public async Task Frames_BothWays_ReachTheOtherSide()
    {
        FakeStream stream = Open("/a");
        SentRequest request = await _worker.NextRequestAsync();
        Assert.Equal((stream.Id, "/a", true), (request.Id, request.Path, request.IsWhole));

        _worker.Begin(stream.Id, busyMicroseconds: 5, requests: 1);
        _worker.Grant(stream.Id, 100);
        _worker.Link.SendBody(stream.Id, "one "u8, end: false);
        _worker.Link.SendBody(stream.Id, "two"u8, end: true);
        Assert.Equal("one two", Encoding.ASCII.GetString(await _worker.BodyToEndAsync(stream.Id)));

        _worker.BeginResponse(stream.Id, 201, "hello", ("X-A", "1"));
        _worker.Link.SendWindow(stream.Id, 10);
        _worker.Link.SendWindow(stream.Id, 20);
        Assert.Equal(30, _worker.TakeCredit(stream.Id));
        _worker.SendBody(stream.Id, "more"u8);
        _worker.SendBody(stream.Id, "end"u8, end: true);

        Assert.Equal(["window 100", "response 201", "body 4", "body 3 end"], stream.Events);
        Assert.Empty(_worker.TakeFrames());
    }

    [Fact]
    public async Task Ends_OfAllKinds_AreHeard()
    {
        FakeStream answered = Open();
        FakeStream failed = Open();
        FakeStream cancelled = Open();
        FakeStream lost = Open();
        Assert.Equal(4, _worker.TakeRequests().Count);
        _worker.Respond(answered.Id, 204);
        _worker.Reset(failed.Id, ResetReason.RuleViolation, "a rule");
        _worker.Link.Cancel(cancelled.Id, CancelReason.ClientLeft);
        Assert.Equal(CancelReason.ClientLeft, await _worker.CancelledAsync(cancelled.Id));
        _worker.Crash(exitCode: 7);

        Assert.Equal(["response 204 end"], answered.Events);
        Assert.Equal(["reset RuleViolation a rule"], failed.Events);
        Assert.Empty(cancelled.Events);
        Assert.Equal([cancelled.Id], _worker.Abandoned);
        Assert.StartsWith("lost LinkLost", Assert.Single(lost.Events), StringComparison.Ordinal);
        Assert.False(_worker.Handle.IsReady);
        Assert.Equal(7, await _worker.Handle.Exit);
        Assert.Null(_worker.Violation);
    }

    [Fact]
    public void Send_WhatNoWorkerMaySend_IsAViolation()
    {
        byte[] frame = new byte[ProtocolLimits.HeaderSize];
        new FrameHeader(0, MessageType.Hello, FrameFlags.None, 0).Write(frame);
        _worker.Send(frame);

        Assert.Contains("Hello", _worker.Violation, StringComparison.Ordinal);
        Assert.True(_worker.Channel.IsClosed);
    }

    private FakeStream Open(string path = "/")
    {
        var stream = new FakeStream(path);
        Assert.True(_worker.Handle.Window.TryEnter());
        Assert.True(_worker.Link.TryOpen(stream));
        return stream;
    }
}
