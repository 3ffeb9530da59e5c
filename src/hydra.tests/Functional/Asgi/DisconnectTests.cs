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

    [Theory]
    [InlineData(null)]
    [InlineData("sockets")]
    public async Task Receive_ClientClosesItsSendingSide_GivesDisconnectAndTheAnswerStillReachesIt(string? transport)
    {
        HydraServer server = await StartAsync(transport);
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/wait-for-leaving/{key}");
        await server.Board.WaitAsync(key);
        connection.FinishSending();

        Assert.Equal(["waiting", "http.disconnect", "sent"], await server.Board.WaitAsync(key, 3));
        Assert.Equal("too late", (await connection.ReadResponseAsync()).Text);
        Assert.True(await connection.HasEndedAsync());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("sockets")]
    public async Task Receive_ClientCloses_GivesDisconnectAndTheStreamEndsWithTheFirstBytesThatFindNobody(string? transport)
    {
        HydraServer server = await StartAsync(transport);
        string key = Board.NewKey();
        await using (RawConnection connection = await server.ConnectAsync())
        {
            await connection.GetAsync($"/stream-until-told/{key}");
            await server.Board.WaitAsync(key);
        }

        Assert.Equal(["running", "http.disconnect", "OSError"], await server.Board.WaitAsync(key, 3));
    }

    // Null for what the tests run over.
    private Task<HydraServer> StartAsync(string? transport = null)
    {
        var spec = new ServerSpec("asgi_probe:app");
        return Pool.GetAsync(transport is null ? spec : spec with { Transport = transport });
    }
}
