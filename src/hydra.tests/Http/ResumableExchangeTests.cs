using System.Net.WebSockets;
using System.Text;
using Hydra.Dispatch;
using Hydra.Http;
using Hydra.Protocol;
using Hydra.Tests.Functional.Harness;
using Hydra.Tests.Http.Fakes;
using Hydra.Tests.Transport;
using Hydra.Workers.Links;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary><see cref="ResumableExchange"/> (<see cref="ResumableSession"/>, <see cref="ResumableResponse"/>), its <see cref="Resumption"/> and the <see cref="ResumeDesk"/>: a connection goes from one fake worker to the next.</summary>
public sealed class ResumableExchangeTests : IAsyncLifetime
{
    private FrontHost _host = null!;

    private FakeUpstream Worker => _host.Worker;

    public async Task InitializeAsync() => _host = await FrontHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task WorkerLost_SessionGoesOn_WithWhatWasNotAcknowledged()
    {
        (ClientWebSocket client, ulong id) = await OpenAsync("chat");
        using ClientWebSocket session = client;
        Assert.Equal(StateStatus.Done, await Worker.SaveAsync(id, "s0"));
        await SendAsync(client, "1", "2");
        Assert.Equal(("1", FrameFlags.Text), await Worker.NextDataAsync(id));
        Assert.Equal(("2", FrameFlags.Text), await Worker.NextDataAsync(id));
        Assert.Equal(StateStatus.Done, await Worker.SaveAsync(id, "s1", received: 1));
        Worker.SendData(id, "out"u8, FrameFlags.Text);
        FakeUpstream next = Replace(Worker);
        (ulong again, var from) = await next.NextResumedAsync();
        Assert.Equal((1U, ResumeReason.Crash, "chat", "s1"), from);
        await SendAsync(client, "3");
        next.AcceptKeeping(again, "other", ("x-a", "1"));
        Assert.Equal(("2", FrameFlags.Text), await next.NextDataAsync(again));
        Assert.Equal(("3", FrameFlags.Text), await next.NextDataAsync(again));
        Assert.Equal((0, 1), (next.Handle.InFlight, next.Handle.Sessions));
        Assert.Contains("goes on with another subprotocol", Assert.Single(_host.Complaints), StringComparison.Ordinal);

        // Numbers are those of the stream.
        Assert.Equal(StateStatus.Done, await next.SaveAsync(again, "s2", received: 1));
        next.SendData(again, "more"u8, FrameFlags.Text);
        FakeUpstream third = Replace(next);
        (ulong last, from) = await third.NextResumedAsync();
        Assert.Equal((1U, ResumeReason.Crash, "chat", "s2"), from);
        third.AcceptKeeping(last, "chat");
        Assert.Equal(("3", FrameFlags.Text), await third.NextDataAsync(last));
        third.SendData(last, "end"u8, FrameFlags.Text);
        Assert.Equal("out", await ReceiveAsync(client));
        Assert.Equal("more", await ReceiveAsync(client));
        Assert.Equal("end", await ReceiveAsync(client));
        Assert.Equal(2, _host.Resume.ReadResumed(ResumeReason.Crash));

        third.CloseSession(last, 4000);
        Assert.Null(await ReceiveAsync(client));
        Assert.Equal(4000, (int)client.CloseStatus!);
    }

    [Fact]
    public async Task Save_WhereNothingWasKept_IsRefused_AndTheSessionEndsWithItsWorker()
    {
        (ClientWebSocket client, ulong id) = await OpenAsync(keeps: false);
        using ClientWebSocket session = client;
        Assert.Equal(StateStatus.Refused, await Worker.SaveAsync(id, ""));
        Assert.False(Worker.Link.Leave() > 0);
        Replace(Worker);

        Assert.Null(await ReceiveAsync(client));
        Assert.Equal(1012, (int)client.CloseStatus!);
    }

