using System.Runtime.Versioning;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Lifecycle;

/// <summary>What keeps the server from starting: a sentence, the user's traceback where there is one, and exit code 3.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class StartFailureTests
{
    [Theory]
    [InlineData("no_such_module:app", "Could not find the module \"no_such_module\"")]
    [InlineData("asgi_prob:app", "Did you mean \"asgi_probe\"?")]
    [InlineData("broken.nothing_here:app", "has no attribute \"app\"")]
    [InlineData("asgi_probe:ap", "Did you mean \"asgi_probe:app\"?")]
    [InlineData("broken.not_callable:app", "is not callable")]
    [InlineData("broken.exits_at_import:app", "SystemExit")]
    [InlineData("broken.dies_at_import:app", "exited with code 9")]
    [InlineData("broken.lifespan_fails:app", "the cache does not answer")]
    public async Task Start_ApplicationThatCannotBeLoaded_SaysWhyAndExitsWith3(string app, string sentence)
    {
        string log = await FailAsync(new ServerSpec(app), 3);

        Assert.Contains(sentence, log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no_such_loops:new_event_loop", "--loop no_such_loops:new_event_loop: Could not find the module \"no_such_loops\"")]
    [InlineData("own_loop:NUMBER", "is not callable")]
    [InlineData("builtins:dict", "the factory returned an instance of dict, which is no event loop of asyncio's kind")]
    [InlineData("asyncio:AbstractEventLoop", "AbstractEventLoop has no call_exception_handler")]
    public async Task Start_LoopFactoryThatMakesNone_SaysWhyAndExitsWith3(string factory, string sentence)
    {
        string log = await FailAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--loop", factory] }, 3);

        Assert.Contains(sentence, log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_LoopFactory_IsTheLoopThatTheBannerNames()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--loop", "own_loop:new_event_loop"] });

        Assert.Equal("own_loop", (await server.GetJsonAsync("/process")).GetProperty("loop").GetString());
        Assert.NotEmpty(server.Log.Find("own_loop.OwnLoop"));
    }

    [Theory]
    [InlineData("broken.raises_at_import:app", "raises_at_import.py", "ZeroDivisionError: division by zero", "return 1 / 0")]
    [InlineData("broken.imports_missing:app", "imports_missing.py", "ModuleNotFoundError", "a_package_that_nobody_has")]
    [InlineData("broken.factory_raises:create()", "factory_raises.py", "LookupError", "no database is configured")]
    public async Task Start_ApplicationThatRaises_ShowsTheUsersFramesOnly(string app, string file, string error, string text)
    {
        string log = await FailAsync(new ServerSpec(app), 3);

        Assert.Contains(file, log, StringComparison.Ordinal);
        Assert.Contains(error, log, StringComparison.Ordinal);
        Assert.Contains(text, log, StringComparison.Ordinal);
        Assert.DoesNotContain("hydra_worker", log, StringComparison.Ordinal);
        Assert.DoesNotContain("importlib", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithThePidFileOfAServerThatRuns_IsRefusedAndLeavesTheFile()
    {
        using var directory = new TestDirectory();
        string path = Path.Combine(directory.Path, "hydra.pid");
        var spec = new ServerSpec("asgi_probe:app") { Arguments = ["--pid", path] };
        await using HydraServer first = await HydraServer.StartAsync(spec);

        string log = await FailAsync(spec, 3);

        Assert.Contains($"is that of a server that is running (process {first.Pid})", log, StringComparison.Ordinal);
        Assert.Equal($"{first.Pid}\n", await File.ReadAllTextAsync(path));

        // What a server leaves that is killed is no obstacle.
        first.Signal(9);
        await first.ExitAsync();
        await using HydraServer next = await HydraServer.StartAsync(spec);
        Assert.Equal($"{next.Pid}\n", await File.ReadAllTextAsync(path));
    }

    [Fact]
    public async Task Start_SyntaxError_ShowsTheLine()
    {
        using var directory = new TestDirectory();
        directory.Write("wrong.py", "app = (\n");
        string log = await FailAsync(new ServerSpec("wrong:app") { AppDirectory = directory.Path }, 3);

        Assert.Contains("SyntaxError", log, StringComparison.Ordinal);
        Assert.Contains("app = (", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_SeveralWorkersThatFail_SaysItOnce()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(new ServerSpec("broken.raises_at_import:app") { Workers = 4 });

        Assert.Equal(3, await server.ExitAsync());
        await server.Log.ExpectErrorAsync("ZeroDivisionError");
        Assert.Single(server.Log.Find("[CRIT]"));
    }

    [Fact]
    public async Task Start_LifespanThatRaises_IsNoLifespanWithAutoAndAFailureWithOn()
    {
        await using (HydraServer server = await HydraServer.StartAsync(new ServerSpec("broken.lifespan_raises:app")))
        {
            Assert.Equal(0, await server.StopAsync());
        }

        string log = await FailAsync(new ServerSpec("broken.lifespan_raises:app") { Arguments = ["--lifespan", "on"] }, 3);
        Assert.Contains("the queue does not answer", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_InterfaceThatTheApplicationHasNot_SaysSo()
    {
        // An ASGI application takes three arguments, start_response is not among them.
        string log = await FailAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--interface", "wsgi"] }, 3);

        Assert.Contains("wsgi", log, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Start_PortInUse_SaysSo()
    {
        await using HydraServer first = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app"));
        string log = await FailAsync(new ServerSpec("asgi_probe:app") { Port = $"{first.Address.Port}" }, 3);

        Assert.Contains($"{first.Address.Port}", log, StringComparison.Ordinal);
        Assert.Contains("already in use", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_UnixSocketInUse_SaysSoAndLeavesItAlone()
    {
        using var directory = new TestDirectory();
        string path = Path.Combine(directory.Path, "hydra.sock");
        await using HydraServer first = await HydraServer.LaunchAsync(new ServerSpec("asgi_probe:app") { Port = null, Arguments = ["--uds", path] });
        await first.Log.WaitAsync("is ready at");
        string log = await FailAsync(new ServerSpec("asgi_probe:app") { Port = null, Arguments = ["--uds", path] }, 3);

        Assert.Contains("in use", log, StringComparison.Ordinal);
        await using RawConnection connection = await RawConnection.OpenUnixAsync(path);
        Assert.Equal("hello", (await connection.ExchangeAsync("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")).Text);
    }

    [Fact]
    public async Task Start_UnixSocketLeftBehind_IsTakenOver()
    {
        using var directory = new TestDirectory();
        string path = Path.Combine(directory.Path, "hydra.sock");
        await using (HydraServer first = await HydraServer.LaunchAsync(new ServerSpec("asgi_probe:app") { Port = null, Arguments = ["--uds", path] }))
        {
            await first.Log.WaitAsync("is ready at");
            first.Signal(Processes.Kill);
            await first.ExitAsync();
        }

        Assert.True(File.Exists(path));
        await using HydraServer second = await HydraServer.LaunchAsync(new ServerSpec("asgi_probe:app") { Port = null, Arguments = ["--uds", path] });
        await second.Log.WaitAsync("is ready at");
        await using RawConnection connection = await RawConnection.OpenUnixAsync(path);
        Assert.Equal("hello", (await connection.ExchangeAsync("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")).Text);
    }

    [Fact]
    public async Task Start_AddressThatThisMachineHasNot_SaysSo()
    {
        string log = await FailAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--host", "192.0.2.1"] }, 3);

        Assert.Contains("192.0.2.1", log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--chdir")]
    [InlineData("--app-dir")]
    public async Task Start_DirectoryThatDoesNotExist_SaysSo(string option)
    {
        string log = await FailAsync(new ServerSpec("asgi_probe:app") { Arguments = [option, "/no/such/directory"] }, 3);

        Assert.Contains("/no/such/directory", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_AppDirectoryThatIsAFile_SaysSo()
    {
        using var directory = new TestDirectory();
        string file = directory.Write("file", "");
        string log = await FailAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--app-dir", file] }, 3);

        Assert.Contains(file, log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_UnreadableDirectory_SaysSo()
    {
        // Root may read everything: then the server runs as nobody, from a copy that nobody can reach.
        using var copy = new UnprivilegedCopy(65534, (UnixFileMode)493);
        string secret = Directory.CreateDirectory(Path.Combine(copy.Directory, "secret")).FullName;
        File.SetUnixFileMode(secret, UnixFileMode.None);
        await using var command = new RunningCommand(
            [.. copy.Prefix, copy.Executable, "app:app", "--app-dir", secret, "--python", Repository.Python, "--port", "0"], "/", []);

        Assert.Equal(3, await command.ExitAsync());
        Assert.Contains(secret, await command.Log.ExpectErrorAsync("[CRIT]"), StringComparison.Ordinal);
        File.SetUnixFileMode(secret, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static async Task<string> FailAsync(ServerSpec spec, int code)
    {
        await using HydraServer server = await HydraServer.LaunchAsync(spec);
        int actual = await server.ExitAsync();
        Assert.True(code == actual, $"exit code {actual}:\n{server.Log.Text}");
        string record = await server.Log.ExpectErrorAsync("[CRIT]");
        Assert.DoesNotContain("   at ", record, StringComparison.Ordinal);
        return server.Log.Text;
    }
}
