using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Http;

/// <summary>WebSockets from the clients that Debian has, python3-websockets and python3-wsproto, and from one that breaks the rules.</summary>
public sealed class WebSocketClientsTests(ServerPool pool) : PooledTests(pool)
{
    [Theory]
    [InlineData("sizes", null)]
    [InlineData("sizes", "sockets")]
    [InlineData("codes", null)]
    [InlineData("codes", "sockets")]
    [InlineData("boundaries", null)]
    [InlineData("boundaries", "sockets")]
    [InlineData("invalid", null)]
    [InlineData("invalid", "sockets")]
    [InlineData("wsproto", null)]
    [InlineData("wsproto", "sockets")]
    [InlineData("idle", null)]
    public async Task Client_OfDebian_FindsEverythingAsItExpects(string name, string? transport)
    {
        var spec = new ServerSpec("sockets:app");
        await RunAsync(await Pool.GetAsync(transport is null ? spec : spec with { Transport = transport }), name);
    }

    [Fact]
    public async Task Client_OfDebian_ThatSendsTooMuch_Is1009()
        => await RunAsync(await Pool.GetAsync(new ServerSpec("sockets:app") { Arguments = ["--ws-max-size", "100000"] }), "oversized");

    private static async Task RunAsync(HydraServer server, string name)
    {
        using var directory = new TestDirectory();
        await using var command = new RunningCommand(
            [Repository.Python, Path.Combine(Repository.Apps, "socket_suite.py"), name, $"ws://{server.Address.Authority}", server.FilePath("")], directory.Path, []);
        Assert.True(await command.ExitAsync() == 0, command.Log.Text);
    }
}
