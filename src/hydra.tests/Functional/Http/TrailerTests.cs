using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Hydra.Tests.Functional.Harness;
using Hydra.Tests.Functional.Proxy;
using Xunit;

namespace Hydra.Tests.Functional.Http;

/// <summary>Fields behind a response's body, from applications and programs to clients of either version of HTTP.</summary>
public sealed class TrailerTests(ServerPool pool) : PooledTests(pool)
{
    private const string Takes = "TE: trailers\r\n";

    [Theory]
    [InlineData("asyncio", null)]
    [InlineData("asyncio", "sockets")]
    [InlineData("uvloop", null)]
    public Task Http11_ClientThatTakesThem_GetsThemInTheLastChunk(string loop, string? transport) => AssertSumAsync(App(["--loop", loop]) with { Transport = transport });

    [PythonModuleFact("trio")]
    public Task Http11_OverTrio_IsTheSame() => AssertSumAsync(App(["--loop", "trio"]));

    [Fact]
    public Task Http11_OnPyPy_IsTheSame() => AssertSumAsync(App([]) with { Python = "pypy3" });

    [Theory]
    [InlineData("GET /sum HTTP/1.1\r\nHost: h\r\n\r\n", true)]
    [InlineData("GET /sum HTTP/1.1\r\nHost: h\r\nTE: gzip\r\n\r\n", true)]
    [InlineData("HEAD /sum HTTP/1.1\r\nHost: h\r\nTE: trailers\r\n\r\n", true)]
    [InlineData("GET /length HTTP/1.1\r\nHost: h\r\nTE: trailers\r\n\r\n", true)]
    [InlineData("GET /sum HTTP/1.0\r\nTE: trailers\r\n\r\n", false)]
    public async Task Http11_WithoutAPlaceForThem_IsTheResponseWithoutThem(string request, bool goesOn)
    {
        HydraServer server = await Pool.GetAsync(App([]));
        await using RawConnection connection = await server.ConnectAsync();
        for (int i = goesOn ? 0 : 1; i < 2; i++)
        {
            RawResponse response = await connection.ExchangeAsync(request, isHead: request.StartsWith('H'));

            Assert.Equal((200, true), (response.Status, response.IsComplete));
            Assert.Empty(response.Trailers);
            Assert.Equal(request.StartsWith('H') ? 0 : request.Contains("/length", StringComparison.Ordinal) ? 5 : 29_000, response.Body.Length);
        }
    }

