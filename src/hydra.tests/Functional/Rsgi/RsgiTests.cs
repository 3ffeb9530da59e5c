using System.Net;
using System.Net.WebSockets;
using System.Text;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Rsgi;

/// <summary>RSGI applications behind the server.</summary>
public sealed class RsgiTests(ServerPool pool) : PooledTests(pool)
{
    private static readonly ServerSpec Spec = new("rsgi_probe:app");

    [Fact]
    public async Task Interface_Auto_IsFoundFromTheMethod()
    {
        HydraServer server = await Pool.GetAsync(Spec);

        Assert.Equal("tëxt", await server.GetTextAsync("/text"));
        Assert.Contains("(rsgi)", server.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Function_OfTwoParameters_IsServedWhereItIsSaid()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("rsgi_probe:function") { Arguments = ["--interface", "rsgi"] });

        Assert.Equal("a function", await server.GetTextAsync("/"));
    }

    [Theory]
    [InlineData("asgi_probe:app", "rsgi", "asgi application, not rsgi; serve it with --interface asgi")]
    [InlineData("wsgi_probe:bare", "rsgi", "is a WSGI application")]
    [InlineData("rsgi_probe:PATHS", "rsgi", "is not callable")]
    [InlineData("rsgi_probe:function", "raw", "takes 2 arguments; with --interface raw an application is a function of one")]
    public async Task Application_OfAnotherKind_DoesNotStart(string app, string name, string sentence)
    {
        await using HydraServer server = await HydraServer.LaunchAsync(new ServerSpec(app) { Arguments = ["--interface", name] });

        Assert.Equal(3, await server.ExitAsync());
        await server.Log.ExpectErrorAsync(sentence);
    }

    [Fact]
    public async Task InitAndDel_AreCalledInEachWorker()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec with { Workers = 2 });
        Assert.Equal(["begun", "begun"], server.Board.Records("life"));
        Assert.Equal("tëxt", await server.GetTextAsync("/text"));

        Assert.Equal(0, await server.StopAsync());
        Assert.Equal(["begun", "begun", "ended", "ended"], server.Board.Records("life"));
    }

    [Fact]
    public async Task Failure_BeforeTheResponse_Is500AndOneTraceback()
    {
        HydraServer server = await Pool.GetAsync(Spec);
        using HttpResponseMessage response = await server.Client.GetAsync(new Uri("/fails", UriKind.Relative));

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        string record = await server.Log.ExpectErrorAsync("Exception in RSGI application", "ValueError: as asked");
        Assert.DoesNotContain("hydra_worker", record, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("leaves", "left")]
    [InlineData("for_ever", "RSGIProtocolClosed")]
    public async Task Client_ThatLeaves_IsHeardOf(string path, string heard)
    {
        HydraServer server = await Pool.GetAsync(Spec);
        string key = Board.NewKey();
        await using (RawConnection connection = await server.ConnectAsync())
        {
            await connection.GetAsync($"/{path}/{key}");
            await connection.ReadHeadAsync();
            Assert.NotEmpty((await connection.ReadChunkAsync())!);
            connection.Reset();
        }

        Assert.Equal([heard], await server.Board.WaitAsync(key));
    }

    [Fact]
    public async Task Stream_EachPiece_IsHereBeforeTheNext()
    {
        HydraServer server = await Pool.GetAsync(Spec);
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/gated/{key}");
        await connection.ReadHeadAsync();
        Assert.Equal("first", Encoding.ASCII.GetString((await connection.ReadChunkAsync())!));
        server.Board.Open(key);

        Assert.Equal("second", Encoding.ASCII.GetString((await connection.ReadChunkAsync())!));
        Assert.Empty((await connection.ReadChunkAsync())!);
    }

    [Fact]
    public async Task Upload_Large_ArrivesWhole()
    {
        HydraServer server = await Pool.GetAsync(Spec);
        byte[] body = [.. Enumerable.Range(0, 5_000_000).Select(static i => (byte)(i * 7))];
        using HttpResponseMessage response = await server.Client.PostAsync(new Uri("/echo", UriKind.Relative), new ByteArrayContent(body));

        Assert.Equal(body, await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task WebSocket_Messages_GoBothWays_AndTheCloseIsHeard()
    {
        HydraServer server = await Pool.GetAsync(Spec);
        string key = Board.NewKey();
        using ClientWebSocket client = await ClientSocket.OpenAsync(server.Address, $"/socket/{key}");
        foreach (int size in new[] { 0, 1, 70_000, 1_000_000 })
        {
            string text = new('ü', size / 2);
            Assert.Equal(text, await ClientSocket.AskAsync(client, text));
        }

        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
        Assert.Equal(["over RSGIProtocolClosed"], await server.Board.WaitAsync(key));
    }

    [Fact]
    public async Task Raw_Function_AnswersAndStreamsAndTakesWebSockets()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("raw_probe:app") { Arguments = ["--interface", "raw"] });
        byte[] body = new byte[3_000_000];
        using HttpResponseMessage echoed = await server.Client.PostAsync(new Uri("/echo", UriKind.Relative), new ByteArrayContent(body));

        Assert.Equal(body, await echoed.Content.ReadAsByteArrayAsync());
        Assert.Equal("012", await server.GetTextAsync("/stream"));
        Assert.Equal("http None", await server.GetTextAsync("/coroutine"));
        using ClientWebSocket client = await ClientSocket.OpenAsync(server.Address, "/socket");
        Assert.Equal("hello", await ClientSocket.AskAsync(client, "hello"));
        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
    }
}
