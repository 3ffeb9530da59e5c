using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Asgi;

/// <summary>http.disconnect and what comes after it.</summary>
public sealed class DisconnectTests(ServerPool pool) : PooledTests(pool)
{
    [Fact]
    public async Task Receive_AfterTheBody_WaitsWhileTheClientWaits()
    {
        HydraServer server = await StartAsync();
        string key = Board.NewKey();

        Assert.Equal("waits", await server.GetTextAsync($"/receive-after-body/{key}"));

        // The response is complete: what was waited for comes now.
        Assert.Equal(["http.disconnect"], await server.Board.WaitAsync(key));
    }

    [Fact]
    public async Task Receive_AfterTheResponse_GivesDisconnectEachTime()
    {
        HydraServer server = await StartAsync();
        string key = Board.NewKey();

        Assert.Equal("complete", await server.GetTextAsync($"/after-response/{key}"));
        Assert.Equal(["http.disconnect", "http.disconnect"], await server.Board.WaitAsync(key, 2));
    }

    [Fact]
    public async Task Receive_ClientLeaves_GivesDisconnectAndAResponseThatEndsIsSwallowed()
    {
        HydraServer server = await StartAsync();
        string key = Board.NewKey();
        RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/wait-for-leaving/{key}");
        await server.Board.WaitAsync(key);
        connection.Reset();
        await connection.DisposeAsync();
        Assert.Equal(["waiting", "http.disconnect", "sent"], await server.Board.WaitAsync(key, 3));
    }

    [LoopTransportFact]
    public async Task Receive_ClientClosesItsSendingSide_GivesDisconnectAndTheAnswerStillReachesIt()
    {
        HydraServer server = await StartAsync();
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/wait-for-leaving/{key}");
        await server.Board.WaitAsync(key);
        connection.FinishSending();

        Assert.Equal(["waiting", "http.disconnect", "sent"], await server.Board.WaitAsync(key, 3));
        Assert.Equal("too late", (await connection.ReadResponseAsync()).Text);
        Assert.True(await connection.HasEndedAsync());
    }

    [LoopTransportFact]
    public async Task Receive_ClientCloses_GivesDisconnectAndTheStreamEndsWithTheFirstBytesThatFindNobody()
    {
        HydraServer server = await StartAsync();
        string key = Board.NewKey();
        await using (RawConnection connection = await server.ConnectAsync())
        {
            await connection.GetAsync($"/stream-until-told/{key}");
            await server.Board.WaitAsync(key);
        }

        Assert.Equal(["running", "http.disconnect", "OSError"], await server.Board.WaitAsync(key, 3));
    }

    private Task<HydraServer> StartAsync() => Pool.GetAsync(new ServerSpec("asgi_probe:app"));
}