    [Fact]
    public async Task Http11_BehindAFile_AreBehindIt()
    {
        HydraServer server = await Pool.GetAsync(App([]));
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync("/file", Takes);
        RawResponse response = await connection.ReadResponseAsync();

        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(Repository.Apps, "trailers.py")), response.Body);
        Assert.Equal("7", Assert.Single(response.Trailers).Value);
    }

    [Fact]
    public async Task Http11_Curl_ReadsThem()
    {
        HydraServer server = await Pool.GetAsync(App([]));

        Assert.EndsWith("\r\n0\r\nx-sum: " + Sum() + "\r\nx-more: f\u00fcr\r\n\r\n", await CurlAsync(server, "/sum", "--raw", "-H", "TE: trailers"), StringComparison.Ordinal);
        Assert.Contains("x-sum: " + Sum(), await CurlAsync(server, "/sum", "-H", "TE: trailers", "-o", "/dev/null", "-D", "-"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Http2_Clients_GetThemWithOrWithoutAsking()
    {
        HydraServer server = await Pool.GetAsync(App([]));
        foreach (string[] more in (string[][])[[], ["-H", "TE: trailers"]])
        {
            string text = await CurlAsync(server, "/sum", ["--http2-prior-knowledge", "-D", "-", .. more]);
            Assert.StartsWith("HTTP/2 200", text, StringComparison.Ordinal);
            Assert.Contains($"x-sum: {Sum()}\r\nx-more: f\u00fcr\r\n", text, StringComparison.Ordinal);
            Assert.Contains(Text(), text, StringComparison.Ordinal);
        }
    }

    // curl is content with what a Content-Length says, and looks no further.
    [Theory]
    [InlineData("/sum")]
    [InlineData("/length")]
    public async Task Http2_Nghttp_SeesThemEndTheStream(string path)
    {
        HydraServer server = await Pool.GetAsync(App([]));
        string text = await RunAsync("nghttp", "-v", "--no-dep", new Uri(server.Address, path).AbsoluteUri);
        int trailers = text.IndexOf("x-sum: " + (path == "/sum" ? Sum() : "7"), StringComparison.Ordinal);

        Assert.True(trailers > text.LastIndexOf("recv DATA frame", StringComparison.Ordinal), text);
        Assert.Contains("; END_STREAM | END_HEADERS", text[trailers..], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Http2_CallAsOfGrpc_HasItsStatusBehindTheMessages()
    {
        HydraServer server = await Pool.GetAsync(App([]));
        await using Http2Connection client = await Http2Connection.OpenAsync(server);
        (string, string)[] fields = [(":method", "POST"), (":scheme", "http"), (":authority", "test"), (":path", "/grpc"), ("te", "trailers"), ("content-type", "application/grpc")];
        byte[] message = [0, 0, 0, 0, 2, 8, 1];
        await client.SendAsync(Http2Connection.Frame(Http2Connection.Headers, Http2Connection.EndHeaders, 1, Http2Connection.Block(fields)),
            Http2Connection.Frame(Http2Connection.Data, Http2Connection.EndStream, 1, message));

        Http2Frame head = (await client.ReadUntilAsync(Http2Connection.Headers, 1))!;
        Assert.Equal(0, head.Flags & Http2Connection.EndStream);
        Http2Frame data = (await client.ReadUntilAsync(Http2Connection.Data, 1))!;
        Assert.Equal(message, data.Payload);
        Assert.Equal(0, data.Flags & Http2Connection.EndStream);
        Http2Frame trailers = (await client.ReadUntilAsync(Http2Connection.Headers, 1))!;
        Assert.Equal(Http2Connection.EndStream | Http2Connection.EndHeaders, trailers.Flags);
    }

    [Fact]
    public async Task Extension_IsThereWhereTheyArrive()
    {
        HydraServer server = await Pool.GetAsync(App([]));
        const string Files = "http.response.pathsend,", Trailers = "http.response.trailers,", Last = "http.response.zerocopysend", Hints = "http.response.early_hint,";

        Assert.Equal(Hints + Files + Last, await CurlAsync(server, "/extensions"));
        Assert.Equal(Hints + Files + Trailers + Last, await CurlAsync(server, "/extensions", "-H", "TE: trailers"));
        Assert.Equal(Files + Last, await CurlAsync(server, "/extensions", "-H", "TE: trailers", "--http1.0"));
        Assert.Equal(Files + Trailers + Last, await CurlAsync(server, "/extensions", "--http2-prior-knowledge"));
    }

    // Kestrel has no answers of status 1xx over HTTP/2.
    [Fact]
    public async Task EarlyHints_OverHttp2_AreLeftOut()
    {
        HydraServer server = await Pool.GetAsync(App([]));
        HydraServer wsgi = await Pool.GetAsync(new ServerSpec("trailers:wsgi"));
        foreach ((HydraServer each, string path, string expected) in ((HydraServer, string, string)[])[(server, "/hints", "http.response.pathsend"), (wsgi, "/", "HTTP/2")])
        {
            string text = await CurlAsync(each, path, "--http2-prior-knowledge", "-D", "-");

            Assert.StartsWith("HTTP/2 200", text, StringComparison.Ordinal);
            Assert.DoesNotContain("103", text, StringComparison.Ordinal);
            Assert.DoesNotContain("early_hint", text, StringComparison.Ordinal);
            Assert.Contains(expected, text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("/forgets", "returned without the trailers that it had promised")]
    [InlineData("/forbidden", "set-cookie cannot be a trailer")]
    [InlineData("/unpromised", "had no \"trailers\": True")]
    public async Task Promise_ThatIsNotKept_IsNoEnd(string path, string expected)
    {
        HydraServer server = await Pool.GetAsync(App([]));
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync(path, Takes);
        RawResponse response = await connection.ReadResponseAsync();
        Assert.Equal(("hello", false), (response.Text, response.IsComplete));
        await ExpectAsync(server, path, expected);

        await using Http2Connection client = await Http2Connection.OpenAsync(server);
        await client.SendAsync(Http2Connection.Request(1, Http2Connection.Get(path)));
        Assert.NotNull(await client.ReadUntilAsync(Http2Connection.Reset, 1));
        await ExpectAsync(server, path, expected);

        static async Task ExpectAsync(HydraServer server, string path, string expected)
        {
            // The front's, and the worker's.
            await server.Log.ExpectErrorAsync($"GET {path}: the response was cut off", expected);
            await server.Log.ExpectErrorAsync(expected);
        }
    }

    [Theory]
    [InlineData("/sum")]
    [InlineData("/file")]
    public async Task Compressed_Responses_KeepThem(string path)
    {
        HydraServer server = await Pool.GetAsync(App(["--compress", "--compress-min-size", "10"]));
        string plain = await CurlAsync(server, path, "-H", "TE: trailers");
        foreach (string version in (string[])["--http1.1", "--http2-prior-knowledge"])
        {
            string text = await CurlAsync(server, path, version, "-H", "TE: trailers", "--compressed", "-D", "-");

            Assert.Contains("content-encoding: ", text, StringComparison.OrdinalIgnoreCase);
            Assert.Contains("x-sum: " + (path == "/sum" ? Sum() : "7"), text, StringComparison.Ordinal);
            Assert.Contains(plain, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Cache_DoesNotKeepSuchResponses()
    {
        HydraServer server = await Pool.GetAsync(App(["--cache", "10m"]));
        for (int i = 0; i < 2; i++)
        {
            string text = await CurlAsync(server, "/sum", "-H", "TE: trailers", "-D", "-");

            Assert.Contains("x-sum: " + Sum(), text, StringComparison.Ordinal);
            Assert.DoesNotContain("stored", text, StringComparison.Ordinal);
        }
    }

    [PythonModuleFact("starlette")]
    public async Task Starlette_MiddlewareThatAddsThem_Works()
    {
        HydraServer server = await Pool.GetAsync(App([]));

        Assert.Contains("server-timing: app;dur=1", await CurlAsync(server, "/starlette", "--http2-prior-knowledge", "-D", "-"), StringComparison.Ordinal);
        Assert.Contains("server-timing: app;dur=1", await CurlAsync(server, "/starlette", "-H", "TE: trailers", "-D", "-"), StringComparison.Ordinal);
        Assert.Equal("0 1 2 ", await CurlAsync(server, "/starlette"));
    }

    [Fact]
    public async Task Raw_Application_SendsThem()
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("trailers:raw") { Arguments = ["--interface", "raw"] });

        Assert.EndsWith("\r\n0\r\nx-size: 7\r\n\r\n", await CurlAsync(server, "/", "--raw", "-H", "TE: trailers"), StringComparison.Ordinal);
        Assert.Contains("x-size: 7", await CurlAsync(server, "/", "--http2-prior-knowledge", "-D", "-"), StringComparison.Ordinal);
        Assert.Equal("one two", await CurlAsync(server, "/"));
    }

    [Fact]
    public async Task Program_WhoseAnswerHasThem_HasThemHandedOn()
    {
        HydraServer server = await Pool.GetAsync(Programs.Raw);
        string text = await CurlAsync(server, "/chunked", "--raw", "-H", "TE: trailers", "-D", "-");

        Assert.Contains("\r\nTrailer: X\r\n", text, StringComparison.Ordinal);
        Assert.EndsWith("\r\n0\r\nX: y\r\n\r\n", text, StringComparison.Ordinal);
        Assert.EndsWith("\r\n0\r\n\r\n", await CurlAsync(server, "/chunked", "--raw"), StringComparison.Ordinal);
        Assert.Contains("hello worldx: y\r\n", await CurlAsync(server, "/chunked", "--http2-prior-knowledge", "-D", "-"), StringComparison.Ordinal);
    }

    private static ServerSpec App(string[] arguments) => new("trailers:app") { Arguments = arguments };

    private static string Text() => string.Concat(Enumerable.Range(0, 100).Select(static number => string.Concat(Enumerable.Repeat($"{number} ", 100))));

    private static string Sum() => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(Text())));

    private static Task<string> CurlAsync(HydraServer server, string path, params string[] arguments)
        => RunAsync("curl", ["--silent", "--max-time", "60", .. arguments, new Uri(server.Address, path).AbsoluteUri]);

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, StandardOutputEncoding = Encoding.Latin1 };
        using Process process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output;
    }

    private async Task AssertSumAsync(ServerSpec spec)
    {
        HydraServer server = await Pool.GetAsync(spec);
        await using RawConnection connection = await server.ConnectAsync();
        for (int i = 0; i < 3; i++)
        {
            await connection.GetAsync("/sum", Takes);
            RawResponse response = await connection.ReadResponseAsync();

            Assert.Equal((Text(), true, "x-sum"), (response.Text, response.IsComplete, response.Value("Trailer")));
            Assert.Equal(["x-sum: " + Sum(), "x-more: f\u00fcr"], response.Trailers.Select(static field => $"{field.Key}: {field.Value}"));
        }
    }
}
