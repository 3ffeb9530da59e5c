using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using Hydra.Tests.Functional.Harness;
using Hydra.Tests.Transport;
using Xunit;

namespace Hydra.Tests.Functional.Static;

/// <summary>Files that the front serves by itself: what comes of a request for one.</summary>
public sealed class StaticFileTests : IDisposable
{
    private const int LargeSize = 20 * 1024 * 1024;

    private readonly TestDirectory _directory = new();

    public StaticFileTests()
    {
        _directory.Write("static/app.css", "0123456789");
        _directory.Write("static/sub/index.html", "index");
        _directory.Write("static/app.0123456789ab.css", "hashed");
        _directory.Write("outside.txt", "secret");
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Static_File_IsAnsweredWithWhatBrowsersNeed()
    {
        await using HydraServer server = await StartAsync("--static", "/static/=static");
        await using RawConnection connection = await server.ConnectAsync();
        foreach (string query in new[] { "", "?v=2" })
        {
            RawResponse response = await connection.ExchangeAsync($"GET /static/app.css{query} HTTP/1.1\r\nHost: a\r\n\r\n");

            Assert.Equal((200, "0123456789", "10"), (response.Status, response.Text, response.Value("Content-Length")));
            Assert.Equal(("text/css; charset=utf-8", "bytes"), (response.Value("Content-Type"), response.Value("Accept-Ranges")));
            Assert.Equal(("no-cache", "nosniff"), (response.Value("Cache-Control"), response.Value("X-Content-Type-Options")));
            Assert.NotNull(response.Value("ETag"));
            Assert.NotNull(response.Value("Last-Modified"));
        }

        RawResponse head = await connection.ExchangeAsync("HEAD /static/app.css HTTP/1.1\r\nHost: a\r\n\r\n", isHead: true);
        Assert.Equal((200, "10"), (head.Status, head.Value("Content-Length")));
        RawResponse post = await connection.ExchangeAsync("POST /static/app.css HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
        Assert.Equal((405, "GET, HEAD"), (post.Status, post.Value("Allow")));
        RawResponse hashed = await connection.ExchangeAsync("GET /static/app.0123456789ab.css HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal("public, max-age=31536000, immutable", hashed.Value("Cache-Control"));
        Assert.Equal(404, (await connection.ExchangeAsync("GET /static/none HTTP/1.1\r\nHost: a\r\n\r\n")).Status);
        Assert.Equal("hello", (await connection.ExchangeAsync("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")).Text);
    }

    [Fact]
    public async Task Static_Pipelined_AreAnsweredInTheirOrder()
    {
        await using HydraServer server = await StartAsync("--static", "/static/=static");
        await using RawConnection connection = await server.ConnectAsync();
        const string Css = "GET /static/app.css HTTP/1.1\r\nHost: a\r\n\r\n";
        const string Hello = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
        for (int round = 0; round < 3; round++)
        {
            await connection.SendAsync(Css + Hello + Css + Css + "HEAD /static/app.css HTTP/1.1\r\nHost: a\r\n\r\n" + Hello + Css);
            Assert.Equal("0123456789", (await connection.ReadResponseAsync()).Text);
            Assert.Equal("hello", (await connection.ReadResponseAsync()).Text);
            Assert.Equal("0123456789", (await connection.ReadResponseAsync()).Text);
            Assert.Equal("0123456789", (await connection.ReadResponseAsync()).Text);
            Assert.Equal(200, (await connection.ReadResponseAsync(isHead: true)).Status);
            Assert.Equal("hello", (await connection.ReadResponseAsync()).Text);
            Assert.Equal("0123456789", (await connection.ReadResponseAsync()).Text);
        }
    }

    // The first comes by way of Kestrel and of the disk, the second of Kestrel and of memory, and those behind it of neither.
    [Fact]
    public async Task Static_AgainAndAgain_HasTheSameFields()
    {
        _directory.Write("static/app.css.gz", "zipped");
        await using HydraServer server = await StartAsync("--static", "/static/=static", "--access-log");
        await using RawConnection connection = await server.ConnectAsync();
        HashSet<string> seen = [];
        for (int i = 0; i < 6; i++)
        {
            RawResponse response = await connection.ExchangeAsync("GET /static/app.css HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
            Assert.Equal((200, "zipped"), (response.Status, response.Text));
            Assert.NotNull(response.Value("Date"));
            seen.Add(string.Join('\n', response.Headers.Where(static h => h.Key != "Date").Select(static h => $"{h.Key}: {h.Value}").Order(StringComparer.Ordinal)));
        }

        Assert.Single(seen);
        await Eventually.HoldsAsync(() => server.Log.Output.Count == 6, "the access log");
        Assert.All(server.Log.Output, static line => Assert.Contains("\"GET /static/app.css HTTP/1.1\" 200 6 ", line, StringComparison.Ordinal));
    }

    // What is broken about a head is the same to say wherever it is looked at first.
    [Fact]
    public async Task Static_BrokenHead_IsRefusedBehindQuickAnswers()
    {
        await using HydraServer server = await StartAsync("--static", "/static/=static");
        await using RawConnection connection = await server.ConnectAsync();
        const string Css = "GET /static/app.css HTTP/1.1\r\nHost: a\r\n\r\n";
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(200, (await connection.ExchangeAsync(Css)).Status);
        }

        await connection.SendAsync(Css + "GET /static/app.css HTTP/1.1\r\nHost: a\r\nBad Field: x\r\n\r\n");
        Assert.Equal(200, (await connection.ReadResponseAsync()).Status);
        Assert.Equal(400, (await connection.ReadResponseAsync()).Status);
        Assert.Empty(await connection.ReadToEndAsync());
    }

    // A client that never reads, and asks for ever, gets no more than the connection holds.
    [Fact]
    public async Task Static_ManyPipelined_AllArriveAtASlowReader()
    {
        _directory.Write("static/some.txt", new string('x', 50_000));
        await using HydraServer server = await StartAsync("--static", "/static/=static");
        await using RawConnection connection = await server.ConnectAsync(receiveBuffer: 4096);
        const string Some = "GET /static/some.txt HTTP/1.1\r\nHost: a\r\n\r\n";
        Assert.Equal(50_000, (await connection.ExchangeAsync(Some)).Body.Length);
        await connection.SendAsync(string.Concat(Enumerable.Repeat(Some, 300)));
        for (int i = 0; i < 300; i++)
        {
            RawResponse response = await connection.ReadResponseAsync();
            Assert.Equal((200, 50_000), (response.Status, response.Body.Count(static b => b == 'x')));
        }
    }

    [Theory]
    [InlineData("HTTP/1.1", "Connection: close\r\n")]
    [InlineData("HTTP/1.0", "")]
    public async Task Static_LastRequest_EndsTheConnection(string protocol, string field)
    {
        await using HydraServer server = await StartAsync("--static", "/static/=static");
        for (int i = 0; i < 3; i++)
        {
            await using RawConnection connection = await server.ConnectAsync();
            await connection.SendAsync($"GET /static/app.css {protocol}\r\nHost: a\r\n{field}\r\n");
            Assert.EndsWith("\r\n\r\n0123456789", System.Text.Encoding.Latin1.GetString(await connection.ReadToEndAsync()), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Static_Conditions_HaveTheirOrder()
    {
        await using HydraServer server = await StartAsync("--static", "/static/=static");
        await using RawConnection connection = await server.ConnectAsync();
        RawResponse first = await connection.ExchangeAsync("GET /static/app.css HTTP/1.1\r\nHost: a\r\n\r\n");
        string tag = first.Value("ETag")!;
        string date = first.Value("Last-Modified")!;
        foreach ((int status, string fields) in new[]
        {
            (304, $"If-None-Match: {tag}\r\n"), (304, $"If-Modified-Since: {date}\r\n"), (200, "If-None-Match: \"x\"\r\n"),
            (200, $"If-None-Match: \"x\"\r\nIf-Modified-Since: {date}\r\n"), (200, $"If-Match: {tag}\r\n"), (412, "If-Match: \"x\"\r\n"),
            (412, $"If-Match: \"x\"\r\nIf-None-Match: {tag}\r\n"), (412, "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
            (206, $"Range: bytes=1-2\r\nIf-Range: {tag}\r\n"), (200, "Range: bytes=1-2\r\nIf-Range: \"x\"\r\n"), (206, $"Range: bytes=1-2\r\nIf-Range: {date}\r\n"),
            (304, $"Range: bytes=1-2\r\nIf-None-Match: {tag}\r\n"),
        })
        {
            RawResponse response = await connection.ExchangeAsync($"GET /static/app.css HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
            Assert.Equal((fields, status), (fields, response.Status));
            Assert.Equal(status is 412 ? null : tag, status is 412 ? null : response.Value("ETag"));
        }
    }

    [Fact]
    public async Task Static_Ranges_AreTheirBytes()
    {
        await using HydraServer server = await StartAsync("--static", "/static/=static");
        string large = Fill();
        await using RawConnection connection = await server.ConnectAsync();
        foreach ((string range, string expected) in new[] { ("0-2", "012"), ("7-", "789"), ("-1", "9"), ("8-99", "89") })
        {
            RawResponse response = await connection.ExchangeAsync($"GET /static/app.css HTTP/1.1\r\nHost: a\r\nRange: bytes={range}\r\n\r\n");
            Assert.Equal((206, expected), (response.Status, response.Text));
            Assert.StartsWith("bytes " + (10 - expected.Length is var start && range == "0-2" ? 0 : start), response.Value("Content-Range"), StringComparison.Ordinal);
        }

        RawResponse none = await connection.ExchangeAsync("GET /static/app.css HTTP/1.1\r\nHost: a\r\nRange: bytes=10-\r\n\r\n");
        Assert.Equal((416, "bytes */10"), (none.Status, none.Value("Content-Range")));
        RawResponse head = await connection.ExchangeAsync("HEAD /static/app.css HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1\r\n\r\n", isHead: true);
        Assert.Equal(200, head.Status);

        RawResponse parts = await connection.ExchangeAsync("GET /static/large.bin HTTP/1.1\r\nHost: a\r\nRange: bytes=0-9,1000000-1000009,-10\r\n\r\n");
        Assert.Equal(206, parts.Status);
        string boundary = parts.Value("Content-Type")!.Split("boundary=")[1];
        byte[] content = await File.ReadAllBytesAsync(large);
        string expectedParts = string.Concat(new[] { 0, 1_000_000, LargeSize - 10 }.Select(start =>
            $"\r\n--{boundary}\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes {start}-{start + 9}/{LargeSize}\r\n\r\n"
            + System.Text.Encoding.Latin1.GetString(content, start, 10))) + $"\r\n--{boundary}--\r\n";
        Assert.Equal(expectedParts, parts.Text);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("sockets")]
    public async Task Static_LargeFile_ArrivesWhole(string? transport)
    {
        string large = Fill();
        await using HydraServer server = await HydraServer.StartAsync(Spec("--static", "/static/=static") with { Transport = transport });
        await using RawConnection connection = await server.ConnectAsync();
        for (int i = 0; i < 3; i++)
        {
            RawResponse response = await connection.ExchangeAsync("GET /static/large.bin HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Equal(Digest(await File.ReadAllBytesAsync(large)), Digest(response.Body));
            RawResponse part = await connection.ExchangeAsync("GET /static/large.bin HTTP/1.1\r\nHost: a\r\nRange: bytes=5000000-\r\n\r\n");
            Assert.Equal(Digest((await File.ReadAllBytesAsync(large))[5_000_000..]), Digest(part.Body));
            Assert.Equal("hello", (await connection.ExchangeAsync("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")).Text);
        }
    }

    // A short answer that looks complete would be kept by caches for as long as the whole one.
    [Fact]
    public async Task Static_FileIsTruncatedMeanwhile_ConnectionIsCut()
    {
        string large = Fill();
        await using HydraServer server = await StartAsync("--static", "/static/=static");
        await using RawConnection connection = await server.ConnectAsync(receiveBuffer: 4096);
        await connection.GetAsync("/static/large.bin");
        (string status, _) = await connection.ReadHeadAsync();
        Assert.Contains("200", status, StringComparison.Ordinal);
        await using (FileStream file = new(large, FileMode.Open, FileAccess.Write))
        {
            file.SetLength(1000);
        }

        Assert.InRange((await connection.ReadUpToAsync(LargeSize)).Length, 0, LargeSize - 1);
        await server.Log.ExpectErrorAsync("the answer was cut off and its connection aborted");
    }

    [Fact]
    public async Task Static_FileIsReplacedMeanwhile_AnswerIsOfOneOfThem()
    {
        string large = Fill();
        string digest = Digest(await File.ReadAllBytesAsync(large));
        await using HydraServer server = await StartAsync("--static", "/static/=static");
        await using RawConnection connection = await server.ConnectAsync(receiveBuffer: 4096);
        await connection.GetAsync("/static/large.bin");
        _ = await connection.ReadHeadAsync();
        string other = _directory.Write("other", "short");
        File.Move(other, large, overwrite: true);

        Assert.Equal(digest, Digest(await connection.ReadUpToAsync(LargeSize)));
        Assert.Equal("short", await server.GetTextAsync("/static/large.bin"));
    }

    [Fact]
    public async Task Static_SmallFileChanges_IsSeenSoon()
    {
        await using HydraServer server = await StartAsync("--static", "/static/=static");
        Assert.Equal("0123456789", await server.GetTextAsync("/static/app.css"));
        string? before = (await server.Client.GetAsync("/static/app.css")).Headers.ETag?.Tag;
        _directory.Write("static/app.css", "changed");
        await HoldsAsync(async () => await server.GetTextAsync("/static/app.css") == "changed");
        Assert.NotEqual(before, (await server.Client.GetAsync("/static/app.css")).Headers.ETag?.Tag);
        File.Delete(Path.Combine(_directory.Path, "static", "app.css"));
        await HoldsAsync(async () => (await server.Client.GetAsync("/static/app.css")).StatusCode == HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Static_Precompressed_IsChosenByTheClient()
    {
        _directory.Write("static/app.js", "plain text");
        _directory.Write("static/app.js.br", "brotli");
        _directory.Write("static/app.js.gz", "gzip");
        await using HydraServer server = await StartAsync("--static", "/static/=static");
        await using RawConnection connection = await server.ConnectAsync();
        HashSet<string> tags = [];
        foreach ((string accepted, string? coding, string text) in new[]
        {
            ("gzip, deflate, br, zstd", "br", "brotli"), ("gzip", "gzip", "gzip"), ("br;q=0.1, gzip;q=0.2", "gzip", "gzip"), ("identity", null, "plain text"),
            ("gzip, deflate, br, zstd", "br", "brotli"),
        })
        {
            RawResponse response = await connection.ExchangeAsync($"GET /static/app.js HTTP/1.1\r\nHost: a\r\nAccept-Encoding: {accepted}\r\n\r\n");
            Assert.Equal((coding, text, "Accept-Encoding"), (response.Value("Content-Encoding"), response.Text, response.Value("Vary")));
            Assert.Equal("text/javascript; charset=utf-8", response.Value("Content-Type"));
            tags.Add(response.Value("ETag")!);
        }

        Assert.Equal(3, tags.Count);
        RawResponse range = await connection.ExchangeAsync("GET /static/app.js HTTP/1.1\r\nHost: a\r\nAccept-Encoding: br\r\nRange: bytes=1-2\r\n\r\n");
        Assert.Equal((206, "br", "ro", "bytes 1-2/6"), (range.Status, range.Value("Content-Encoding"), range.Text, range.Value("Content-Range")));
    }

    [Theory]
    [InlineData(10_000)]
    [InlineData(1_000_000)]
    public async Task Static_WithCompress_FilesAreCompressedInMemory(int size)
    {
        string text = string.Concat(Enumerable.Repeat("0123456789", size / 10));
        _directory.Write("static/app.js", text);
        _directory.Write("static/app.png", text);
        await using HydraServer server = await StartAsync("--static", "/static/=static", "--compress");
        await using RawConnection connection = await server.ConnectAsync();
        for (int i = 0; i < 2; i++)
        {
            RawResponse coded = await connection.ExchangeAsync("GET /static/app.js HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
            Assert.Equal((200, "gzip", "Accept-Encoding"), (coded.Status, coded.Value("Content-Encoding"), coded.Value("Vary")));
            using var gzip = new StreamReader(new GZipStream(new MemoryStream(coded.Body), CompressionMode.Decompress));
            Assert.Equal(text, await gzip.ReadToEndAsync());
            RawResponse plain = await connection.ExchangeAsync("GET /static/app.js HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Equal((text, null, "Accept-Encoding"), (plain.Text, plain.Value("Content-Encoding"), plain.Value("Vary")));
            RawResponse image = await connection.ExchangeAsync("GET /static/app.png HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
            Assert.Equal((text, null, null), (image.Text, image.Value("Content-Encoding"), image.Value("Vary")));
        }
    }

    [Theory]
    [InlineData("/static/../outside.txt")]
    [InlineData("/static/%2e%2e/outside.txt")]
    [InlineData("/static/..%2foutside.txt")]
    [InlineData("/static/..\\outside.txt")]
    [InlineData("/static/..%5coutside.txt")]
    [InlineData("/static/%252e%252e/outside.txt")]
    [InlineData("/static/%c0%ae%c0%ae/outside.txt")]
    [InlineData("/static/app.css%00")]
    [InlineData("/static/%00app.css")]
    [InlineData("/static//app.css")]
    [InlineData("/static/./app.css")]
    [InlineData("/static/.hidden")]
    [InlineData("/static/.git/config")]
    [InlineData("/static/link")]
    [InlineData("/static/linked/outside.txt")]
    [InlineData("/static/fifo")]
    [InlineData("/static/app.css.")]
    [InlineData("/static/app.css%20")]
    [InlineData("/static/app.css::$DATA")]
    [InlineData("/static/con")]
    [InlineData("/static/APP.CSS")]
    [InlineData("/static/app.css/")]
    [InlineData("/%2e%2e/outside.txt")]
    public async Task Static_WhatLeadsElsewhere_IsNotThere(string path)
    {
        _directory.Write("static/.hidden", "secret");
        _directory.Write("static/.git/config", "secret");
        _directory.Write("static/con", "secret");
        File.CreateSymbolicLink(Path.Combine(_directory.Path, "static", "link"), Path.Combine(_directory.Path, "outside.txt"));
        File.CreateSymbolicLink(Path.Combine(_directory.Path, "static", "linked"), "..");
        using (var fifo = System.Diagnostics.Process.Start("mkfifo", Path.Combine(_directory.Path, "static", "fifo")))
        {
            await fifo.WaitForExitAsync();
        }

        await using HydraServer server = await HydraServer.StartAsync(Spec("--static", "/static/=static", "--static", "/=static", "--no-static-fallback"));
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync(path);
        RawResponse response = await connection.ReadResponseAsync();

        Assert.Equal((404, "Not Found\n"), (response.Status, response.Text));
        Assert.Equal("0123456789", (await connection.ExchangeAsync("GET /static/app.css HTTP/1.1\r\nHost: a\r\n\r\n")).Text);
    }

    [Fact]
    public async Task Static_LinkOut_IsSaidOnceAndServedOnRequest()
    {
        File.CreateSymbolicLink(Path.Combine(_directory.Path, "static", "link.txt"), Path.Combine(_directory.Path, "outside.txt"));
        await using (HydraServer server = await StartAsync("--static", "/static/=static"))
        {
            Assert.Equal(HttpStatusCode.NotFound, (await server.Client.GetAsync("/static/link.txt")).StatusCode);
            await server.Log.WaitAsync("link.txt is not served: a link leads out of the directory that --static names; --static-follow-symlinks lets it");
        }

        await using HydraServer following = await StartAsync("--static", "/static/=static", "--static-follow-symlinks");
        Assert.Equal("secret", await following.GetTextAsync("/static/link.txt"));
    }

    [Fact]
    public async Task Static_WellKnown_IsServed()
    {
        _directory.Write("static/.well-known/security.txt", "contact");
        await using HydraServer server = await StartAsync("--static", "/=static");

        Assert.Equal("contact", await server.GetTextAsync("/.well-known/security.txt"));
    }

    private static async Task HoldsAsync(Func<Task<bool>> condition)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(watch.Elapsed < Eventually.Limit, "the change is not seen");
        }
    }

    private static string Digest(byte[] bytes) => Convert.ToHexString(SHA256.HashData(bytes));

    private string Fill()
    {
        string path = Path.Combine(_directory.Path, "static", "large.bin");
        byte[] content = new byte[LargeSize];
        new Random(1).NextBytes(content);
        File.WriteAllBytes(path, content);
        return path;
    }

    private Task<HydraServer> StartAsync(params string[] arguments) => HydraServer.StartAsync(Spec(arguments));

    private ServerSpec Spec(params string[] arguments)
        => new("asgi_probe:app") { WorkingDirectory = _directory.Path, Arguments = arguments };
}
