using System.Globalization;
using System.Security.Cryptography;
using Hydra.Tests.Functional.Harness;
using Hydra.Tests.Transport;
using Xunit;

namespace Hydra.Tests.Functional.Http;

/// <summary>Files that the front sends in the place of bytes of the application's.</summary>
public sealed class SentFileTests(ServerPool pool) : PooledTests(pool), IDisposable
{
    private const int Size = 64 * 1024 * 1024;

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(null)]
    [InlineData("sockets")]
    public async Task PathSend_LargeFile_ArrivesWholeWithItsLength(string? transport)
    {
        HydraServer server = await StartAsync("asgi", transport);
        string path = Fill("large", Size);
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/path?{path}");
        RawResponse response = await connection.ReadResponseAsync();

        Assert.Equal((200, "\"1\"", Size), (response.Status, response.Value("ETag"), response.Body.Length));
        Assert.Equal(Size.ToString(CultureInfo.InvariantCulture), response.Value("Content-Length"));
        Assert.Equal(Digest(await File.ReadAllBytesAsync(path)), Digest(response.Body));

        // The connection serves on.
        await connection.SendAsync($"HEAD /path?{path} HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal(200, (await connection.ReadResponseAsync(isHead: true)).Status);
        await connection.GetAsync($"/path?{path}.none");
        Assert.Equal(404, (await connection.ReadResponseAsync()).Status);
    }

    // Of a file that is sent by its path not a byte comes near Python.
    [LinuxFact]
    public async Task PathSend_LargeFile_IsNotReadByTheWorker()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("asgi", null));
        int worker = Assert.Single(server.WorkerPids());
        string path = Fill("large", Size);
        long before = await CopiedAsync(worker);
        Assert.Equal(Size, (await server.Client.GetByteArrayAsync($"/path?{path}")).Length);

        Assert.InRange(await CopiedAsync(worker) - before, 0, Size / 64);
    }

    [Fact]
    public async Task PathSend_WhatCannotBeSent_IsAnErrorThatSaysWhy()
    {
        HydraServer server = await StartAsync("asgi", null);
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/path-with-length?{Fill("short", 999)}");
        Assert.Equal(500, (await connection.ReadResponseAsync()).Status);
        await server.Log.ExpectErrorAsync("short has 999 bytes to be sent, its Content-Length says 1000", "the client got 500");

        await connection.GetAsync($"/path?{_directory.Path}");
        Assert.Equal(500, (await connection.ReadResponseAsync()).Status);
        await server.Log.ExpectErrorAsync($"the file {_directory.Path} cannot be read", "the client got 500");

        // A file that has grown since its length was said.
        await connection.GetAsync($"/path-with-length?{Fill("long", 1001)}");
        Assert.Equal(1000, (await connection.ReadResponseAsync()).Body.Length);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("sockets")]
    public async Task ZeroCopySend_PartsOfAnOpenFile_AreInTheirPlaces(string? transport)
    {
        HydraServer server = await StartAsync("asgi", transport);
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/descriptor?{Fill("open", 10)}");
        byte[] file = Content(10);
        byte[] expected = [(byte)'<', .. file[2..5], (byte)'|', .. file, (byte)'>'];

        Assert.Equal(expected, (await connection.ReadResponseAsync()).Body);
    }

    // It is the front that waits for the client, with a descriptor of its own.
    [LinuxFact]
    public async Task FileWrapper_SlowClient_HoldsNoThread()
    {
        HydraServer server = await StartAsync("wsgi", null);
        string path = Fill("large", Size);
        byte[] expected = (await File.ReadAllBytesAsync(path))[5..];
        await using RawConnection slow = await server.ConnectAsync();
        await slow.GetAsync($"/file?{path}");
        (string status, _) = await slow.ReadHeadAsync();
        Assert.Equal("HTTP/1.1 200 OK", status);

        // Its only thread.
        Assert.NotEmpty(await server.GetTextAsync("/pid"));
        Assert.False(File.Exists(path));
        var body = new MemoryStream();
        while (await slow.ReadChunkAsync() is { Length: > 0 } chunk)
        {
            body.Write(chunk);
        }

        Assert.Equal(Digest(expected), Digest(body.ToArray()));
    }

    [Fact]
    public async Task FileWrapper_SmallFile_IsOneAnswer()
    {
        HydraServer server = await StartAsync("wsgi", null);

        Assert.Equal(Content(1000)[5..], await server.Client.GetByteArrayAsync($"/file?{Fill("small", 1000)}"));
    }

    [Theory]
    [InlineData("asgi", null)]
    [InlineData("asgi", "sockets")]
    [InlineData("wsgi", null)]
    public async Task EarlyHints_BeforeTheAnswer_AreAnswersOfTheirOwn(string application, string? transport)
    {
        HydraServer server = await StartAsync(application, transport);
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync("/hints");

        (string status, List<KeyValuePair<string, string>> fields) = await connection.ReadHeadAsync();
        Assert.Equal("HTTP/1.1 103 Early Hints", status);
        Assert.Equal("</a.css>; rel=preload; as=style", fields[0].Value);
        Assert.All(fields, field => Assert.Equal("link", field.Key, ignoreCase: true));
        (status, fields) = await connection.ReadHeadAsync();
        Assert.Equal(("HTTP/1.1 103 Early Hints", 1), (status, fields.Count));
        RawResponse response = await connection.ReadResponseAsync();
        Assert.Equal(200, response.Status);
        Assert.Equal(application == "wsgi" ? "here" : "http.response.pathsend,http.response.zerocopysend,http.response.early_hint", response.Text);
    }

    // RFC 9110, section 15.2: such a client takes it for the answer.
    [Fact]
    public async Task EarlyHints_ClientOfHttp10_GetsNone()
    {
        HydraServer server = await StartAsync("asgi", null);
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync("GET /hints HTTP/1.0\r\n\r\n");
        RawResponse response = await connection.ReadResponseAsync();

        Assert.Equal((200, "http.response.pathsend,http.response.zerocopysend"), (response.Status, response.Text));
    }

    private static ServerSpec Spec(string application, string? transport)
    {
        var spec = new ServerSpec($"file_probe:{application}");
        return transport is null ? spec : spec with { Transport = transport };
    }

    private static string Digest(byte[] bytes) => Convert.ToHexString(SHA256.HashData(bytes));

    private static byte[] Content(int size)
    {
        byte[] content = new byte[size];
        new Random(size).NextBytes(content);
        return content;
    }

    private static async Task<long> CopiedAsync(int process)
        => (await File.ReadAllLinesAsync($"/proc/{process}/io")).Take(2).Sum(static line => long.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));

    private Task<HydraServer> StartAsync(string application, string? transport) => Pool.GetAsync(Spec(application, transport));

    private string Fill(string name, int size)
    {
        string path = Path.Combine(_directory.Path, name);
        File.WriteAllBytes(path, Content(size));
        return path;
    }
}
