using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Control;

/// <summary>hydra ctl, each command on a server that runs.</summary>
public sealed class CtlTests
{
    [Fact]
    public async Task Scale_ToAnotherNumber_StartsAndEndsWorkers()
    {
        await using HydraServer server = await ControlServer.StartAsync("asgi_probe:app");
        await server.CtlAsync("scale", "3");
        await server.StatusAsync(static status => status.States() is ["0 ready", "1 ready", "2 ready"]);
        await server.CtlAsync("scale", "1");
        await server.StatusAsync(static status => status.States() is ["0 ready"]);

        Assert.Contains("there may be 1 to 1024 workers", await server.RefusedAsync("scale", "2000"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RestartWorker_ThatServes_IsReplacedByAnother()
    {
        await using HydraServer server = await ControlServer.StartAsync("wsgi_probe:app", "--workers", "2");
        int[] before = [.. (await server.StatusAsync()).Workers().Select(static worker => worker.GetProperty("pid").GetInt32())];
        await server.CtlAsync("restart-worker", "1");
        JsonElement status = await server.StatusAsync(static status => status.States() is ["0 ready", "1 ready"]
            && status.GetProperty("pools")[0].GetProperty("ends").TryGetProperty("asked", out _));
        int[] after = [.. status.Workers().Select(static worker => worker.GetProperty("pid").GetInt32())];

        Assert.Equal(before[0], after[0]);
        Assert.NotEqual(before[1], after[1]);
        Assert.Contains("there is no worker 2: they are numbered from 0 to 1", await server.RefusedAsync("restart-worker", "2"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reload_OfCodeThatDoesNotStart_SaysWhy()
    {
        await using HydraServer server = await HydraServer.StartAsync(ControlServer.Spec("app:app") with
        {
            AppDirectory = ".",
            Prepare = static directory => File.WriteAllTextAsync(Path.Combine(directory, "app.py"), "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'one']\n"),
        });
        await File.WriteAllTextAsync(server.FilePath("app.py"), "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'another']\n");
        await server.CtlAsync("reload");
        Assert.Equal("another", await server.GetTextAsync("/"));

        await File.WriteAllTextAsync(server.FilePath("app.py"), "import nothing_of_this_name\n");
        Assert.Contains("the new code does not start, the old code serves on", await server.RefusedAsync("reload"), StringComparison.Ordinal);
        Assert.Equal("another", await server.GetTextAsync("/"));
        server.Log.ExpectAnyErrors("nothing_of_this_name");
    }

    [Fact]
    public async Task Drain_AndResume_TurnReadinessOffAndOn()
    {
        await using HydraServer server = await ControlServer.StartAsync("asgi_probe:app");
        await server.CtlAsync("drain");
        Assert.Equal("draining", (await server.StatusAsync()).GetProperty("state").GetString());
        await using RawConnection connection = await server.ConnectAsync();
        RawResponse response = await connection.ExchangeAsync("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal(("hello", "close"), (response.Text, response.Value("Connection")));

        await server.CtlAsync("resume");
        Assert.Equal(JsonValueKind.Null, (await server.StatusAsync()).GetProperty("not_ready").ValueKind);
        await using RawConnection another = await server.ConnectAsync();
        Assert.Null((await another.ExchangeAsync("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")).Value("Connection"));
    }

    [Fact]
    public async Task Stop_RequestThatRuns_IsFinishedAndTheExitCodeIsZero()
    {
        await using HydraServer server = await ControlServer.StartAsync("asgi_probe:app");
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/slow/{key}");
        await server.Board.WaitAsync(key);
        Assert.Contains("the server stops", await server.CtlAsync("stop"), StringComparison.Ordinal);
        Assert.Equal("stopping", (await server.StatusAsync(static status => status.GetProperty("state").GetString() == "stopping")).GetProperty("not_ready").GetString());
        Assert.Contains("the server is stopping", await server.RefusedAsync("drain"), StringComparison.Ordinal);
        server.Board.Open(key);

        Assert.Equal("finished", (await connection.ReadResponseAsync()).Text);
        Assert.Equal(0, await server.ExitAsync());
    }

    [Fact]
    public async Task LogLevel_Changed_HoldsAtOnce()
    {
        await using HydraServer server = await ControlServer.StartAsync("asgi_probe:app");
        await server.CtlAsync("log-level", "debug");
        await server.CtlAsync("restart-worker", "0");
        await server.Log.WaitAsync("[DEBUG]", "has ended: somebody has asked for it");
        Assert.Equal("debug", (await server.StatusAsync()).GetProperty("log_level").GetString());
    }

    [Theory]
    [InlineData("stuck:asgi", "/loop/", "in spin")]
    [InlineData("stuck:wsgi", "/loop/", "in spin")]
    [InlineData("stuck:asgi", "/waits/", "in wait_for_ever")]
    public async Task Stack_WorkerThatIsBusy_SaysWhereItIs(string app, string path, string where)
    {
        await using HydraServer server = await ControlServer.StartAsync(app, "--graceful-timeout", "0");
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"{path}{key}");
        await server.Board.WaitAsync(key);

        string text = await server.CtlAsync("stack", "0");
        Assert.Contains("Thread MainThread", text, StringComparison.Ordinal);
        Assert.Contains(where, text, StringComparison.Ordinal);
        Assert.Contains($"GET {path}{key}, request 0.", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("stuck:asgi")]
    [InlineData("stuck:wsgi")]
    public async Task Stack_WorkerWhoseInterpreterIsHeld_IsSaidNotToAnswer(string app)
    {
        await using HydraServer server = await ControlServer.StartAsync(app, "--graceful-timeout", "0");
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/holds/{key}");
        await server.Board.WaitAsync(key);

        string sentence = await server.RefusedAsync("stack", "0");
        Assert.Contains("has not answered within 5 s: it waits, in C code that keeps the interpreter's lock", sentence, StringComparison.Ordinal);
        JsonElement worker = Assert.Single((await server.StatusAsync()).Workers());
        Assert.Equal(1, worker.GetProperty("in_flight").GetInt32());
        Assert.Contains("there is no worker 5", await server.RefusedAsync("stack", "5"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stack_WorkerThatIsStopped_IsSaidToBe()
    {
        await using HydraServer server = await ControlServer.StartAsync("asgi_probe:app");
        int worker = Assert.Single(server.WorkerPids());
        Processes.Signal(worker, Processes.Stop);

        Assert.Contains("its process is stopped, by SIGSTOP or a debugger", await server.RefusedAsync("stack", "0"), StringComparison.Ordinal);
        Processes.Signal(worker, Processes.Continue);
        Assert.Contains("Thread MainThread", await server.CtlAsync("stack", "0"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stack_ProgramOfAnotherLanguage_HasNone()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("")
        {
            Words = ["--interface", "proxy", "--port", "0", "--control-socket", ControlServer.Socket, "--", Repository.Python, "-m", "http.server", "--bind", "127.0.0.1", "$PORT"],
        });

        Assert.Contains("worker 0 is no Python, and has no stacks to show", await server.RefusedAsync("stack", "0"), StringComparison.Ordinal);
        Assert.Equal(["0 ready"], (await server.StatusAsync()).States());
    }

    [Fact]
    public async Task Pool_OfSeveral_IsNamed()
    {
        await using HydraServer server = await ControlServer.StartAsync("asgi_probe:app", "--mount", "/w=wsgi_probe:app");
        Assert.Contains("there are several applications: say whose worker is meant", await server.RefusedAsync("stack", "0"), StringComparison.Ordinal);
        Assert.Contains("there is no application \"/x\": there are", await server.RefusedAsync("stack", "0", "--pool", "/x"), StringComparison.Ordinal);
        Assert.Contains("Thread MainThread", await server.CtlAsync("stack", "0", "--pool", "/w"), StringComparison.Ordinal);
        await server.CtlAsync("scale", "2", "--pool", "/w");

        JsonElement status = await server.StatusAsync(static status => status.GetProperty("pools")[1].GetProperty("workers").GetArrayLength() == 2);
        Assert.Equal(1, status.GetProperty("pools")[0].GetProperty("workers").GetArrayLength());
    }
}
