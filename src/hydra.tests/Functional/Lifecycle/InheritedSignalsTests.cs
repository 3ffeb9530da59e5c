using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Lifecycle;

/// <summary>Signals that are ignored or blocked in the process that starts the server, and those that an application takes for itself.</summary>
public sealed class InheritedSignalsTests
{
    private const int Quit = 3;
    private const string Start = "import os, signal, sys\n"
        + "for name in sys.argv[1].split(): signal.signal(getattr(signal, 'SIG' + name), signal.SIG_IGN)\n"
        + "signal.pthread_sigmask(signal.SIG_BLOCK, [getattr(signal, 'SIG' + name) for name in sys.argv[2].split()])\n"
        + "os.execv(sys.argv[3], sys.argv[3:])\n";

    [Theory]
    [InlineData("CHLD TERM HUP", "", "")]
    [InlineData("", "CHLD TERM HUP", "")]
    [InlineData("CHLD TERM HUP", "CHLD TERM HUP", "--preload")]
    public async Task Start_SignalsIgnoredOrBlocked_WorkersAreReplacedAndTheServerReloadsAndStops(string ignored, string blocked, string preload)
    {
        await using HydraServer server = await StartAsync(ignored, blocked, preload.Length > 0 ? [preload] : []);
        string first = await server.Client.GetStringAsync("/pid");
        Processes.Signal(int.Parse(first, System.Globalization.CultureInfo.InvariantCulture), Processes.Kill);
        await server.Log.ExpectErrorAsync("was ended by SIGKILL");
        string second = await server.Client.GetStringAsync("/pid");
        Assert.NotEqual(first, second);

        server.Signal(Processes.Hangup);
        await server.Log.WaitAsync("replaced in ");
        Assert.NotEqual(second, await server.Client.GetStringAsync("/pid"));
        Assert.Equal(0, await server.StopAsync());
    }

    [Theory]
    [InlineData("INT QUIT", "", Processes.Interrupt, "SIGINT: stopping")]
    [InlineData("INT QUIT", "INT QUIT", Quit, "SIGQUIT: stopping")]
    public async Task Start_KeysIgnoredAsByAnAmpersand_TheirSignalsStop(string ignored, string blocked, int signal, string said)
    {
        await using HydraServer server = await StartAsync(ignored, blocked, []);
        server.Signal(signal);
        await server.Log.WaitAsync(said);
        Assert.Equal(0, await server.ExitAsync());
    }

    [Fact]
    public async Task Group_SignalledToEnd_RequestsOfAnApplicationWithHandlersOfItsOwnAreFinished()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("own_handlers:app"));
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/wait/{key}");
        await server.Board.WaitAsync(key);
        foreach (int pid in (int[])[.. server.WorkerPids(), server.Pid])
        {
            Processes.Signal(pid, Processes.Terminate);
        }

        await server.Log.WaitAsync("SIGTERM: stopping");
        server.Board.Open(key);

        Assert.Equal("finished", (await connection.ReadResponseAsync()).Text);
        Assert.Equal(0, await server.ExitAsync());
    }

    [Theory]
    [InlineData("told_to_end:wsgi", "handler", "")]
    [InlineData("told_to_end:wsgi", "handler", "--preload")]
    [InlineData("told_to_end:asgi", "loop", "")]
    public async Task Drain_OfAnApplicationWithAHandlerOfItsOwn_CallsIt(string application, string by, string preload)
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec(application) { Arguments = preload.Length > 0 ? [preload] : [] });
        server.Signal(Processes.Hangup);
        await server.Log.WaitAsync("replaced in ");

        Assert.Equal([by], await server.Board.WaitAsync("told-to-end"));
        Assert.Equal("hello", await server.GetTextAsync("/"));
        Assert.Equal(0, await server.StopAsync());
        Assert.Equal([by, by], server.Board.Records("told-to-end"));
    }

    [Fact]
    public async Task Stop_HandlerOfTheApplication_IsCalledAndEndsItsLoop()
    {
        ServerSpec spec = new("own_handlers:app") { Arguments = ["--stream-grace", "100ms"] };
        await using HydraServer server = await HydraServer.StartAsync(spec);
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/told/{key}");
        await server.Board.WaitAsync(key);

        server.Signal(Processes.Terminate);

        Assert.Equal("told", (await connection.ReadResponseAsync()).Text);
        Assert.Equal(0, await server.ExitAsync());
    }

    private static Task<HydraServer> StartAsync(string ignored, string blocked, string[] arguments) => HydraServer.StartAsync(
        new ServerSpec("own_handlers:app") { Launcher = ["/usr/bin/python3", "-c", Start, ignored, blocked], Arguments = arguments });
}
