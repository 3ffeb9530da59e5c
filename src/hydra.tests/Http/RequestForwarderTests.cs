using System.Text;
using Hydra.Protocol;
using Hydra.Tests.Http.Fakes;
using Hydra.Tests.Transport;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>What becomes of a request at the end of the pipeline. The host checks that all memory for bodies is given back.</summary>
public sealed class RequestForwarderTests
{
    private const string Get = "GET /a?q=1 HTTP/1.1\r\nHost: h\r\n\r\n";
    private const string Post = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody";

    [Fact]
    public async Task Invoke_WholeAnswer_HasALengthAndKeepsTheConnection()
    {
        await using FrontHost host = await FrontHost.StartAsync();
        using RawClient client = host.Connect();
        for (int i = 0; i < 2; i++)
        {
            await client.SendAsync(Post);
            SentRequest request = await host.Worker.NextRequestAsync();
            Assert.Equal(("POST", "/a", true), (request.Method, request.Path, request.IsWhole));
            Assert.Equal("body"u8.ToArray(), request.Body);
            host.Worker.Respond(request.Id, 201, $"answer {i}", ("x-a", "1"));

            (string head, byte[] body) = await client.ReadResponseBytesAsync();
            Assert.StartsWith("HTTP/1.1 201 Created\r\n", head, StringComparison.Ordinal);
            Assert.Contains("x-a: 1", head, StringComparison.OrdinalIgnoreCase);
            Assert.Equal($"answer {i}", Encoding.ASCII.GetString(body));
        }
    }

    [Fact]
    public async Task Invoke_StreamedAnswer_LeavesAsItComes()
    {
        await using FrontHost host = await FrontHost.StartAsync();
        using RawClient client = host.Connect();
        await client.SendAsync(Get);
        SentRequest request = await host.Worker.NextRequestAsync();
        host.Worker.BeginResponse(request.Id, 200, "one");
        Assert.Contains("Transfer-Encoding: chunked", await client.ReadHeadAsync(), StringComparison.Ordinal);
        Assert.Equal("3\r\none\r\n", await ReadAsync(client, 8));

        host.Worker.SendBody(request.Id, "three"u8);
        Assert.Equal("5\r\nthree\r\n", await ReadAsync(client, 10));
        host.Worker.SendBody(request.Id, [], end: true);
        Assert.Equal("0\r\n\r\n", await ReadAsync(client, 5));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 426, false)]
    [InlineData("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", 501, false)]
    [InlineData("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501, true)]
    [InlineData("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +4\r\n\r\nbody", 400, true)]
    public async Task Invoke_WhatNoWorkerTakes_IsAnsweredWithoutOne(string text, int status, bool closes)
    {
        await using FrontHost host = await FrontHost.StartAsync();
        using RawClient client = host.Connect();
        await client.SendAsync(text);
        (string head, _) = await client.ReadResponseBytesAsync();

        Assert.StartsWith($"HTTP/1.1 {status} ", head, StringComparison.Ordinal);
        Assert.Equal(closes, head.Contains("Connection: close", StringComparison.OrdinalIgnoreCase));
        Assert.Empty(host.Worker.TakeFrames());
        Assert.Empty(host.Complaints);
    }

    [Fact]
    public async Task Invoke_QueueClosed_Is503WithRetryAfter()
    {
        await using FrontHost host = await FrontHost.StartAsync();
        host.Fleet.Dispatcher.Remove(host.Worker.Handle);
        host.Fleet.Dispatcher.Close();
        using RawClient client = host.Connect();
        await client.SendAsync(Post);
        (string head, byte[] body) = await client.ReadResponseBytesAsync();

        Assert.StartsWith("HTTP/1.1 503 ", head, StringComparison.Ordinal);
        Assert.Contains("Retry-After: 1", head, StringComparison.Ordinal);
        Assert.Equal("Service Unavailable\n"u8.ToArray(), body);
    }

    [Fact]
    public async Task Invoke_WorkerLostWithAPost_Is502()
    {
        await using FrontHost host = await FrontHost.StartAsync();
        using RawClient client = host.Connect();
        await client.SendAsync(Post);
        await host.Worker.NextRequestAsync();
        host.Fleet.Crash(host.Worker);

        await AssertFailedAsync(host, client, 502, "the worker was lost before it answered");
    }

    [Fact]
    public async Task Invoke_ApplicationError_Is500AndTheWorkersAffairToLog()
    {
        await using FrontHost host = await FrontHost.StartAsync();
        using RawClient client = host.Connect();
        await client.SendAsync(Get);
        SentRequest request = await host.Worker.NextRequestAsync();
        host.Worker.Reset(request.Id, ResetReason.ApplicationError, "it raised");

        await AssertFailedAsync(host, client, 500, null);
    }

    [Fact]
    public async Task Invoke_InvalidResponse_Is500AndLoggedWithTheRule()
    {
        await using FrontHost host = await FrontHost.StartAsync();
        using RawClient client = host.Connect();
        await client.SendAsync(Get);
        SentRequest request = await host.Worker.NextRequestAsync();
        host.Worker.Respond(request.Id, 200, "xy", ("content-length", "5"), ("x-secret", "1"));

        string head = await AssertFailedAsync(
            host, client, 500, "the response is invalid: its body has 2 bytes, its Content-Length says 5");
        Assert.DoesNotContain("x-secret", head, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Invoke_WorkerLostInTheMiddle_AbortsTheConnection()
    {
        await using FrontHost host = await FrontHost.StartAsync();
        using RawClient client = host.Connect();
        await client.SendAsync(Get);
        SentRequest request = await host.Worker.NextRequestAsync();
        host.Worker.BeginResponse(request.Id, 200, "one");
        await client.ReadHeadAsync();
        await ReadAsync(client, 8);
        host.Fleet.Crash(host.Worker);

        Assert.Equal("", await FrontHost.ReadUntilCutAsync(client));
        Assert.Contains("the response was cut off", Assert.Single(host.Complaints), StringComparison.Ordinal);
    }

    private static async Task<string> AssertFailedAsync(FrontHost host, RawClient client, int status, string? logged)
    {
        (string head, byte[] body) = await client.ReadResponseBytesAsync();
        Assert.StartsWith($"HTTP/1.1 {status} ", head, StringComparison.Ordinal);
        Assert.NotEmpty(body);
        Assert.DoesNotContain("Retry-After", head, StringComparison.OrdinalIgnoreCase);
        if (logged is null)
        {
            Assert.Empty(host.Complaints);
        }
        else
        {
            Assert.Contains(logged, Assert.Single(host.Complaints), StringComparison.Ordinal);
            Assert.Contains(host.Log.Entries, static entry => entry.Level is LogLevel.Error);
        }

        return head;
    }

    private static async Task<string> ReadAsync(RawClient client, int count)
    {
        byte[] data = new byte[count];
        await client.ReadExactlyAsync(data);
        return Encoding.Latin1.GetString(data);
    }
}