    [Fact]
    public async Task Save_NoRoom_WhatWasSavedBeforeHolds()
    {
        (ClientWebSocket client, ulong id) = await OpenAsync();
        using ClientWebSocket session = client;
        Assert.Equal(StateStatus.Done, await Worker.SaveAsync(id, "small"));
        Assert.Equal(StateStatus.TooLarge, await Worker.SaveAsync(id, new string('x', ProtocolLimits.MaxResumeState + 1)));
        Assert.True(_host.Resume.Memory.TryTake(990_000));
        Assert.Equal(StateStatus.Full, await Worker.SaveAsync(id, new string('x', 60_000)));
        _host.Resume.Memory.Give(990_000);

        (_, var from) = await Replace(Worker).NextResumedAsync();
        Assert.Equal("small", from.State);
    }

    [Fact]
    public async Task WorkerLost_InTheMiddleOfAMessage_ClosesWith1012()
    {
        (ClientWebSocket client, ulong id) = await OpenAsync();
        using ClientWebSocket session = client;
        await Worker.SaveAsync(id, "");
        Worker.SendData(id, "half"u8, FrameFlags.Text | FrameFlags.More);
        Replace(Worker);

        Assert.Equal("half", await ReceiveAsync(client));
        Assert.Null(await ReceiveAsync(client));
        Assert.Equal((1012, 1), ((int)client.CloseStatus!, _host.Resume.Failed));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Leave_ApplicationSaysItsLastWord_OrHasHadItsTime(bool parts)
    {
        (ClientWebSocket client, ulong id) = await OpenAsync();
        using ClientWebSocket session = client;
        await SendAsync(client, "before");
        await Worker.NextDataAsync(id);
        await Worker.SaveAsync(id, "s0");
        FakeUpstream next = _host.Fleet.Add(new FakeUpstream(1).Quick());
        _host.Fleet.Dispatcher.Remove(Worker.Handle);
        Worker.Handle.Leaving = ResumeReason.Reload;
        Assert.Equal((1, 0), (Worker.Link.Leave(), Worker.Link.Leave()));
        Assert.Equal(1U, await Worker.LeftAsync(id));

        // It still says what it has to say.
        Worker.SendData(id, "last"u8, FrameFlags.Text);
        Assert.Equal("last", await ReceiveAsync(client));
        Assert.Equal(StateStatus.Done, await Worker.SaveAsync(id, "s1", received: 1));
        if (parts)
        {
            Worker.Reset(id, ResetReason.Cancelled);
        }
        else
        {
            Assert.Equal(1012, (await Worker.ClosedAsync(id)).Code);
            Worker.SendData(id, "for nobody"u8, FrameFlags.Text);
            Worker.Reset(id, ResetReason.Cancelled);
        }

        (ulong again, var from) = await next.NextResumedAsync();
        Assert.Equal((0U, ResumeReason.Reload, "", "s1"), from);
        next.AcceptKeeping(again);
        await SendAsync(client, "behind");
        Assert.Equal(("behind", FrameFlags.Text), await next.NextDataAsync(again));
        next.SendData(again, "answer"u8, FrameFlags.Text);
        Assert.Equal("answer", await ReceiveAsync(client));
        Assert.Equal(0, Worker.Handle.Sessions);
    }

    [Fact]
    public async Task Leave_BecomesResumableAfterwards_LeavesAtOnce()
    {
        (ClientWebSocket client, ulong id) = await OpenAsync();
        using ClientWebSocket session = client;
        Worker.Handle.Leaving = ResumeReason.Recycle;
        Assert.Equal(0, Worker.Link.Leave());
        await Worker.SaveAsync(id, "");
        await Worker.LeftAsync(id);
        _host.Fleet.Dispatcher.Remove(Worker.Handle);
        Worker.Reset(id, ResetReason.Cancelled);

        Assert.Equal(ResumeReason.Recycle, (await _host.Fleet.Add(new FakeUpstream(1).Quick()).NextResumedAsync()).From.Reason);
    }

    [Theory]
    [InlineData("response", 1008)]
    [InlineData("close", 4001)]
    [InlineData("error", 1011)]
    [InlineData("closing", 1012)]
    public async Task GoingOn_IsNotWanted_ClosesTheClient(string how, int code)
    {
        (ClientWebSocket client, ulong id) = await OpenAsync();
        using ClientWebSocket session = client;
        await Worker.SaveAsync(id, "");
        _host.Fleet.Crash(Worker);
        if (how == "closing")
        {
            _host.Fleet.Dispatcher.Close();
        }
        else
        {
            FakeUpstream next = _host.Fleet.Add(new FakeUpstream(1).Quick());
            (ulong again, _) = await next.NextResumedAsync();
            if (how == "response")
            {
                next.Respond(again, 403);
            }
            else if (how == "close")
            {
                next.CloseSession(again, 4001);
            }
            else
            {
                next.Reset(again);
            }
        }

        Assert.Null(await ReceiveAsync(client));
        Assert.Equal(code, (int)client.CloseStatus!);
    }

    [Fact]
    public async Task ClientLeaves_WhileThereIsNoWorker_NothingGoesOn()
    {
        (ClientWebSocket client, ulong id) = await OpenAsync();
        await Worker.SaveAsync(id, "");
        _host.Fleet.Crash(Worker);
        client.Abort();
        await Eventually.HoldsAsync(() => _host.Fleet.Dispatcher.QueueLength == 0 && _host.Resume.Memory.Used == 0, "nobody waits");

        FakeUpstream next = _host.Fleet.Add(new FakeUpstream(1).Quick());
        Assert.Empty(next.TakeRequests());
    }

    [Fact]
    public async Task WorkerDiesEachTime_GoesOnAlone_AndIsClosedWith1011()
    {
        (ClientWebSocket client, ulong id) = await OpenAsync();
        using ClientWebSocket session = client;
        await Worker.SaveAsync(id, "");
        await SendAsync(client, "poison");
        await Worker.NextDataAsync(id);
        FakeUpstream worker = Worker;
        for (int i = 0; i < 2; i++)
        {
            worker = Replace(worker);
            (id, var _) = await worker.NextResumedAsync();
            worker.AcceptKeeping(id);
            Assert.Equal(("poison", FrameFlags.Text), await worker.NextDataAsync(id));
        }

        Assert.NotNull(_host.Resume.OnTrial);
        Replace(worker);
        Assert.Null(await ReceiveAsync(client));
        Assert.Equal(1011, (int)client.CloseStatus!);
        await Eventually.HoldsAsync(() => _host.Resume is { OnTrial: null, Trials.CurrentCount: 1 }, "nobody is tried");
    }

    [Fact]
    public async Task WorkerDiesByAnother_NothingIsHeldAgainstThose()
    {
        (ClientWebSocket client, ulong id) = await OpenAsync();
        using ClientWebSocket session = client;
        await Worker.SaveAsync(id, "");
        await SendAsync(client, "slow");
        await Worker.NextDataAsync(id);
        FakeUpstream worker = Worker;
        for (int i = 0; i < 6; i++)
        {
            worker = Replace(worker);
            (id, var _) = await worker.NextResumedAsync();
            worker.AcceptKeeping(id);
            await worker.NextDataAsync(id);
            if (i % 2 == 0)
            {
                // It does well.
                await SendAsync(client, "next");
                await worker.NextDataAsync(id);
                await worker.SaveAsync(id, "", received: 1);
            }
        }

        worker.SendData(id, "here"u8, FrameFlags.Text);
        Assert.Equal("here", await ReceiveAsync(client));
    }

    [Fact]
    public async Task ResponseThatStreams_GoesOnInAnotherWorker()
    {
        using RawClient client = _host.Connect();
        await client.SendAsync("GET /events HTTP/1.1\r\nHost: h\r\n\r\n");
        SentRequest request = await Worker.NextRequestAsync();
        Worker.BeginResponse(request.Id, 200, "one,", ("x-a", "1"));
        Assert.Contains("x-a: 1", await client.ReadHeadAsync(), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(StateStatus.Done, await Worker.SaveAsync(request.Id, "1"));
        Worker.SendBody(request.Id, "two,"u8);
        FakeUpstream next = Replace(Worker);
        (ulong again, var from) = await next.NextResumedAsync();
        Assert.Equal((4U, ResumeReason.Crash, "", "1"), from);
        next.BeginResponse(again, 200, "three,", ("x-a", "2"));
        next.SendBody(again, "four"u8, end: true);

        byte[] body = new byte["4\r\none,\r\n4\r\ntwo,\r\n6\r\nthree,\r\n4\r\nfour\r\n0\r\n\r\n".Length];
        await client.ReadExactlyAsync(body).WaitAsync(Eventually.Limit);
        Assert.Equal("one,two,three,four0", Encoding.ASCII.GetString(body).Replace("\r\n4\r\n", "", StringComparison.Ordinal).Replace("\r\n6\r\n", "", StringComparison.Ordinal).Replace("\r\n", "", StringComparison.Ordinal)[1..]);

        // And the connection.
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        next.Respond((await next.NextRequestAsync()).Id, 200, "ok");
        Assert.StartsWith("HTTP/1.1 200", await client.ReadHeadAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("length")]
    [InlineData("part")]
    public async Task ResponseThatStreams_CannotGoOn_IsBrokenOff(string how)
    {
        using RawClient client = _host.Connect();
        await client.SendAsync("GET /events HTTP/1.1\r\nHost: h\r\n\r\n");
        SentRequest request = await Worker.NextRequestAsync();
        Worker.BeginResponse(request.Id, 200, "one");
        await client.ReadHeadAsync();
        await Worker.SaveAsync(request.Id, "");
        if (how == "part")
        {
            Worker.SendBody(request.Id, "tw"u8, isPart: true);
        }

        FakeUpstream next = Replace(Worker);
        if (how != "part")
        {
            (ulong again, _) = await next.NextResumedAsync();
            next.BeginResponse(again, how == "status" ? 404 : 200, "no", how == "length" ? [("content-length", "2")] : []);
            Assert.Equal(CancelReason.FrontError, await next.CancelledAsync(again));
        }

        string all = await FrontHost.ReadUntilCutAsync(client);
        Assert.DoesNotContain("\r\n0\r\n", all, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST", "3")]
    [InlineData("GET", null)]
    public async Task Save_ResponseThatCannotGoOn_IsRefused(string method, string? length)
    {
        using RawClient client = _host.Connect();
        await client.SendAsync($"{method} / HTTP/1.1\r\nHost: h\r\n{(length is null ? "" : $"Content-Length: {length}\r\n")}\r\n{(length is null ? "" : "abc")}");
        SentRequest request = await Worker.NextRequestAsync();
        Assert.Equal(StateStatus.Refused, await Worker.SaveAsync(request.Id, ""));
        Worker.BeginResponse(request.Id, 200, "", length is null ? [("content-length", "3")] : []);
        Assert.Equal(StateStatus.Refused, await Worker.SaveAsync(request.Id, ""));
        Worker.SendBody(request.Id, "end"u8, end: true);
    }

    [Fact]
    public async Task ResponseThatStreams_SlowClient_CreditIsNotGrantedTwice()
    {
        int window = new ForwarderOptions().ResponseWindow;
        using RawClient client = _host.Connect();
        await client.SendAsync("GET /events HTTP/1.1\r\nHost: h\r\n\r\n");
        SentRequest request = await Worker.NextRequestAsync();
        Worker.BeginResponse(request.Id, 200, "");
        FakeUpstream worker = Worker;
        ulong id = request.Id;
        await worker.SaveAsync(id, "");
        long sent = 0;
        for (int i = 0; i < 3; i++)
        {
            worker.SendBody(id, new byte[window / 2]);
            sent += window / 2;
            worker = Replace(worker);
            (id, var from) = await worker.NextResumedAsync();
            Assert.Equal((ulong)sent, from.Sent);
            worker.BeginResponse(id, 200, "");
        }

        worker.SendBody(id, "end"u8, end: true);
        string all = await ReadChunksAsync(client);
        Assert.Equal(sent + 3, all.Length);
    }

    private static async Task<string> ReadChunksAsync(RawClient client)
    {
        await client.ReadHeadAsync();
        var body = new StringBuilder();
        byte[] one = new byte[1];
        while (true)
        {
            string size = "";
            while (!size.EndsWith("\r\n", StringComparison.Ordinal))
            {
                await client.ReadExactlyAsync(one).WaitAsync(Eventually.Limit);
                size += (char)one[0];
            }

            int length = Convert.ToInt32(size.Trim(), 16);
            byte[] chunk = new byte[length + 2];
            await client.ReadExactlyAsync(chunk).WaitAsync(Eventually.Limit);
            body.Append(Encoding.Latin1.GetString(chunk, 0, length));
            if (length == 0)
            {
                return body.ToString();
            }
        }
    }

    [Fact]
    public void Successor_IsAYoungerWorker_ThatServesAndHasRoom()
    {
        FakeUpstream[] workers = [new FakeUpstream().Quick(), new FakeUpstream(1).Quick(), new FakeUpstream(2).Quick()];
        WorkerHandle[] ready = [.. workers.Select(static worker => worker.Handle)];
        workers[1].Handle.Window.BecomeSession();
        Assert.Same(ready[2], Successor.Of(ready[0], ready));
        Assert.Same(ready[2], Successor.Of(ready[1], ready));
        Assert.Null(Successor.Of(ready[2], ready));

        ready[2].Shut();
        Assert.Null(Successor.TrySend(null!, ready[2]));
        ready[0].Window.Keep();
        Assert.False(Successor.TrySend(null!, ready[0]));
    }

    [Fact]
    public void LeftCredit_IsNobodys()
    {
        var left = new LeftCredit();
        Assert.Equal(10, left.Reduce(10));
        left.Add(15);
        Assert.Equal((0, 5), (left.Reduce(10), left.Reduce(10)));
        left.Add(40);
        Assert.True(left.IsWithin(10));
        Assert.False(left.IsWithin(10, more: 1));
        left.Clear();
        Assert.Equal(1, left.Reduce(1));
    }

    // A worker dies, and another one is there.
    private FakeUpstream Replace(FakeUpstream worker)
    {
        _host.Fleet.Crash(worker);
        return _host.Fleet.Add(new FakeUpstream(worker.Handle.Index + 1).Quick());
    }

    private async Task<(ClientWebSocket Client, ulong Id)> OpenAsync(string subprotocol = "", bool keeps = true)
    {
        var client = new ClientWebSocket();
        if (subprotocol.Length > 0)
        {
            client.Options.AddSubProtocol(subprotocol);
        }

        Task connecting = client.ConnectAsync(new Uri($"ws://{_host.EndPoint}/"), default);
        ulong id = (await Worker.NextRequestAsync()).Id;
        if (keeps)
        {
            Worker.AcceptKeeping(id, subprotocol);
        }
        else
        {
            Worker.Accept(id, subprotocol);
        }

        await connecting.WaitAsync(Eventually.Limit);
        return (client, id);
    }

    private static async Task SendAsync(ClientWebSocket client, params string[] texts)
    {
        foreach (string text in texts)
        {
            await client.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, default);
        }
    }

    // Null for a close.
    private static async Task<string?> ReceiveAsync(ClientWebSocket client)
    {
        byte[] buffer = new byte[1024];
        ValueWebSocketReceiveResult received = await client.ReceiveAsync(buffer.AsMemory(), default).AsTask().WaitAsync(Eventually.Limit);
        return received.MessageType is WebSocketMessageType.Close ? null : Encoding.UTF8.GetString(buffer, 0, received.Count);
    }
}
