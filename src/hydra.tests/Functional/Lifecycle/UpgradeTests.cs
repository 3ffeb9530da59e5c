using System.Globalization;
using System.Text.RegularExpressions;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Lifecycle;

/// <summary>SIGUSR2: the executable is replaced while it serves.</summary>
public sealed partial class UpgradeTests
{
    [Theory]
    [InlineData("loop")]
    [InlineData("sockets")]
    public async Task Upgrade_UnderLoad_FailsAndRefusesNothing(string transport)
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("asgi_probe:app") { Workers = 2, Transport = transport, Arguments = ["--pid", "hydra.pid"] });
        await using var load = new KeepAliveLoad(() => server.ConnectAsync(), keeping: 16, fresh: 2);
        await load.MoreAsync(200);
        server.Signal(Processes.User2);
        int successor = await SuccessorAsync(server);
        await Eventually.HoldsAsync(() => !Processes.IsAlive(server.Pid), "the end of the old server", () => server.Log.Text);
        await load.MoreAsync(200);

        Assert.Empty(await load.EndAsync());
        Assert.Empty(load.Refused);
        Assert.Equal($"{successor}\n", await File.ReadAllTextAsync(server.FilePath("hydra.pid")));
        await StopSuccessorAsync(server, successor);
        Assert.False(File.Exists(server.FilePath("hydra.pid")));
    }

    [Fact]
    public async Task Upgrade_RequestThatRuns_IsFinishedByTheOldServer()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app"));
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/slow/{key}");
        await server.Board.WaitAsync(key);
        server.Signal(Processes.User2);
        int successor = await SuccessorAsync(server);
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        server.Board.Open(key);

        Assert.Equal("finished", (await connection.ReadResponseAsync()).Text);
        await Eventually.HoldsAsync(() => !Processes.IsAlive(server.Pid), "the end of the old server", () => server.Log.Text);
        await StopSuccessorAsync(server, successor);
    }

    [Fact]
    public async Task Upgrade_OldServerIsToldToStop_StopsAtOnce()
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("asgi_misbehaviours:app") { Arguments = ["--graceful-timeout", "1h"] });
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync("/never-ends");
        await server.Board.WaitAsync("never-ends");
        server.Signal(Processes.User2);
        int successor = await SuccessorAsync(server);
        await server.Log.WaitAsync("upgraded: stopping");
        server.Signal(Processes.Terminate);

        // With a grace of an hour only a stop that does not wait for the request ends in time.
        await Eventually.HoldsAsync(() => !Processes.IsAlive(server.Pid), "the end of the old server", () => server.Log.Text);
        await server.Log.WaitAsync("further signal");
        Processes.Signal(successor, Processes.Terminate);
        Assert.Equal(1, await server.ExitAsync());
        server.Log.ExpectAnyErrors("/never-ends");
    }

    [Fact]
    public async Task Upgrade_Twice_PassesEveryAddressOnEachTime()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(
            new ServerSpec("asgi_probe:app") { Port = null, Arguments = ["--bind", "127.0.0.1:0", "--bind", "unix:hydra.sock"] });
        await server.WaitUntilReadyAsync();
        server.Signal(Processes.User2);
        int first = await SuccessorAsync(server);
        await Eventually.HoldsAsync(() => !Processes.IsAlive(server.Pid), "the end of the first server", () => server.Log.Text);
        Processes.Signal(first, Processes.User2);
        int second = await SuccessorAsync(server, 2);
        await Eventually.HoldsAsync(() => !Processes.IsAlive(first), "the end of the second server", () => server.Log.Text);

        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        await using (RawConnection unix = await server.ConnectToUnixAsync("hydra.sock"))
        {
            Assert.Equal("hello", (await unix.ExchangeAsync("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")).Text);
        }

        await StopSuccessorAsync(server, second);
        Assert.False(File.Exists(server.FilePath("hydra.sock")));
    }

    [Fact]
    public async Task Upgrade_ToAnotherExecutable_RunsWhatTheLinkLeadsToNow()
    {
        using var directory = new TestDirectory();
        string link = Path.Combine(directory.Path, "hydra");
        File.CreateSymbolicLink(link, Repository.Executable);
        string marker = Path.Combine(directory.Path, "new-version-ran");
        string version = directory.Write("new-version", $"#!/bin/sh\ntouch {marker}\nexec {Repository.Executable} \"$@\"\n");
        File.SetUnixFileMode(version, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("asgi_probe:app") { Launcher = ["sh", "-c", "shift; exec \"$0\" \"$@\"", link] });
        File.Delete(link);
        File.CreateSymbolicLink(link, version);
        server.Signal(Processes.User2);
        int successor = await SuccessorAsync(server);

        Assert.True(File.Exists(marker));
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        await StopSuccessorAsync(server, successor);
    }

    [Theory]
    [InlineData("#!/bin/sh\nexit 7\n", "exited with code 7")]
    [InlineData("no program at all", "cannot be started")]
    public async Task Upgrade_ToSomethingThatDoesNotStart_LeavesTheOldServing(string program, string reason)
    {
        using var directory = new TestDirectory();
        string link = Path.Combine(directory.Path, "hydra");
        File.CreateSymbolicLink(link, Repository.Executable);
        string broken = directory.Write("broken", program);
        File.SetUnixFileMode(broken, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("asgi_probe:app") { Launcher = ["sh", "-c", "shift; exec \"$0\" \"$@\"", link] });
        File.Delete(link);
        File.CreateSymbolicLink(link, broken);
        server.Signal(Processes.User2);

        await server.Log.ExpectErrorAsync("the upgrade failed", reason);
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
    }

    [Fact]
    public async Task Upgrade_ToAnApplicationThatDoesNotLoad_LeavesTheOldServing()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("broken.loads_once:app"));
        server.Signal(Processes.User2);

        await server.Log.ExpectErrorAsync("the upgrade failed", "not a second time");
        server.Log.ExpectAnyErrors("[CRIT]");
        Assert.Equal("hello", await server.GetTextAsync("/"));
    }

    [NamespaceFact]
    public async Task Upgrade_OfProcess1_IsRefused()
    {
        string[] options = [.. NamespaceFactAttribute.UserOptions, "--pid", "--fork", "--mount-proc"];
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("asgi_probe:app") { Launcher = ["unshare", .. options] });
        int front = server.FrontPid();
        Processes.Signal(front, Processes.User2);

        await server.Log.WaitAsync("[WARN]", "SIGUSR2 is ignored", "process 1 of its container");
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        Processes.Signal(front, Processes.Terminate);
        Assert.Equal(0, await server.ExitAsync());
    }

    [Fact]
    public async Task Stop_UnderLoad_AnswersEveryRequestOnConnectionsThatWereAccepted()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app") { Workers = 2 });
        await using var load = new KeepAliveLoad(() => server.ConnectAsync(), keeping: 16, fresh: 0);
        await load.MoreAsync(200);
        server.Signal(Processes.Terminate);
        Assert.Equal(0, await server.ExitAsync());

        Assert.Empty(await load.EndAsync());
    }

    private static async Task<int> SuccessorAsync(HydraServer server, int count = 1)
        => await Eventually.GetAsync(
            () => Taken().Matches(server.Log.Text) is { } found && found.Count >= count
                ? int.Parse(found[count - 1].Groups[1].Value, CultureInfo.InvariantCulture)
                : (int?)null,
            "the new server",
            () => server.Log.Text);

    private static async Task StopSuccessorAsync(HydraServer server, int successor)
    {
        Processes.Signal(successor, Processes.Terminate);

        // The code of the server that was started first, and the end of them all.
        Assert.Equal(0, await server.ExitAsync());
    }

    [GeneratedRegex(@"the new server \(pid (\d+)\) is ready")]
    private static partial Regex Taken();
}
