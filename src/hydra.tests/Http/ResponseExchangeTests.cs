using System.Net;
using System.Text;
using Hydra.Http;
using Hydra.Tests.Functional.Harness;
using Hydra.Tests.Http.Fakes;
using Hydra.Tests.Transport;
using Hydra.Tests.Workers;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>What a worker may answer with beside bytes: files (<see cref="FileRange"/>), hints and trailers, as <see cref="ResponseExchange"/> takes them and <see cref="EarlyHints"/> says them.</summary>
public sealed class ResponseExchangeTests : IDisposable
{
    private const string Get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(0, ulong.MaxValue, "0123456789")]
    [InlineData(3, ulong.MaxValue, "3456789")]
    [InlineData(3, 4, "3456")]
    [InlineData(8, 3, "89")]
    [InlineData(10, ulong.MaxValue, "")]
    [InlineData(ulong.MaxValue, 2, "")]
    [InlineData(ulong.MaxValue, ulong.MaxValue, "")]
    public async Task OnFileResponse_PartOfAFile_IsTheBodyWithItsLength(ulong offset, ulong length, string expected)
    {
        await using FrontHost host = await FrontHost.StartAsync();
        using RawClient client = host.Connect();
        string path = _directory.File("a.txt", "0123456789");
        for (int i = 0; i < 2; i++)
        {
            await client.SendAsync(Get);
            host.Worker.RespondFile((await host.Worker.NextRequestAsync()).Id, path, offset, length);

            Assert.Equal(expected, await client.ReadResponseAsync());
        }
    }

    [Theory]
    [InlineData("none", "Not Found\n")]
    [InlineData("a.txt/none", "Not Found\n")]
    [InlineData("", "Internal Server Error\n")]
    public async Task OnFileResponse_WhatCannotBeSent_IsAnError(string name, string expected)
    {
        await using FrontHost host = await FrontHost.StartAsync();
        using RawClient client = host.Connect();
        _directory.File("a.txt", "0123456789");
        await client.SendAsync(Get);
        host.Worker.RespondFile((await host.Worker.NextRequestAsync()).Id, Path.Combine(_directory.Path, name));

        Assert.Equal(expected, await client.ReadResponseAsync());
    }

    [Fact]
    public async Task OnFile_BehindAPartOfTheBody_ComesBehindIt()
    {
        await using FrontHost host = await FrontHost.StartAsync();
        using RawClient client = host.Connect();
        await client.SendAsync(Get);
        ulong id = (await host.Worker.NextRequestAsync()).Id;
        host.Worker.BeginResponse(id, 200, "first ", ("content-length", "16"));
        host.Worker.SendFile(id, _directory.File("a.txt", "0123456789"), end: true);

        Assert.Equal("first 0123456789", await client.ReadResponseAsync());
    }

    // What the worker does wrong is never sent: a second head in the fields.
    [Fact]
    public async Task OnHint_Fields_AreAnAnswerOfTheirOwnWithoutThoseOfTheConnection()
    {
        await using FrontHost host = await FrontHost.StartAsync();
        using RawClient client = host.Connect();
        await client.SendAsync(Get);
        ulong id = (await host.Worker.NextRequestAsync()).Id;
        host.Worker.Hint(id, ("Link", "</a>"), ("Connection", "close"), ("Content-Length", "3"));
        host.Worker.Hint(id, ("Link", "</b>\r\nX: y"));
        host.Worker.Respond(id, 200, "hello");

        Assert.Equal("HTTP/1.1 103 Early Hints\r\nLink: </a>", await client.ReadHeadAsync());
        Assert.Equal("hello", await client.ReadResponseAsync());
    }

    [Theory]
    [InlineData("TE: trailers\r\n", true)]
    [InlineData("TE: gzip, TRAILERS\r\nConnection: TE\r\n", true)]
    [InlineData("TE: gzip\r\nTE: trailers\r\n", true)]
    [InlineData("TE: trailers;q=1\r\n", false)]
    [InlineData("TE: gzip\r\n", false)]
    [InlineData("", false)]
    public async Task OnTrailers_OfHttp11_AreForClientsThatSaySo(string field, bool expected)
    {
        await using FrontHost host = await FrontHost.StartAsync();
        await using RawConnection client = await RawConnection.OpenAsync(host.EndPoint.Port);
        for (int i = 0; i < 2; i++)
        {
            await client.GetAsync("/a", field);
            ulong id = (await host.Worker.NextRequestAsync()).Id;
            host.Worker.BeginResponse(id, 200, "one ", ("Trailer", "X-Sum"));
            host.Worker.SendBody(id, "two"u8);
            host.Worker.SendTrailers(id, ("X-Sum", "7"), ("x-sum", "f\u00fcr"), ("x-empty", ""));
            RawResponse response = await client.ReadResponseAsync();

            Assert.Equal(("one two", true, "chunked", "X-Sum"), (response.Text, response.IsComplete, response.Value("Transfer-Encoding"), response.Value("Trailer")));
            Assert.Equal(expected ? ["X-Sum: 7", "x-sum: f\u00fcr", "x-empty: "] : [], response.Trailers.Select(static each => $"{each.Key}: {each.Value}"));
        }

        Assert.Equal(["\"GET /a HTTP/1.1\" 200 7", "\"GET /a HTTP/1.1\" 200 7"], await host.StopAndReadLinesAsync());
    }

    [Theory]
    [InlineData("GET /a HTTP/1.1", 200, "content-length")]
    [InlineData("HEAD /a HTTP/1.1", 200, "x-other")]
    [InlineData("GET /a HTTP/1.1", 204, "x-other")]
    [InlineData("GET /a HTTP/1.1", 304, "x-other")]
    [InlineData("GET /a HTTP/1.0", 200, "x-other")]
    public async Task OnTrailers_WithoutAPlaceForThem_AreLeftOut(string line, int status, string field)
    {
        await using FrontHost host = await FrontHost.StartAsync();
        await using RawConnection client = await RawConnection.OpenAsync(host.EndPoint.Port);
        for (int i = line.EndsWith('0') ? 1 : 0; i < 2; i++)
        {
            await client.SendAsync($"{line}\r\nHost: h\r\nTE: trailers\r\n\r\n");
            ulong id = (await host.Worker.NextRequestAsync()).Id;
            host.Worker.BeginResponse(id, status, "hello", (field, "5"));
            host.Worker.SendTrailers(id, ("x-sum", "7"));
            RawResponse response = await client.ReadResponseAsync(isHead: line.StartsWith('H'));

            Assert.Equal((status, line.StartsWith('H') || status != 200 ? "" : "hello"), (response.Status, response.Text));
            Assert.DoesNotContain(response.Headers, static each => each.Value == "chunked");
        }
    }

    [Fact]
    public async Task OnTrailers_BodyOfManyChunks_IsThatOfTheWorker()
    {
        await using FrontHost host = await FrontHost.StartAsync();
        await using RawConnection client = await RawConnection.OpenAsync(host.EndPoint.Port);
        string first = new('a', 60_000), second = new('b', 50_000);
        await client.GetAsync("/a", "TE: trailers\r\n");
        ulong id = (await host.Worker.NextRequestAsync()).Id;
        host.Worker.BeginResponse(id, 200, first);
        host.Worker.SendBody(id, Encoding.ASCII.GetBytes(second));
        host.Worker.SendTrailers(id, ("x-sum", new string('7', 60_000)));
        RawResponse response = await client.ReadResponseAsync();

        Assert.Equal(first + second, response.Text);
        Assert.Equal(60_000, Assert.Single(response.Trailers).Value.Length);
    }

    [Fact]
    public async Task OnTrailers_BehindAFile_ComeBehindIt()
    {
        await using FrontHost host = await FrontHost.StartAsync();
        await using RawConnection client = await RawConnection.OpenAsync(host.EndPoint.Port);
        string path = _directory.File("a.txt", "0123456789");
        await client.GetAsync("/a", "TE: trailers\r\n");
        ulong id = (await host.Worker.NextRequestAsync()).Id;
        host.Worker.BeginResponse(id, 200, "<");
        host.Worker.SendFile(id, path, end: false);
        await host.Worker.OpenedAsync(id);
        host.Worker.SendTrailers(id, ("x-sum", "7"));
        RawResponse response = await client.ReadResponseAsync();

        Assert.Equal(("<0123456789", "7"), (response.Text, Assert.Single(response.Trailers).Value));
    }

    [Theory]
    [InlineData("content-length", "5", "would have to be known before the body")]
    [InlineData("Transfer-Encoding", "chunked", "would have to be known before the body")]
    [InlineData("x-a", "b\r\nSet-Cookie: c=d", "its trailer number 1 is invalid: the value has a control character")]
    [InlineData("x a", "b", "its trailer number 1 is invalid: the name has a character")]
    public async Task OnTrailers_ThatBreakARule_AreNoEnd(string name, string value, string expected)
    {
        await using FrontHost host = await FrontHost.StartAsync();
        await using RawConnection client = await RawConnection.OpenAsync(host.EndPoint.Port);
        await client.GetAsync("/a", "TE: trailers\r\n");
        ulong id = (await host.Worker.NextRequestAsync()).Id;
        host.Worker.BeginResponse(id, 200, "hello");
        await client.ReadHeadAsync();
        Assert.Equal("hello"u8.ToArray(), await client.ReadChunkAsync());
        host.Worker.SendTrailers(id, (name, value));

        Assert.Null(await client.ReadChunkAsync());
        Assert.Contains(host.Complaints, text => text.Contains(expected, StringComparison.Ordinal));
        Assert.Null(host.Worker.Violation);
    }

    [Fact]
    public async Task OnTrailers_BodyShorterThanItsLength_IsNoEnd()
    {
        await using FrontHost host = await FrontHost.StartAsync();
        await using RawConnection client = await RawConnection.OpenAsync(host.EndPoint.Port);
        await client.GetAsync("/a");
        ulong id = (await host.Worker.NextRequestAsync()).Id;
        host.Worker.BeginResponse(id, 200, "hello", ("content-length", "6"));
        await client.ReadHeadAsync();
        host.Worker.SendTrailers(id, ("x-sum", "7"));

        Assert.InRange((await client.ReadToEndAsync()).Length, 0, 5);
        Assert.Contains(host.Complaints, static text => text.Contains("its body has 5 bytes, its Content-Length says 6", StringComparison.Ordinal));
    }

    [Fact]
    public async Task OnTrailers_BeforeTheResponse_BreakTheLink()
    {
        await using FrontHost host = await FrontHost.StartAsync();
        await using RawConnection client = await RawConnection.OpenAsync(host.EndPoint.Port);
        await client.GetAsync("/a", "TE: trailers\r\n");
        host.Worker.SendTrailers((await host.Worker.NextRequestAsync()).Id, ("x-sum", "7"));

        Assert.Equal("a TRAILERS frame came before its RESPONSE, or before a file was opened", host.Worker.Violation);
    }

    [Fact]
    public async Task OnTrailers_ResponseThatBreaksOff_HasNoLastChunk()
    {
        await using FrontHost host = await FrontHost.StartAsync();
        await using RawConnection client = await RawConnection.OpenAsync(host.EndPoint.Port);
        await client.GetAsync("/a", "TE: trailers\r\n");
        ulong id = (await host.Worker.NextRequestAsync()).Id;
        host.Worker.BeginResponse(id, 200, "hello");
        await client.ReadHeadAsync();
        Assert.Equal("hello"u8.ToArray(), await client.ReadChunkAsync());
        host.Worker.Reset(id);

        Assert.Null(await client.ReadChunkAsync());
    }

    [Theory]
    [InlineData(HttpStatusCode.OK, false, true)]
    [InlineData(HttpStatusCode.OK, true, true)]
    [InlineData(HttpStatusCode.NoContent, false, false)]
    public async Task OnTrailers_OfHttp2_AreForAll(HttpStatusCode status, bool hasLength, bool expected)
    {
        await using FrontHost host = await FrontHost.StartAsync(HttpProtocols.Http2, null);
        using var client = new HttpClient { BaseAddress = new Uri($"http://{host.EndPoint}"), DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        for (int i = 0; i < 2; i++)
        {
            Task<HttpResponseMessage> answer = client.GetAsync(new Uri("/a", UriKind.Relative));
            ulong id = (await host.Worker.NextRequestAsync()).Id;
            host.Worker.BeginResponse(id, (int)status, expected ? "hello" : "", hasLength ? ("content-length", "5") : ("trailer", "x-sum"));
            host.Worker.SendTrailers(id, ("X-Sum", "7"), ("grpc-message", "f\u00fcr"), ("x-long", new string('x', 20_000)));
            using HttpResponseMessage response = await answer;

            Assert.Equal((status, expected ? "hello" : ""), (response.StatusCode, await response.Content.ReadAsStringAsync()));
            Assert.Equal(expected, response.TrailingHeaders.TryGetValues("x-sum", out IEnumerable<string>? sums) && sums.Single() == "7");
            Assert.Equal(expected, response.TrailingHeaders.TryGetValues("x-long", out IEnumerable<string>? longs) && longs.Single().Length == 20_000);
        }
    }

    [Fact]
    public async Task OnHint_ClientOfHttp2_GetsNone()
    {
        await using FrontHost host = await FrontHost.StartAsync(HttpProtocols.Http2, null);
        using var client = new HttpClient { BaseAddress = new Uri($"http://{host.EndPoint}"), DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        Task<string> answer = client.GetStringAsync(new Uri("/a", UriKind.Relative));
        ulong id = (await host.Worker.NextRequestAsync()).Id;
        host.Worker.Hint(id, ("Link", "</a>"));
        host.Worker.Respond(id, 200, "hello");

        Assert.Equal("hello", await answer);
    }
}
