using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Lifecycle;

/// <summary>SIGTERM and SIGINT.</summary>
public sealed class StopTests
{
    [Theory]
    [InlineData(Processes.Terminate, "uds")]
    [InlineData(Processes.Interrupt, "uds")]
    [InlineData(Processes.Terminate, "tcp")]
    public async Task Signal_WhileARequestRuns_FinishesItAndExitsZero(int signal, string transport)
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app") { WorkerTransport = transport });
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/slow/{key}");
        await server.Board.WaitAsync(key);
        server.Signal(signal);
        await server.Log.WaitAsync("stopping");
        server.Board.Open(key);

        Assert.Equal("finished", (await connection.ReadResponseAsync()).Text);
        Assert.Equal(0, await server.ExitAsync());
        Assert.Equal(["startup", "shutdown"], server.Board.Records("lifespan"));
    }

    [Fact]
    public async Task Signal_WhileARequestRuns_AcceptsNoMore()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app"));
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/slow/{key}");
        await server.Board.WaitAsync(key);
        server.Signal(Processes.Terminate);

        await Eventually.HoldsAsync(() => !CanConnect(server.Address.Port), "the end of the listening socket");
        server.Board.Open(key);
        Assert.Equal("finished", (await connection.ReadResponseAsync()).Text);
        Assert.Equal(0, await server.ExitAsync());
    }

    [Fact]
    public async Task Signal_IdleConnections_DoNotHoldItUp()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app"));
        await using RawConnection used = await server.ConnectAsync();
        await using RawConnection unused = await server.ConnectAsync();
        await used.ExchangeAsync("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Equal(0, await server.StopAsync());
        Assert.True(await used.HasEndedAsync());
    }

    [Fact]
    public async Task Signal_RequestThatNeverEnds_IsCutOffAfterTheGrace()
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("asgi_misbehaviours:app") { Arguments = ["--graceful-timeout", "1"] });
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync("/never-ends");
        await server.Board.WaitAsync("never-ends");

        Assert.Equal(0, await server.StopAsync());
        await server.Log.WaitAsync("[WARN]", "not all requests finished");
    }

    [Fact]
    public async Task Signal_ApplicationThatSwallowsCancellation_IsKilledAfterTheGrace()
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("asgi_misbehaviours:app") { Arguments = ["--graceful-timeout", "1"] });
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync("/swallows-cancellation");
        await server.Board.WaitAsync("swallows");

        Assert.Equal(0, await server.StopAsync());
    }

    [Fact]
    public async Task Signal_BlockedWsgiApplication_IsKilledAfterTheGrace()
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("wsgi_probe:app") { Arguments = ["--graceful-timeout", "1"] });
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/meet/{key}");
        await server.Board.WaitAsync(key);

        Assert.Equal(0, await server.StopAsync());
    }

    [Fact]
    public async Task Signal_ClientWithHalfARequest_DoesNotHoldTheStop()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--graceful-timeout", "1h"] });
        await using RawConnection connection = await server.ConnectAsync();
        await connection.ExchangeAsync("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
        await connection.SendAsync("GET /hello HTTP/1.1\r\nHo");

        // With a grace of an hour only a stop that does not wait for the rest ends in time.
        Assert.Equal(0, await server.StopAsync());
    }

    [Fact]
    public async Task Signal_WorkerDiesAndAnotherIsBeingStarted_Stops()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--graceful-timeout", "1h"] });
        Processes.Signal(Assert.Single(server.WorkerPids()), Processes.Kill);
        await server.Log.ExpectErrorAsync("starting another");

        Assert.Equal(0, await server.StopAsync());
    }

    [Fact]
    public async Task Signal_Twice_StopsAtOnce()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_misbehaviours:app"));
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync("/never-ends");
        await server.Board.WaitAsync("never-ends");
        server.Signal(Processes.Terminate);
        await server.Log.WaitAsync("stopping; requests");
        await Eventually.HoldsAsync(
            () =>
            {
                // What comes too soon after the first is the same wish.
                server.Signal(Processes.Terminate);
                return server.Log.Find("further signal").Count > 0;
            },
            "the stop at once",
            () => server.Log.Text);

        // Long before the 30 s of the grace: ExitAsync waits no longer than that.
        Assert.NotEqual(0, await server.ExitAsync());
        Assert.Empty(server.Log.Find("not all requests finished"));
    }

    [Fact]
    public async Task Signal_WhileWorkersStart_Stops()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(new ServerSpec("broken.slow_start:app"));
        await server.Board.WaitAsync("slow-start");

        Assert.Equal(0, await server.StopAsync());
    }

    [Fact]
    public async Task Signal_WhileAWorkerIsReplaced_Stops()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app") { Workers = 2 });
        foreach (int pid in server.WorkerPids())
        {
            Processes.Signal(pid, Processes.Kill);
        }

        await server.Log.ExpectErrorAsync("starting another");
        Assert.Equal(0, await server.StopAsync());
        server.Log.ExpectAnyErrors("SIGKILL");
    }

    [Fact]
    public async Task Signal_ToTheWholeGroup_StillFinishesRequests()
    {
        // Ctrl-C on a terminal reaches the workers too; they leave it to the front.
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app") { Workers = 2 });
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/slow/{key}");
        await server.Board.WaitAsync(key);
        foreach (int pid in server.WorkerPids().Append(server.Pid))
        {
            Processes.Signal(pid, Processes.Interrupt);
        }

        await server.Log.WaitAsync("stopping");
        server.Board.Open(key);
        Assert.Equal("finished", (await connection.ReadResponseAsync()).Text);
        Assert.Equal(0, await server.ExitAsync());
    }

    private static bool CanConnect(int port)
    {
        using var socket = new System.Net.Sockets.Socket(
            System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        try
        {
            socket.Connect(System.Net.IPAddress.Loopback, port);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}
