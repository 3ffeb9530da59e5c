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

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Receive_ClientLeaves_GivesDisconnectAndSendRaisesOSError(bool isReset)
    {
        HydraServer server = await StartAsync();
        string key = Board.NewKey();
        RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/wait-for-leaving/{key}");
        await server.Board.WaitAsync(key);
        if (isReset)
        {
            connection.Reset();
        }

        await connection.DisposeAsync();
        Assert.Equal(["waiting", "http.disconnect", "OSError"], await server.Board.WaitAsync(key, 3));
    }

    private Task<HydraServer> StartAsync() => Pool.GetAsync(new ServerSpec("asgi_probe:app"));
}
