using System.Net;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Text;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Frameworks;

/// <summary>Frameworks that have a server of their own, in whose place Hydra is; and the WebSockets of all that have some.</summary>
public sealed class HostedFrameworkTests(ServerPool pool) : PooledTests(pool)
{
    [NewestPackagesTheory]
    [InlineData("aiohttp_app:create", "aiohttp")]
    [InlineData("tornado_app:app", "tornado")]
    public async Task Hosted_InterfaceAuto_IsFoundAndServed(string app, string name)
    {
        HydraServer server = await StartAsync(app);

        Assert.Equal($"hello from {name}", await server.GetTextAsync("/"));
        Assert.NotEmpty(server.Log.Find(name));
    }

    [NewestPackagesTheory]
    [InlineData("aiohttp_app:create")]
    [InlineData("tornado_app:app")]
    public async Task Hosted_File_WholePartAndUnchanged(string app)
    {
        HydraServer server = await StartAsync(app);
        byte[] expected = await File.ReadAllBytesAsync(Path.Combine(Repository.Apps, "newest", "flask_app.py"));
        using HttpResponseMessage whole = await server.Client.GetAsync(new Uri("/file", UriKind.Relative));
        using HttpResponseMessage part = await GetFileAsync(server, headers => headers.Range = new RangeHeaderValue(3, 40));
        using HttpResponseMessage unchanged = await GetFileAsync(server, headers => headers.IfNoneMatch.Add(whole.Headers.ETag!));
        using HttpResponseMessage head = await server.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/file"));

        Assert.Equal(expected, await whole.Content.ReadAsByteArrayAsync());
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal(expected[3..41], await part.Content.ReadAsByteArrayAsync());
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
        Assert.Equal(expected.Length, head.Content.Headers.ContentLength);
    }

    [NewestPackagesTheory]
    [InlineData("aiohttp_app:create")]
    [InlineData("tornado_app:app")]
    public async Task Hosted_ExpectContinue_IsAskedForAndRead(string app)
    {
        HydraServer server = await StartAsync(app);
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync("POST /length HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 100", await connection.ReadLineAsync(), StringComparison.Ordinal);
        await connection.ReadLineAsync();
        await connection.SendAsync("12345");
        RawResponse response = await connection.ReadResponseAsync();

        Assert.Equal("{\"length\": 5}", response.Text);
    }

    [NewestPackagesTheory]
    [InlineData("aiohttp_app:create")]
    [InlineData("tornado_app:app")]
    public async Task Hosted_HandlerThatFails_Is500AndLogged(string app)
    {
        HydraServer server = await StartAsync(app);
        using HttpResponseMessage response = await server.Client.GetAsync(new Uri("/fail", UriKind.Relative));

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        await server.Log.ExpectErrorAsync("RuntimeError: a handler that fails");
        if (app.StartsWith("tornado", StringComparison.Ordinal))
        {
            await server.Log.ExpectErrorAsync("500 GET /fail");
        }
    }

    [NewestPackagesTheory]
    [InlineData("aiohttp_app:create")]
    [InlineData("tornado_app:app")]
    [InlineData("fastapi_app:app")]
    [InlineData("litestar_app:app")]
    [InlineData("falcon_app:app")]
    [InlineData("quart_app:app")]
    public async Task WebSocket_MessagesAndClose_ReachBothSides(string app)
    {
        HydraServer server = await StartAsync(app);
        foreach ((string last, string expected) in new[] { ("", "chat 1000"), ("close", "chat 4001") })
        {
            string key = Board.NewKey();
            using var client = new ClientWebSocket();
            client.Options.AddSubProtocol("chat");
            client.Options.DangerousDeflateOptions = new WebSocketDeflateOptions();
            await client.ConnectAsync(new Uri($"ws://{server.Address.Authority}/ws/{key}"), default).WaitAsync(TimeSpan.FromSeconds(60));
            Assert.Equal("chat", client.SubProtocol);
            foreach (int size in new[] { 1, 126, 70_000 })
            {
                await ClientSocket.SendAsync(client, new string('ü', size));
                Assert.Equal(new string('ü', size), await ClientSocket.ReceiveAsync(client));
            }

            if (last.Length > 0)
            {
                await ClientSocket.SendAsync(client, last);
                Assert.Null(await ClientSocket.ReceiveAsync(client));
                Assert.Equal((4001, "as asked"), ((int)client.CloseStatus!, client.CloseStatusDescription));
            }

            await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default).WaitAsync(TimeSpan.FromSeconds(60));
            Assert.Equal([expected], await server.Board.WaitAsync(key));
        }
    }

    [NewestPackagesFact]
    public async Task Aiohttp_StartAndStop_SendItsSignalsInTheirOrder()
    {
        HydraServer server = await HydraServer.StartAsync(Spec("aiohttp_app:create"));
        await using (server)
        {
            Assert.Equal(["up"], server.Board.Records("life"));
            Assert.Equal(0, await server.StopAsync());
            Assert.Equal(["up", "shutdown", "down"], server.Board.Records("life"));
        }
    }

    [NewestPackagesFact]
    public async Task Aiohttp_StartupThatFails_ShowsWhyAndExitsWith3()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(Spec("aiohttp_app:broken"));

        Assert.Equal(3, await server.ExitAsync());
        await server.Log.ExpectErrorAsync("LookupError: no database is configured");
    }

    private static ServerSpec Spec(string app) => new("newest." + app) { Python = NewestPackages.Python };

    private static Task<HttpResponseMessage> GetFileAsync(HydraServer server, Action<HttpRequestHeaders> change)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/file");
        change(request.Headers);
        return server.Client.SendAsync(request);
    }

    private Task<HydraServer> StartAsync(string app) => Pool.GetAsync(Spec(app));
}
