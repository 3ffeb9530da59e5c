using System.Net.Sockets;
using Hydra.Tests.Http.Fakes;
using Hydra.Tests.Transport;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>Heads byte by byte, through the front with Kestrel in it: what the client gets, and what the worker.</summary>
public sealed class StrictHeadsTests
{
    private const string Get = "GET /a HTTP/1.1\r\nHost: h\r\n";
    private const string Post = "POST /a HTTP/1.1\r\nHost: h\r\n";

    public static TheoryData<string, int> Bad { get; } = new()
    {
        // RFC 9110, section 8.6: a length that is none frames no body.
        { Post + "Content-Length: 3\0\r\n\r\nabc", 400 },
        { Post + "Content-Length: +3\0\r\n\r\nabc", 400 },
        { Post + "Content-Length: +3\r\n\r\nabc", 400 },
        { Post + "Content-Length: -0\r\n\r\n", 400 },
        { Post + "Content-Length: \v3\r\n\r\nabc", 400 },
        { Post + "Content-Length: 3\v\r\n\r\nabc", 400 },
        { Post + "Content-Length: 3 3\r\n\r\nabc", 400 },
        { Post + "Content-Length: 3, 3\r\n\r\nabc", 400 },
        { Post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400 },
        { Post + "Content-Length: 0x3\r\n\r\nabc", 400 },
        { Post + "Content-Length:\r\n\r\n", 400 },
        { Post + "Content-Length: 9223372036854775808\r\n\r\n", 400 },
        { Post + "Content-Length: 100000000000000000000\r\n\r\n", 400 },
        { Post + $"Content-Length: {new string('1', 100)}\r\n\r\n", 400 },
        { "\r\n" + Post + "Content-Length: +3\r\n\r\nabc", 400 },

        // RFC 9112, section 6.1.
        { Post + "Transfer-Encoding\u0001: chunked\r\n\r\n", 400 },
        { Post + "Transfer-Encoding : chunked\r\n\r\n", 400 },
        { Post + "Transfer-Encoding: \vchunked\r\n\r\n", 400 },
        { Post + "Transfer-Encoding: gzip\r\n\r\n", 400 },
        { Post + "Transfer-Encoding: chunked, identity\r\n\r\n", 400 },
        { Post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501 },
        { Post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501 },

        // RFC 9112, section 7.1.
        { Post + "Transfer-Encoding: chunked\r\n\r\n3;\0\r\nabc\r\n0\r\n\r\n", 400 },
        { Post + "Transfer-Encoding: chunked\r\n\r\n3;\u007f\r\nabc\r\n0\r\n\r\n", 400 },
        { Post + "Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n", 400 },
        { Post + "Transfer-Encoding: chunked\r\n\r\n+3\r\nabc\r\n0\r\n\r\n", 400 },
        { Post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n", 400 },
        { Post + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: a\0b\r\n\r\n", 400 },
        { Post + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: a\nY: b\r\n\r\n", 400 },
        { Post + "Transfer-Encoding: chunked\r\n\r\n0\r\n[X]: a\r\n\r\n", 400 },

        // RFC 9110, section 5, and RFC 9112, sections 2.2 and 5.
        { Get + "[X]: a\r\n\r\n", 400 },
        { Get + "X/Y: a\r\n\r\n", 400 },
        { Get + "X\u00e4: a\r\n\r\n", 400 },
        { Get + "X: a\u0001b\r\n\r\n", 400 },
        { Get + "Content-Type: a/b\r\nContent-Type: c/d\r\n\r\n", 400 },
        { Get + "X: a\u007fb\r\n\r\n", 400 },
        { Get + "X: a\rb\r\n\r\n", 400 },
        { Get + "X: a\nY: b\r\n\r\n", 400 },
        { Get + "X: a\r\n folded\r\n\r\n", 400 },
        { Get + "X: a\r\n\n", 400 },
        { "GET /a HTTP/1.1\nHost: h\n\n", 400 },
        { "\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n", 400 },
        { "\r\rGET /a HTTP/1.1\r\nHost: h\r\n\r\n", 400 },

        // RFC 9112, section 3.
        { "GET /a\u007f HTTP/1.1\r\nHost: h\r\n\r\n", 400 },
        { "GET /a\u0001 HTTP/1.1\r\nHost: h\r\n\r\n", 400 },
        { "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", 400 },
        { "GET /a\tb HTTP/1.1\r\nHost: h\r\n\r\n", 400 },
        { "GET /a\r HTTP/1.1\r\nHost: h\r\n\r\n", 400 },
        { "GET  /a HTTP/1.1\r\nHost: h\r\n\r\n", 400 },
        { "GET /a  HTTP/1.1\r\nHost: h\r\n\r\n", 400 },
        { "GET /a HTTP/1.1 \r\nHost: h\r\n\r\n", 400 },
        { new string('A', 256) + " /a HTTP/1.1\r\nHost: h\r\n\r\n", 501 },
        { "GET /a HTTP/3.0\r\nHost: h\r\n\r\n", 505 },

        // RFC 9112, section 3.2.
        { "GET /a HTTP/1.1\r\n\r\n", 400 },
        { "GET /a HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400 },
        { "GET /a HTTP/1.1\r\nHost: a:\r\nHost: a:\r\n\r\n", 400 },
        { "GET /a HTTP/1.1\r\nHost: a, b\r\n\r\n", 400 },
        { "GET /a HTTP/1.1\r\nHost: a,b\r\n\r\n", 400 },
        { "GET /a HTTP/1.1\r\nHost: u@a\r\n\r\n", 400 },
        { "GET /a HTTP/1.1\r\nHost: \u00e4\r\n\r\n", 400 },
        { "GET /a HTTP/1.1\r\nHost: /run/a.sock\r\n\r\n", 400 },
        { "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
        { "GET http://a/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400 },
    };

    /// <summary>Method, path, query, Host and Content-Length or Transfer-Encoding of what the worker gets.</summary>
    public static TheoryData<string, string> Good { get; } = new()
    {
        { Get + "\r\n", "GET /a  h" },
        { "\r\n\r\n" + Get + "\r\n", "GET /a  h" },
        { Get + "X: \u00e4\u00ff\ta \r\n\r\n", "GET /a  h" },
        { Post + "Content-Length: 003\r\n\r\nabc", "POST /a  h 003 abc" },
        { Post + "Content-Length:3\t\r\n\r\nabc", "POST /a  h 3 abc" },
        { Post + "Content-Length: 99\r\nTransfer-Encoding: Chunked\r\n\r\n3;a=\tb\r\nabc\r\n0\r\nX: y\r\n\r\n", "POST /a  h 3 abc" },
        { Post + "Transfer-Encoding: chunked\r\n\r\n3 \t; a = b\r\nabc\r\n0 ;b\r\n\r\n", "POST /a  h 3 abc" },

        // RFC 9112, section 3.2.2.
        { "GET http://a.b:1/c?d HTTP/1.1\r\nHost: h\r\n\r\n", "GET /c d a.b:1" },
        { "GET HTTP://a HTTP/1.1\r\nHost: [is ignored\r\n\r\n", "GET /  a" },
        { "GET http://a: HTTP/1.0\r\n\r\n", "GET /  a:" },

        // RFC 9110, sections 2.5 and 7.2, and RFC 9112, section 6.3.
        { "GET /a HTTP/1.2\r\nHost: h\r\n\r\n", "GET /a  h" },
        { "POST /a HTTP/1.0\r\n\r\n", "POST /a  " },
        { "PUT /a HTTP/1.0\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc", "PUT /a  h 3 abc" },
        { "GET /a HTTP/1.1\r\nHost: h:\r\n\r\n", "GET /a  h:" },
        { "GET /a HTTP/1.1\r\nHost:\r\n\r\n", "GET /a  " },
        { "GET /a HTTP/1.1\r\nHost: [::]:8000\r\n\r\n", "GET /a  [::]:8000" },
        { "GET /a HTTP/1.1\r\nHost: [fe80::1%25eth0]\r\n\r\n", "GET /a  [fe80::1%25eth0]" },
        { "GET /a HTTP/1.1\r\nHost: [v1.foo]\r\n\r\n", "GET /a  [v1.foo]" },
        { "GET /a%00b?%00 HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a%00b %00 h" },
        { "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS *  h" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task Request_ThatBreaksARule_IsRefusedAndTheConnectionEnds(string text, int status)
    {
        await using FrontHost host = await FrontHost.StartAsync();
        using RawClient client = host.Connect();

        // On a connection that has served before, with a request behind it that is not to be served.
        await client.SendAsync(Get + "\r\n");
        host.Worker.Respond((await host.Worker.NextRequestAsync()).Id, 200, "first");
        Assert.Equal("first", await client.ReadResponseAsync());
        await client.SendAsync(text + "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n");

        string answer = await FrontHost.ReadUntilCutAsync(client);
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nConnection: close\r\n", answer, StringComparison.Ordinal);
        Assert.Equal(1, answer.Split("HTTP/1.1 ").Length - 1);
        Assert.Empty(host.Worker.TakeRequests());
        Assert.Empty(host.Complaints);
        string[] lines = await host.StopAndReadLinesAsync();
        Assert.Equal(2, lines.Length);
        int length = answer.Length - answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) - 4;
        Assert.EndsWith($" {status} {length}", lines[1], StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Good))]
    public async Task Request_AsItMayBe_ReachesTheWorker(string text, string expected)
    {
        await using FrontHost host = await FrontHost.StartAsync();
        using RawClient client = host.Connect();
        foreach (int _ in Enumerable.Range(0, text.Contains("1.0", StringComparison.Ordinal) ? 1 : 2))
        {
            await client.SendAsync(text);
            SentRequest sent = await host.Worker.NextRequestAsync();
            string? Field(string name) => sent.Headers.Where(h => h.Name == name).Select(static h => h.Value).SingleOrDefault();
            string framing = Field("content-length") ?? Field("transfer-encoding") ?? "";
            string body = System.Text.Encoding.ASCII.GetString(sent.Body);
            Assert.Equal(expected.TrimEnd(), $"{sent.Method} {sent.Path} {sent.Query} {Field("host")} {framing} {body}".TrimEnd());
            Assert.DoesNotContain("x-content-length", sent.Headers.Select(static h => h.Name));
            host.Worker.Respond(sent.Id, 200, "hello");
            Assert.Equal("hello", await client.ReadResponseAsync());
            if (text.Contains("Content-Length", StringComparison.Ordinal) && text.Contains("Transfer-Encoding", StringComparison.Ordinal))
            {
                // RFC 9112, section 6.1: both of them is somebody's mistake or attack.
                Assert.Equal("", await FrontHost.ReadUntilCutAsync(client));
                return;
            }
        }
    }

    [Fact]
    public async Task Request_ChunksInHttp10_EndsTheConnection()
    {
        await using FrontHost host = await FrontHost.StartAsync();
        using RawClient client = host.Connect();
        await client.SendAsync(
            "POST /a HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n");
        SentRequest sent = await host.Worker.NextRequestAsync();
        Assert.Equal("POST", sent.Method);
        host.Worker.Respond(sent.Id, 200, "hello");

        string answer = await FrontHost.ReadUntilCutAsync(client);
        Assert.EndsWith("hello", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nConnection: close\r\n", answer, StringComparison.Ordinal);
        Assert.Empty(host.Worker.TakeRequests());
        Assert.Equal(["\"POST /a HTTP/1.0\" 200 5"], await host.StopAndReadLinesAsync());
    }

    // What follows a body that nobody has read is not looked at: the connection ends with the early answer.
    [Theory]
    [InlineData("Content-Length: +3")]
    [InlineData("X-B: 1")]
    public async Task Request_BehindAChunkedBodyThatNobodyHasRead_IsForNobody(string field)
    {
        await using FrontHost host = await FrontHost.StartAsync();
        using RawClient client = host.Connect();
        string chunk = $"10000\r\n{new string('x', 65536)}\r\n";
        await client.SendAsync(Post + "Transfer-Encoding: chunked\r\n\r\n" + chunk);
        Task sending = client.SendAsync(string.Concat(Enumerable.Repeat(chunk, 24)) + "0\r\nT: 1\r\n\r\n" + Get + field + "\r\n\r\n");
        SentRequest first = await host.Worker.NextRequestAsync();
        host.Worker.Respond(first.Id, 200, "first");
        string answer = await FrontHost.ReadUntilCutAsync(client);
        await sending;

        Assert.EndsWith("first", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nConnection: close\r\n", answer, StringComparison.Ordinal);
        Assert.Empty(host.Worker.TakeRequests());
        Assert.Empty(host.Complaints);
    }

    [Theory]
    [InlineData(SocketShutdown.Send)]
    [InlineData(SocketShutdown.Both)]
    public async Task Request_ThatIsRefused_IsNotServedInPieces(SocketShutdown end)
    {
        await using FrontHost host = await FrontHost.StartAsync(HttpProtocols.Http1, null);
        using RawClient client = host.Connect();
        foreach (char one in Post + "X: a\0\r\n")
        {
            await client.SendAsync(one.ToString());
        }

        Assert.StartsWith("HTTP/1.1 400 ", await client.ReadHeadAsync(), StringComparison.Ordinal);
        client.Socket.Shutdown(end);
        Assert.Equal(["\"POST /a HTTP/1.1\" 400 0"], await host.StopAndReadLinesAsync());
    }
}
