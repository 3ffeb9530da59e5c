using System.Net.WebSockets;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Frameworks;

/// <summary>The same on PyPy: Debian's pypy3. It has to be there, or these fail.</summary>
public sealed class PyPyTests(ServerPool pool) : PooledTests(pool)
{
    [Theory]
    [InlineData("asgi_probe:app", 1)]
    [InlineData("wsgi_probe:app", 1)]
    [InlineData("asgi_probe:app", 2)]
    [InlineData("wsgi_probe:app", 2)]
    public async Task Hello_OfEitherInterface_IsServed(string app, int workers)
    {
        HydraServer server = await StartAsync(app, workers);

        Assert.Contains("PyPy", server.Log.Text, StringComparison.Ordinal);
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        using HttpResponseMessage response = await server.Client.PostAsync(new Uri("/body/read", UriKind.Relative), new ByteArrayContent(new byte[3_000_000]));
        Assert.Contains("\"length\": 3000000", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Socket_MessagesAndClose_ReachBothSides()
    {
        HydraServer server = await StartAsync("sockets:app", 1);
        string key = Board.NewKey();
        using ClientWebSocket client = await ClientSocket.OpenAsync(server.Address, $"/echo/{key}");
        foreach (int size in new[] { 0, 126, 70_000 })
        {
            Assert.Equal(new string('ü', size), await ClientSocket.AskAsync(client, new string('ü', size)));
        }

        await client.CloseAsync((WebSocketCloseStatus)4001, "bye", default);
        Assert.Equal(["4001 bye"], await server.Board.WaitAsync(key));
    }

    [Fact]
    public async Task Reload_AndStop_AreAsOnCPython()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app") { Python = "pypy3", Workers = 2 });
        server.Signal(Processes.Hangup);
        await server.Log.WaitAsync("2 workers were replaced");
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        Assert.Equal(0, await server.StopAsync());
    }

    private Task<HydraServer> StartAsync(string app, int workers) => Pool.GetAsync(new ServerSpec(app) { Python = "pypy3", Workers = workers });
}
