using System.Net;
using System.Net.WebSockets;
using System.Text;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Frameworks;

/// <summary>--loop trio: Starlette over trio, through the server.</summary>
public sealed class TrioTests
{
    [PythonModuleFact("trio")]
    public async Task Starlette_OverTrio_ServesRequestsThreadsAndSockets()
    {
        await using HydraServer server = await StartAsync();

        Assert.NotEmpty(server.Log.Find("trio_starlette:app (asgi)", "trio "));
        Assert.Equal("trio", await server.Client.GetStringAsync("/library"));
        Assert.Equal("in a thread", await server.Client.GetStringAsync("/in-thread"));
        byte[] body = Encoding.ASCII.GetBytes(new string('x', 3_000_000));
        using HttpResponseMessage echo = await server.Client.PostAsync("/echo", new ByteArrayContent(body));
        Assert.Equal(body, await echo.Content.ReadAsByteArrayAsync());
        using ClientWebSocket socket = await ClientSocket.OpenAsync(server.Address, "/talk");
        Assert.Equal("trio: hello", await ClientSocket.AskAsync(socket, "hello"));
    }

    [PythonModuleFact("trio")]
    public async Task Starlette_OverTrio_MiddlewareOfItsOwnTasks_Works()
    {
        await using HydraServer server = await StartAsync(("TAGGING", "1"));
        using HttpResponseMessage response = await server.Client.GetAsync("/library");

        Assert.Equal("trio", Assert.Single(response.Headers.GetValues("x-through")));
    }

    [PythonModuleFact("trio")]
    public async Task Starlette_OverTrio_BackgroundTaskRunsAfterTheResponse()
    {
        await using HydraServer server = await StartAsync();
        string key = Board.NewKey();

        Assert.Equal($"{{\"accepted\":\"{key}\"}}", await server.Client.GetStringAsync($"/later/{key}"));
        Assert.Empty(server.Board.Records(key));
        server.Board.Open(key);
        Assert.Equal(["done"], await server.Board.WaitAsync(key));
    }

    [PythonModuleFact("trio")]
    public async Task Starlette_OverTrio_ClientThatLeavesEndsItsStream()
    {
        await using HydraServer server = await StartAsync();
        string key = Board.NewKey();
        await using (RawConnection connection = await server.ConnectAsync())
        {
            await connection.GetAsync($"/events/{key}");
            server.Board.Open($"{key}-0");
            await connection.ReadHeadAsync();
            Assert.Equal("data: 0\n\n", Encoding.ASCII.GetString((await connection.ReadChunkAsync())!));
            Assert.Empty(server.Board.Records(key));
        }

        Assert.Equal(["stream ended"], await server.Board.WaitAsync(key));
    }

    [PythonModuleFact("trio")]
    public async Task Starlette_OverTrio_EndpointThatFailsIs500AndLogged()
    {
        await using HydraServer server = await StartAsync();
        using HttpResponseMessage response = await server.Client.GetAsync("/fail");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        await server.Log.ExpectErrorAsync("an endpoint that fails", "in fail");
    }

    [PythonModuleFact("trio")]
    public async Task Trio_Stop_ShutsTheLifespanDown()
    {
        IReadOnlyList<string> ended;
        await using (HydraServer server = await StartAsync())
        {
            Assert.Equal("trio", await server.Client.GetStringAsync("/library"));
            server.Signal(15);
            Assert.Equal(0, await server.ExitAsync());
            ended = server.Board.Records("trio-lifespan");
        }

        Assert.Equal(["shutdown"], ended);
    }

    [PythonModuleFact("trio")]
    public async Task Trio_WithPreload_ServesInForkedWorkers()
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("trio_starlette:app") { Workers = 2, Arguments = ["--loop", "trio", "--preload"] });

        Assert.Equal("trio", await server.Client.GetStringAsync("/library"));
    }

    [PythonModuleFact("trio")]
    public async Task Trio_InterfaceThatIsNotAsgi_IsRefusedWithASentence()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(new ServerSpec("rsgi_probe:app") { Arguments = ["--loop", "trio"] });

        Assert.Equal(3, await server.ExitAsync());
        await server.Log.ExpectErrorAsync("is served as RSGI, which needs an event loop of asyncio's kind: leave out --loop trio");
    }

    private static Task<HydraServer> StartAsync(params (string Name, string Value)[] variables)
        => HydraServer.StartAsync(new ServerSpec("trio_starlette:app")
        {
            Arguments = ["--loop", "trio"],
            Variables = variables.ToDictionary(static v => v.Name, static v => (string?)v.Value),
        });
}
