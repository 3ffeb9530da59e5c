using System.Security.Cryptography;
using System.Text;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Workers;

/// <summary>SIGHUP: other code, the same server.</summary>
public sealed class ReloadTests
{
    // Streams its name, and behind a gate that of a module which it imports only then.
    private const string Release = """
        import asyncio, os

        NAME = b"RELEASE"

        async def app(scope, receive, send):
            assert scope["type"] == "http"
            await send({"type": "http.response.start", "status": 200, "headers": []})
            _, path, key = (scope["path"] + "/").split("/")[:3]
            if path == "stream":
                await send({"type": "http.response.body", "body": NAME, "more_body": True})
                while not os.path.exists(os.path.join(os.environ["PROBE_DIR"], "gate-" + key)):
                    await asyncio.sleep(0.002)
                import later
                await send({"type": "http.response.body", "body": later.NAME, "more_body": True})
                await send({"type": "http.response.body"})
            else:
                await send({"type": "http.response.body", "body": NAME})
        """;

    [Theory]
    [InlineData("--app-dir")]
    [InlineData("--chdir")]
    [InlineData("PWD")]
    public async Task Reload_LinkToAnotherRelease_ServesItWhileStreamsOfTheOldGoOn(string how)
    {
        using TestDirectory releases = Releases("one", "two");
        string current = Path.Combine(releases.Path, "current");
        Directory.CreateSymbolicLink(current, Path.Combine(releases.Path, "one"));
        await using HydraServer server = await HydraServer.StartAsync(how switch
        {
            "--app-dir" => new ServerSpec("release:app") { AppDirectory = current, Workers = 2 },
            "--chdir" => new ServerSpec("release:app") { AppDirectory = ".", Arguments = ["--chdir", current], Workers = 2 },
            _ => new ServerSpec("release:app")
            {
                AppDirectory = ".",
                WorkingDirectory = current,
                Variables = new Dictionary<string, string?> { ["PWD"] = current },
                Workers = 2,
            },
        });
        string key = Board.NewKey();
        await using RawConnection stream = await server.ConnectAsync();
        await stream.GetAsync($"/stream/{key}");
        await stream.ReadHeadAsync();
        Assert.Equal("one", Text(await stream.ReadChunkAsync()));
        Directory.Delete(current);
        Directory.CreateSymbolicLink(current, Path.Combine(releases.Path, "two"));
        server.Signal(Processes.Hangup);
        await server.Log.WaitAsync("2 workers were replaced");

        Assert.Equal("two", await server.GetTextAsync("/"));
        server.Board.Open(key);
        Assert.Equal("one", Text(await stream.ReadChunkAsync()));
        Assert.Equal("", Text(await stream.ReadChunkAsync()));
        await Eventually.HoldsAsync(() => server.WorkerPids().Count == 2, "the end of the old workers", () => server.Log.Text);
    }

    [Fact]
    public async Task Reload_CodeThatDoesNotStart_OldServesOnAndTheLogSaysWhy()
    {
        using TestDirectory releases = Releases("one");
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("release:app") { AppDirectory = Path.Combine(releases.Path, "one"), Workers = 2 });
        IReadOnlyList<int> before = server.WorkerPids();
        releases.Write("one/release.py", "def broken(:\n");
        server.Signal(Processes.Hangup);

        await server.Log.ExpectErrorAsync("reload: given up, the old code serves on", "SyntaxError");
        await server.Log.ExpectErrorAsync("    def broken(:\n", "SyntaxError");
        Assert.Equal("one", await server.GetTextAsync("/"));
        await Eventually.HoldsAsync(() => server.WorkerPids().Order().SequenceEqual(before.Order()), "the old workers alone");

        releases.Write("one/release.py", Code("mended"));
        server.Signal(Processes.Hangup);
        await server.Log.WaitAsync("2 workers were replaced");
        Assert.Equal("mended", await server.GetTextAsync("/"));
    }

    [Fact]
    public async Task Reload_StreamThatDoesNotEnd_IsCutOffAfterTheDrainTimeoutAndNotShownAsComplete()
    {
        using TestDirectory releases = Releases("one");
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("release:app") { AppDirectory = Path.Combine(releases.Path, "one"), Arguments = ["--drain-timeout", "1"] });
        await using RawConnection stream = await server.ConnectAsync();
        await stream.GetAsync($"/stream/{Board.NewKey()}");
        await stream.ReadHeadAsync();
        Assert.Equal("one", Text(await stream.ReadChunkAsync()));
        int old = Assert.Single(server.WorkerPids());
        server.Signal(Processes.Hangup);

        await server.Log.WaitAsync("[WARN]", "1 request is cut off");
        Assert.Null(await stream.ReadChunkAsync());
        await Eventually.HoldsAsync(() => !server.WorkerPids().Contains(old), "the end of the old worker", () => server.Log.Text);
        server.Log.ExpectAnyErrors("/stream/");
    }

    [Theory]
    [InlineData("asgi_probe:app", 1)]
    [InlineData("wsgi_probe:bare", 4)]
    public async Task Reload_UnderLoad_LosesNoRequestAndNoConnection(string app, int threads)
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec(app) { Workers = 2, Arguments = ["--threads", $"{threads}"] });
        using var stop = new CancellationTokenSource();
        int served = 0;
        Task[] clients = [.. Enumerable.Range(0, 16).Select(client => Task.Run(async () =>
        {
            await using RawConnection connection = await server.ConnectAsync();
            for (int i = client; !stop.IsCancellationRequested; i += 16)
            {
                await ProveAsync(connection, i);
                Interlocked.Increment(ref served);
            }
        }))];
        for (int reloads = 1; reloads <= 4; reloads++)
        {
            int count = served;
            server.Signal(Processes.Hangup);
            await Eventually.HoldsAsync(
                () => server.Log.Find("replaced in ").Count == reloads || clients.Any(c => c.IsFaulted), "the reload", () => server.Log.Text);
            await Eventually.HoldsAsync(() => served > count + 100 || clients.Any(c => c.IsFaulted), "more responses");
        }

        await stop.CancelAsync();
        await Task.WhenAll(clients);
        Assert.Equal(2 * 5, server.Log.ReadyCount());
    }

    private static async Task ProveAsync(RawConnection connection, int number)
    {
        byte[] body = RandomNumberGenerator.GetBytes(number % 50 == 0 ? 200_000 : number % 7 * 100);
        await connection.SendAsync($"POST /prove/{number} HTTP/1.1\r\nHost: a\r\nX-Request: r{number}\r\nContent-Length: {body.Length}\r\n\r\n");
        await connection.SendAsync(body);
        RawResponse response = await connection.ReadResponseAsync();

        Assert.True(response.Status == 200, response.StatusLine);
        Assert.Equal([$"{number}", $"r{number}", $"{body.Length}", Convert.ToHexStringLower(SHA256.HashData(body))], response.Text.Split(' ')[..4]);
    }

    private static TestDirectory Releases(params string[] names)
    {
        var directory = new TestDirectory();
        foreach (string name in names)
        {
            directory.Write($"{name}/release.py", Code(name));
            directory.Write($"{name}/later.py", $"NAME = b\"{name}\"\n");
        }

        return directory;
    }

    private static string Code(string name) => Release.Replace("RELEASE", name, StringComparison.Ordinal);

    private static string? Text(byte[]? chunk) => chunk is null ? null : Encoding.UTF8.GetString(chunk);
}
