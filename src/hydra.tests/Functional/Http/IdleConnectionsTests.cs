using System.Globalization;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Http;

/// <summary>Many connections that wait for their next request, and have given up their memory meanwhile.</summary>
public sealed class IdleConnectionsTests
{
    // From 512 on a loop it is worth the while.
    private const int Connections = 600;

    // The bits of epoll: what a connection that gave up its memory waits for is input alone.
    private const uint Output = 0x4;
    private const uint EdgeTriggered = 0x8000_0000;

    [LoopTransportFact]
    public async Task Requests_AfterTheSleep_AreAnswered()
    {
        await using HydraServer server = await StartAsync();
        RawConnection[] connections = await ConnectAsync(server);
        for (int round = 0; round < 2; round++)
        {
            await AsleepAsync(server);
            await Task.WhenAll(connections.Select(AskAsync));
        }

        await CloseAsync(connections);
        Assert.Equal(0, await server.StopAsync());
    }

    [LoopTransportFact]
    public async Task Stop_DuringTheSleep_AnswersRequestsOnTheirWay()
    {
        await using HydraServer server = await StartAsync();
        RawConnection[] connections = await ConnectAsync(server);
        await AsleepAsync(server);
        Task[] asked = [.. connections.Take(20).Select(AskAsync)];
        server.Signal(Processes.Terminate);
        await Task.WhenAll(asked);

        Assert.Equal(0, await server.ExitAsync());
        Assert.True(await connections[^1].HasEndedAsync());
        await CloseAsync(connections);
    }

    private static Task<HydraServer> StartAsync()
        => HydraServer.StartAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--loops", "1"] });

    private static async Task<RawConnection[]> ConnectAsync(HydraServer server)
    {
        List<RawConnection> connections = [];
        for (int i = 0; i < Connections; i++)
        {
            connections.Add(await server.ConnectAsync());
        }

        await Task.WhenAll(connections.Select(AskAsync));
        return [.. connections];
    }

    private static async Task AskAsync(RawConnection connection)
        => Assert.Equal(200, (await connection.ExchangeAsync("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")).Status);

    private static async Task CloseAsync(RawConnection[] connections)
    {
        foreach (RawConnection connection in connections)
        {
            await connection.DisposeAsync();
        }
    }

    private static Task AsleepAsync(HydraServer server) => Eventually.HoldsAsync(
        () => AsleepOn(server.FrontPid()) >= Connections + 2, "the sleep of all connections", () => $"{AsleepOn(server.FrontPid())} sleep");

    // A line of an epoll instance is "tfd:       12 events: 80002001  data: ...". The link of the worker and the loop's own eventfd are
    // among those that match.
    private static int AsleepOn(int pid) => Directory.EnumerateFiles($"/proc/{pid}/fdinfo").SelectMany(ReadLines)
        .Where(static line => line.StartsWith("tfd:", StringComparison.Ordinal))
        .Select(static line => uint.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3], NumberStyles.HexNumber, CultureInfo.InvariantCulture))
        .Count(static events => (events & EdgeTriggered) != 0 && (events & Output) == 0);

    private static string[] ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (IOException)
        {
            return [];
        }
    }
}
