using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Lifecycle;

/// <summary>Responses that have no end of their own, when their worker goes. With a grace of an hour only one that is told ends in time.</summary>
public sealed class StreamGraceTests
{
    private static readonly string[] Told = ["--graceful-timeout", "1h", "--stream-grace", "0"];

    [Fact]
    public async Task Stop_StreamOfEvents_IsToldAndSaysGoodbye()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("streams:app") { Arguments = Told });
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/events/{key}");
        server.Signal(Processes.Terminate);

        Assert.EndsWith("data: goodbye\n\n", (await connection.ReadResponseAsync()).Text, StringComparison.Ordinal);
        Assert.Equal(0, await server.ExitAsync());
        Assert.Equal(["http.disconnect"], server.Board.Records(key));
    }

    [Fact]
    public async Task Reload_StreamOfEvents_IsToldAndComesToTheNewWorker()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("streams:app") { Arguments = Told });
        string old = await server.Client.GetStringAsync("/pid");
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/events/{key}");
        server.Signal(Processes.Hangup);

        Assert.EndsWith("data: goodbye\n\n", (await connection.ReadResponseAsync()).Text, StringComparison.Ordinal);
        Assert.NotEqual(old, await server.Client.GetStringAsync("/pid"));
    }

    [Fact]
    public async Task Stop_DownloadOfKnownLength_IsLeftAlone()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("streams:app") { Arguments = Told });
        string download = Board.NewKey();
        string events = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/download/{download}");
        await server.Board.WaitAsync(download);
        await using RawConnection other = await server.ConnectAsync();
        await other.GetAsync($"/events/{events}");
        server.Signal(Processes.Terminate);
        await server.Board.WaitAsync(events);
        server.Board.Open(download);

        Assert.Equal("0123456789", (await connection.ReadResponseAsync()).Text);
        Assert.Equal(0, await server.ExitAsync());
    }
}
