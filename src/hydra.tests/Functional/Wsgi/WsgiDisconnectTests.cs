using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Wsgi;

/// <summary>What a WSGI application hears of a client that leaves: waitress's "waitress.client_disconnected".</summary>
public sealed class WsgiDisconnectTests(ServerPool pool) : PooledTests(pool)
{
    [Theory]
    [InlineData("1", null)]
    [InlineData("2", null)]
    [InlineData("auto", null)]
    [InlineData("1", "sockets")]
    [InlineData("2", "sockets")]
    [InlineData("auto", "sockets")]
    public async Task ClientDisconnected_ClientClosesItsSendingSide_IsTrueAndTheAnswerStillReachesIt(string threads, string? transport)
    {
        HydraServer server = await StartAsync(threads, transport);
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/until-told/{key}");
        Assert.Equal(["False"], await server.Board.WaitAsync(key));
        connection.FinishSending();

        Assert.Equal(["False", "True"], await server.Board.WaitAsync(key, 2));
        Assert.Equal("too late", (await connection.ReadResponseAsync()).Text);
        Assert.True(await connection.HasEndedAsync());
    }

    [Theory]
    [InlineData("1", null, false)]
    [InlineData("2", "sockets", false)]
    [InlineData("2", null, true)]
    public async Task ClientDisconnected_ClientCloses_IsTrue(string threads, string? transport, bool isReset)
    {
        HydraServer server = await StartAsync(threads, transport);
        string key = Board.NewKey();
        await using (RawConnection connection = await server.ConnectAsync())
        {
            await connection.GetAsync($"/until-told/{key}");
            Assert.Equal(["False"], await server.Board.WaitAsync(key));
            if (isReset)
            {
                connection.Reset();
            }
        }

        Assert.Equal(["False", "True"], await server.Board.WaitAsync(key, 2));
    }

    // Null for what the tests run over.
    private Task<HydraServer> StartAsync(string threads, string? transport)
    {
        var spec = new ServerSpec("wsgi_probe:bare") { Arguments = ["--threads", threads] };
        return Pool.GetAsync(transport is null ? spec : spec with { Transport = transport });
    }
}
