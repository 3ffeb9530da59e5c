using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Hydra.Transport;
using Xunit;

namespace Hydra.Tests.Functional.Control;

/// <summary>--control-socket and hydra status.</summary>
public sealed class StatusTests
{
    [Theory]
    [InlineData("asgi_probe:app", "/slow/", "asgi")]
    [InlineData("wsgi_probe:app", "/meet/", "wsgi")]
    public async Task Status_RequestThatRuns_IsThereWithItsAgeAndWithoutItsQuery(string app, string path, string name)
    {
        await using HydraServer server = await ControlServer.StartAsync(app);
        string key = Board.NewKey();
        await using RawConnection running = await server.ConnectAsync();
        await running.GetAsync($"{path}{key}?token=secret");
        await server.Board.WaitAsync(key);

        JsonElement status = await server.StatusAsync();
        JsonElement pool = status.GetProperty("pools")[0];
        JsonElement worker = Assert.Single(status.Workers());
        JsonElement active = Assert.Single(worker.GetProperty("active").EnumerateArray());
        Assert.Equal(("serving", server.Pid, name), (status.GetProperty("state").GetString(), status.GetProperty("pid").GetInt32(), pool.GetProperty("interface").GetString()));
        Assert.Equal(("ready", 1, Assert.Single(server.WorkerPids())), (worker.GetProperty("state").GetString(), worker.GetProperty("in_flight").GetInt32(), worker.GetProperty("pid").GetInt32()));
        Assert.Equal(("GET", $"{path}{key}", "waiting"), (active.GetProperty("method").GetString(), active.GetProperty("path").GetString(), active.GetProperty("phase").GetString()));
        Assert.True(active.GetProperty("age").GetDouble() >= 0);
        Assert.DoesNotContain("secret", status.GetRawText(), StringComparison.Ordinal);
        Assert.True(worker.GetProperty("rss").GetInt64() > 1_000_000);

        (_, string text, _) = await server.RunAsync("status");
        Assert.Contains($"GET {path}{key}", text, StringComparison.Ordinal);
        (_, string top, _) = await server.RunAsync("top");
        Assert.Contains($"GET {path}{key}", top, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', top);
        server.Board.Open(key);
        Assert.Equal(200, (await running.ReadResponseAsync()).Status);
        JsonElement after = await server.StatusAsync(static status => status.GetProperty("requests").GetProperty("total").GetInt64() == 1);
        Assert.Equal(1, after.GetProperty("requests").GetProperty("status").GetProperty("2xx").GetInt64());
    }

    [Fact]
    public async Task Status_DuringAnOverload_IsAnsweredAndSaysWhoWaits()
    {
        await using HydraServer server = await ControlServer.StartAsync("wsgi_probe:bare", "--threads", "1", "--queue-size", "3");
        await using RawConnection running = await server.ConnectAsync();
        await running.GetAsync("/meet/all");
        await server.Board.WaitAsync("all");
        Task<HttpResponseMessage>[] waiting = [.. Enumerable.Range(0, 8).Select(_ => server.Client.GetAsync("/hello"))];
        await await Task.WhenAny(waiting);

        JsonElement status = await server.StatusAsync(static status => status.GetProperty("pools")[0].GetProperty("queue").GetProperty("refused_full").GetInt64() == 5);
        JsonElement queue = status.GetProperty("pools")[0].GetProperty("queue");
        Assert.Equal(3, queue.GetProperty("length").GetInt32());
        Assert.True(queue.GetProperty("oldest_wait").GetDouble() > 0);
        Assert.Equal(JsonValueKind.Null, status.GetProperty("not_ready").ValueKind);
        server.Board.Open("all");
        await Task.WhenAll(waiting);
    }

    [Fact]
    public async Task Status_WorkerThatWasKilled_IsCountedAndTheErrorIsThere()
    {
        await using HydraServer server = await ControlServer.StartAsync("asgi_probe:app", "--workers", "2");
        int killed = server.WorkerPids()[0];
        Processes.Signal(killed, Processes.Kill);
        await server.Log.ExpectErrorAsync("SIGKILL");

        JsonElement status = await server.StatusAsync(
            static status => status.States() is ["0 ready", "1 ready"] && status.GetProperty("pools")[0].GetProperty("starts").GetInt64() == 3);
        Assert.Equal(1, status.GetProperty("pools")[0].GetProperty("ends").GetProperty("died").GetInt64());
        Assert.Contains("was ended by SIGKILL", Assert.Single(status.GetProperty("errors").EnumerateArray()).GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain(killed, status.Workers().Select(static worker => worker.GetProperty("pid").GetInt32()));
    }

    [Fact]
    public async Task Socket_OfAServer_IsItsUsersAloneAndGoneAtTheEnd()
    {
        await using HydraServer server = await ControlServer.StartAsync("asgi_probe:app");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(server.FilePath(ControlServer.Socket)));

        Assert.Equal(0, await server.StopAsync());
        Assert.False(File.Exists(server.FilePath(ControlServer.Socket)));
        (int code, _, string error) = await server.RunAsync("status");
        Assert.Equal(3, code);
        Assert.Contains("hydra: there is no control socket at", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Socket_OfAServerThatWasKilled_IsSaidToBeThatAndReplaced()
    {
        string path = "";
        await using HydraServer next = await HydraServer.LaunchAsync(ControlServer.Spec("asgi_probe:app") with
        {
            Prepare = directory =>
            {
                path = Path.Combine(directory, ControlServer.Socket);
                using var left = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                left.Bind(new PathKeepingEndPoint(new UnixDomainSocketEndPoint(path)));
                return Task.CompletedTask;
            },
        });
        await next.WaitUntilReadyAsync();

        Assert.Equal(["0 ready"], (await next.StatusAsync()).States());
        Processes.Signal(next.Pid, Processes.Kill);
        await next.ExitAsync();
        (int code, _, string error) = await next.RunAsync("status");
        Assert.Equal(3, code);
        Assert.Contains("hydra: nobody listens at", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Socket_OfAServerThatRuns_IsNotTaken()
    {
        await using HydraServer server = await ControlServer.StartAsync("asgi_probe:app");
        await using HydraServer other = await HydraServer.LaunchAsync(
            new ServerSpec("asgi_probe:app") { Arguments = ["--control-socket", server.FilePath(ControlServer.Socket)] });

        Assert.Equal(3, await other.ExitAsync());
        await other.Log.ExpectErrorAsync("[CRIT]", "is that of a server that is running");
        Assert.Equal(["0 ready"], (await server.StatusAsync()).States());
    }

    [Fact]
    public async Task Socket_AfterAReloadAndAnUpgrade_IsTheNewServers()
    {
        await using HydraServer server = await ControlServer.StartAsync("asgi_probe:app", "--pid", "hydra.pid");
        Assert.Contains("all workers run the present code", await server.CtlAsync("reload"), StringComparison.Ordinal);
        Assert.Equal(1, (await server.StatusAsync()).GetProperty("pools")[0].GetProperty("generation").GetInt32());

        server.Signal(Processes.User2);
        await Eventually.HoldsAsync(() => !Processes.IsAlive(server.Pid), "the end of the old server", () => server.Log.Text);
        JsonElement status = await server.StatusAsync(static status => status.GetProperty("state").GetString() == "serving");
        int successor = status.GetProperty("pid").GetInt32();
        Assert.NotEqual(server.Pid, successor);
        Assert.Equal($"{successor}\n", await File.ReadAllTextAsync(server.FilePath("hydra.pid")));
        await server.CtlAsync("stop");
        Assert.Equal(0, await server.ExitAsync());
        Assert.False(File.Exists(server.FilePath(ControlServer.Socket)));
    }

    [Fact]
    public async Task Socket_AnotherUser_MayNotConnect()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            // Only root can be another user.
            return;
        }

        await using HydraServer server = await ControlServer.StartAsync("asgi_probe:app");
        using var copy = new UnprivilegedCopy(64321);
        string place = server.FilePath(".");
        File.SetUnixFileMode(place, (UnixFileMode)Convert.ToInt32("755", 8));
        string[] ask = [.. copy.Prefix, "curl", "-sS", "--unix-socket", server.FilePath(ControlServer.Socket), "http://hydra/v1/status"];
        await using (var refused = new RunningCommand(ask, copy.Directory, []))
        {
            Assert.NotEqual(0, await refused.ExitAsync());
            Assert.Empty(refused.Log.Output);
        }

        // Somebody has opened the file: then who asks is looked at.
        File.SetUnixFileMode(server.FilePath(ControlServer.Socket), (UnixFileMode)Convert.ToInt32("666", 8));
        await using (var refused = new RunningCommand(ask, copy.Directory, []))
        {
            Assert.NotEqual(0, await refused.ExitAsync());
            Assert.Empty(refused.Log.Output);
        }

        await server.Log.WaitAsync("user 64321 has connected to the control socket, and is refused");
    }

    [Theory]
    [InlineData("GET /v1/nothing", 404)]
    [InlineData("GET /v1/reload", 405)]
    [InlineData("POST /v1/status", 405)]
    [InlineData("POST /v1/scale", 400)]
    [InlineData("POST /v1/scale?workers=many", 400)]
    [InlineData("POST /v1/scale?workers=0", 409)]
    [InlineData("POST /v1/log-level?level=loud", 400)]
    [InlineData("GET /v1/workers/7/stack", 404)]
    [InlineData("GET /v1/workers/x/stack", 404)]
    [InlineData("POST /v1/workers/7/restart", 409)]
    [InlineData("POST /v1/reload?pool=/other", 404)]
    [InlineData("GET /-/ready", 200)]
    [InlineData("GET /-/live", 200)]
    [InlineData("HEAD /v1/status", 200)]
    public async Task Protocol_EachPath_AnswersWithAStatusAndASentence(string line, int status)
    {
        await using HydraServer server = await ControlServer.StartAsync("asgi_probe:app");
        await using RawConnection connection = await server.ConnectToUnixAsync(ControlServer.Socket);
        string[] words = line.Split(' ');
        await connection.SendAsync($"{words[0]} {words[1]} HTTP/1.1\r\nHost: hydra\r\nContent-Length: 0\r\n\r\n");
        RawResponse response = await connection.ReadResponseAsync(isHead: words[0] == "HEAD");

        Assert.Equal(status, response.Status);
        Assert.True(status == 200 || JsonDocument.Parse(Encoding.UTF8.GetBytes(response.Text)).RootElement.GetProperty("error").GetString()!.Length > 10, response.Text);
    }
}
