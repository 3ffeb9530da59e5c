using System.Text;
using Hydra.Coding;
using Hydra.Diagnostics;
using Hydra.Edge;
using Hydra.Primitives;
using Hydra.Tests.Coding;
using Hydra.Tests.Functional.Harness;
using Hydra.Tests.Http.Fakes;
using Hydra.Tests.Transport;
using Xunit;

namespace Hydra.Tests.Edge;

/// <summary><see cref="CompressionPart"/> with its <see cref="CompressionGate"/> and <see cref="CompressedStream"/>, in the front.</summary>
public sealed class CompressionPartTests
{
    private static readonly byte[] Body = Decoded.Sample(10_000);
    private static readonly string Text = Encoding.ASCII.GetString(Body);

    private readonly MemoryBudget _memory = new(16 * 1024 * 1024);
    private readonly CodingMetrics _metrics = new();

    [Theory]
    [InlineData(ContentCoding.Gzip)]
    [InlineData(ContentCoding.Brotli)]
    [InlineData(ContentCoding.Zstd)]
    internal async Task Whole_Response_IsEncodedWithItsLength(ContentCoding coding)
    {
        await using FrontHost host = await StartAsync();
        using RawClient client = host.Connect();
        (string head, byte[] body) = await AskAsync(host, client, coding.Name(), Text, ("content-type", "text/html"), ("etag", "\"abc\""));

        Assert.Contains($"\r\nContent-Encoding: {coding.Name()}", head, StringComparison.Ordinal);
        Assert.Contains($"\r\nContent-Length: {body.Length}", head, StringComparison.Ordinal);
        Assert.Contains("\r\nVary: Accept-Encoding", head, StringComparison.Ordinal);
        Assert.Contains("\r\nETag: W/\"abc\"", head, StringComparison.Ordinal);
        Assert.Equal(Body, Decoded.Whole(coding, body));

        // The connection goes on.
        Assert.Equal("hello", Encoding.ASCII.GetString((await AskAsync(host, client, coding.Name(), "hello", ("content-type", "text/html"))).Body));
        Assert.Equal([$"\"GET / HTTP/1.1\" 200 {body.Length}", "\"GET / HTTP/1.1\" 200 5"], await host.StopAndReadLinesAsync());
        var metrics = new StringBuilder();
        _metrics.Write(metrics);
        Assert.Contains($"hydra_compressed_output_bytes_total{{coding=\"{coding.Name()}\"}} {body.Length}\n", metrics.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("identity", true)]
    [InlineData("gzip;q=0", true)]
    [InlineData(null, true)]
    public async Task Whole_ClientWithoutCodings_GetsItAsItIsAndHearsWhy(string? accepted, bool varies)
    {
        await using FrontHost host = await StartAsync();
        using RawClient client = host.Connect();
        (string head, byte[] body) = await AskAsync(host, client, accepted, Text, ("content-type", "text/html"), ("etag", "\"abc\""), ("vary", "Cookie"));

        Assert.Equal(Body, body);
        Assert.Equal(varies, head.Contains("\r\nVary: Cookie, Accept-Encoding", StringComparison.Ordinal));
        Assert.DoesNotContain("Content-Encoding", head, StringComparison.Ordinal);
        Assert.Contains("\r\nETag: \"abc\"", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whole_OfAnotherType_IsLeftAlone()
    {
        await using FrontHost host = await StartAsync();
        using RawClient client = host.Connect();
        (string head, byte[] body) = await AskAsync(host, client, "gzip", Text, ("content-type", "image/png"), ("accept-ranges", "bytes"));

        Assert.Equal(Body, body);
        Assert.DoesNotContain("Vary", head, StringComparison.Ordinal);
        Assert.Contains("\r\nAccept-Ranges: bytes", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whole_WithRanges_IsEncodedAndOffersNone()
    {
        await using FrontHost host = await StartAsync();
        using RawClient client = host.Connect();
        (string head, byte[] body) = await AskAsync(host, client, "gzip", Text, ("content-type", "text/css"), ("accept-ranges", "bytes"));

        Assert.Equal(Body, Decoded.Whole(ContentCoding.Gzip, body));
        Assert.DoesNotContain("Accept-Ranges", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whole_ThatWouldBecomeLonger_IsLeftAlone()
    {
        await using FrontHost host = await StartAsync();
        using RawClient client = host.Connect();
        (string head, byte[] body) = await AskAsync(host, client, "gzip, identity;q=0", "hi", ("content-type", "text/plain"), ("etag", "\"abc\""));

        Assert.Equal("hi"u8.ToArray(), body);
        Assert.DoesNotContain("Content-Encoding", head, StringComparison.Ordinal);
        Assert.Contains("\r\nETag: \"abc\"", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_EachPiece_IsHereBeforeTheNextIsSent()
    {
        foreach (ContentCoding coding in (ContentCoding[])[ContentCoding.Gzip, ContentCoding.Brotli, ContentCoding.Zstd])
        {
            await using FrontHost host = await StartAsync();
            await using RawConnection client = await RawConnection.OpenAsync(host.EndPoint.Port);
            await client.GetAsync("/", $"Accept-Encoding: {coding.Name()}\r\n");
            SentRequest request = await host.Worker.NextRequestAsync();
            host.Worker.BeginResponse(request.Id, 200, "", ("content-type", "text/plain"));
            (_, List<KeyValuePair<string, string>> fields) = await client.ReadHeadAsync();
            Assert.Contains(fields, field => field.Key == "Content-Encoding" && field.Value == coding.Name());
            var got = new MemoryStream();
            for (int i = 0; i < 5; i++)
            {
                byte[] piece = Encoding.ASCII.GetBytes($"piece {i} ");
                host.Worker.SendBody(request.Id, piece);
                int expected = piece.Length * (i + 1);
                await ReadUntilAsync(client, got, data => CanDecode(coding, data, expected));
            }

            Assert.Equal("piece 0 piece 1 piece 2 piece 3 piece 4 ", Encoding.ASCII.GetString(Decoded.First(coding, got.ToArray(), 40)));
            host.Worker.SendBody(request.Id, default, end: true);
            while (await client.ReadChunkAsync() is { Length: > 0 } chunk)
            {
                got.Write(chunk);
            }

            Assert.Equal(40, Decoded.Whole(coding, got.ToArray()).Length);
            await Eventually.HoldsAsync(() => _memory.Used == 0, "what the stream held is given back");
        }
    }

    [Fact]
    public async Task Stream_Long_IsWholeAndTheWorkerMaySendAll()
    {
        const int pieces = 64;
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await RawConnection.OpenAsync(host.EndPoint.Port);
        await client.GetAsync("/", "Accept-Encoding: br\r\n");
        SentRequest request = await host.Worker.NextRequestAsync();
        host.Worker.BeginResponse(request.Id, 200, "", ("content-type", "application/json"), ("content-length", $"{pieces * Body.Length}"));
        Task<RawResponse> reading = client.ReadResponseAsync();
        long credit = host.Bodies.Options.ResponseWindow;
        for (int i = 0; i < pieces; i++)
        {
            await Eventually.HoldsAsync(() => (credit += host.Worker.TakeCredit(request.Id)) >= Body.Length, "credit for more");
            credit -= Body.Length;
            host.Worker.SendBody(request.Id, Body, end: i == pieces - 1);
        }

        RawResponse response = await reading;
        Assert.Null(response.Value("Content-Length"));
        Assert.Equal(Enumerable.Repeat(Body, pieces).SelectMany(static piece => piece), Decoded.Whole(ContentCoding.Brotli, response.Body));
        Assert.Null(host.Worker.Violation);
    }

    [Fact]
    public async Task Stream_BreaksOff_WhatCameIsHereAndTheEndIsNot()
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await RawConnection.OpenAsync(host.EndPoint.Port);
        await client.GetAsync("/", "Accept-Encoding: gzip\r\n");
        SentRequest request = await host.Worker.NextRequestAsync();
        host.Worker.BeginResponse(request.Id, 200, "the first", ("content-type", "text/plain"));
        await client.ReadHeadAsync();
        var got = new MemoryStream();
        await ReadUntilAsync(client, got, static data => CanDecode(ContentCoding.Gzip, data, 9));
        host.Fleet.Crash(host.Worker);

        Assert.Null(await client.ReadChunkAsync());
        await Eventually.HoldsAsync(() => host.Log.Has(1502) && _memory.Used == 0, "the log says that the response was cut off");
    }

    [Fact]
    public async Task Stream_NoMemory_GoesAsItIs()
    {
        _memory.Take(_memory.Capacity);
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await RawConnection.OpenAsync(host.EndPoint.Port);
        await client.GetAsync("/", "Accept-Encoding: gzip\r\n");
        SentRequest request = await host.Worker.NextRequestAsync();
        host.Worker.BeginResponse(request.Id, 200, "one", ("content-type", "text/plain"));
        host.Worker.SendBody(request.Id, "two"u8, end: true);

        RawResponse response = await client.ReadResponseAsync();
        Assert.Equal(("onetwo", "Accept-Encoding", null), (response.Text, response.Value("Vary"), response.Value("Content-Encoding")));
    }

    [Fact]
    public async Task Stream_ForHttp10_GoesAsItIs()
    {
        await using FrontHost host = await StartAsync();
        using RawClient client = host.Connect();
        await client.SendAsync("GET / HTTP/1.0\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n");
        SentRequest request = await host.Worker.NextRequestAsync();
        host.Worker.BeginResponse(request.Id, 200, "one", ("content-type", "text/plain"));
        host.Worker.SendBody(request.Id, "two"u8, end: true);

        Assert.EndsWith("\r\n\r\nonetwo", Encoding.ASCII.GetString(await client.ReadToEndAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task File_OfAnyLength_IsEncoded()
    {
        string path = Path.GetTempFileName();
        byte[] content = Decoded.Sample(300_000);
        await File.WriteAllBytesAsync(path, content);
        try
        {
            await using FrontHost host = await StartAsync();
            await using RawConnection client = await RawConnection.OpenAsync(host.EndPoint.Port);
            await client.GetAsync("/", "Accept-Encoding: gzip\r\n");
            SentRequest request = await host.Worker.NextRequestAsync();
            host.Worker.RespondFile(request.Id, path, headers: [("content-type", "text/css"), ("content-length", $"{content.Length}")]);

            RawResponse response = await client.ReadResponseAsync();
            Assert.Equal("gzip", response.Value("Content-Encoding"));
            Assert.Equal(content, Decoded.Whole(ContentCoding.Gzip, response.Body));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("10000", "gzip")]
    [InlineData("100", null)]
    [InlineData(null, null)]
    public async Task Head_LengthKnown_IsAnsweredAsGetWouldBe(string? length, string? coding)
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await RawConnection.OpenAsync(host.EndPoint.Port);
        await client.SendAsync("HEAD / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n");
        SentRequest request = await host.Worker.NextRequestAsync();
        host.Worker.Respond(request.Id, 200, "", [("content-type", "text/plain"), ("etag", "\"abc\""), .. length is null ? [] : ((string, string)[])[("content-length", length)]]);

        RawResponse response = await client.ReadResponseAsync(isHead: true);
        Assert.Equal(coding, response.Value("Content-Encoding"));
        Assert.Equal(coding is null ? length : null, response.Value("Content-Length"));
        Assert.Equal(coding is null ? "\"abc\"" : "W/\"abc\"", response.Value("ETag"));
        Assert.Equal(length == "100" ? null : "Accept-Encoding", response.Value("Vary"));
    }

    [Fact]
    public async Task NotModified_WeakTagAsked_HasItAndVary()
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await RawConnection.OpenAsync(host.EndPoint.Port);
        await client.GetAsync("/", "Accept-Encoding: gzip\r\nIf-None-Match: W/\"abc\"\r\n");
        SentRequest request = await host.Worker.NextRequestAsync();
        Assert.Contains(("if-none-match", "W/\"abc\""), request.Headers);
        host.Worker.Respond(request.Id, 304, "", ("etag", "\"abc\""));

        RawResponse response = await client.ReadResponseAsync();
        Assert.Equal((304, "W/\"abc\"", "Accept-Encoding"), (response.Status, response.Value("ETag"), response.Value("Vary")));
    }

    [Fact]
    public async Task IfMatch_WeakTag_IsStrongForTheApplication()
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await RawConnection.OpenAsync(host.EndPoint.Port);
        await client.SendAsync("PUT / HTTP/1.1\r\nHost: h\r\nIf-Match: W/\"abc\"\r\nContent-Length: 0\r\n\r\n");
        SentRequest request = await host.Worker.NextRequestAsync();
        Assert.Contains(("if-match", "\"abc\""), request.Headers);
        Assert.Single(request.Headers, static field => field.Item1 == "if-match");
        host.Worker.Respond(request.Id, 200, "ok");
        await client.ReadResponseAsync();
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public async Task Trailers_OfWhatIsEncoded_AreBehindIt(bool takesThem, bool isWhole)
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await RawConnection.OpenAsync(host.EndPoint.Port);
        for (int i = 0; i < 2; i++)
        {
            await client.GetAsync("/", "Accept-Encoding: gzip\r\n" + (takesThem ? "TE: trailers\r\n" : ""));
            ulong id = (await host.Worker.NextRequestAsync()).Id;
            host.Worker.BeginResponse(id, 200, Text, ("content-type", "text/html"));
            if (!isWhole)
            {
                Assert.Equal("gzip", (await client.ReadHeadAsync()).Headers.Single(static field => field.Key == "Content-Encoding").Value);
            }

            host.Worker.SendTrailers(id, ("x-sum", "7"));
            byte[] body;
            if (isWhole)
            {
                body = (await client.ReadResponseAsync()).Body;
            }
            else
            {
                using var got = new MemoryStream();
                while (Assert.IsType<byte[]>(await client.ReadChunkAsync()) is { Length: > 0 } chunk)
                {
                    got.Write(chunk);
                }

                body = got.ToArray();
            }

            Assert.Equal(Body, Decoded.Whole(ContentCoding.Gzip, body));
            Assert.Equal(takesThem ? ["x-sum: 7"] : [], client.Trailers.Select(static field => $"{field.Key}: {field.Value}"));
        }
    }

    [Fact]
    public async Task Path_Excluded_IsLeftAlone()
    {
        await using FrontHost host = await StartAsync("/login");
        await using RawConnection client = await RawConnection.OpenAsync(host.EndPoint.Port);
        await client.GetAsync("/login/form", "Accept-Encoding: gzip\r\n");
        SentRequest request = await host.Worker.NextRequestAsync();
        host.Worker.Respond(request.Id, 200, Text, ("content-type", "text/html"));

        RawResponse response = await client.ReadResponseAsync();
        Assert.Equal((Text, null), (response.Text, response.Value("Vary")));
    }

    private Task<FrontHost> StartAsync(params string[] excluded)
    {
        var rules = new CompressionRules(
            [ContentCoding.Zstd, ContentCoding.Brotli, ContentCoding.Gzip], CodingLevels.Default, new CompressibleTypes([]), 1024, excluded);
        return FrontHost.StartAsync(new CompressionPart(rules, _memory, _metrics));
    }

    private static async Task<(string Head, byte[] Body)> AskAsync(
        FrontHost host, RawClient client, string? accepted, string text, params (string, string)[] fields)
    {
        await client.SendAsync($"GET / HTTP/1.1\r\nHost: h\r\n{(accepted is null ? "" : $"Accept-Encoding: {accepted}\r\n")}\r\n");
        SentRequest request = await host.Worker.NextRequestAsync();
        host.Worker.Respond(request.Id, 200, text, fields);
        return await client.ReadResponseBytesAsync();
    }

    private static async Task ReadUntilAsync(RawConnection client, MemoryStream got, Func<byte[], bool> isEnough)
    {
        while (!isEnough(got.ToArray()))
        {
            got.Write(Assert.IsType<byte[]>(await client.ReadChunkAsync().WithinLimitAsync("a chunk")));
        }
    }

    private static bool CanDecode(ContentCoding coding, byte[] data, int count)
    {
        try
        {
            return Decoded.First(coding, data, count).Length == count;
        }
        catch (Exception e) when (e is EndOfStreamException or InvalidDataException or ZstdSharp.ZstdException)
        {
            return false;
        }
    }
}
