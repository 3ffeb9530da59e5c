using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Text;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Workers;

/// <summary>examples/node-worker: a worker in another language, written from docs/protocol.md. It needs node on PATH, and fails without it.</summary>
public sealed class NodeWorkerTests
{
    private static readonly string App = $"node '{RepositoryFiles.At("examples", "node-worker", "app.js")}'";

    [Theory]
    [InlineData("uds")]
    [InlineData("tcp")]
    public async Task Requests_WithAndWithoutBodies_AreAnswered(string transport)
    {
        await using HydraServer server = await StartAsync(transport: transport);

        Assert.StartsWith("Hello from Node.js", await server.Client.GetStringAsync("/"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await server.Client.GetAsync("/nowhere")).StatusCode);
        using HttpResponseMessage head = await server.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/bytes?100000"));
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
        Assert.Contains("Node.js", server.Log.Text, StringComparison.Ordinal);
    }

    // In the frame of its request; whole; longer than what is read ahead, so that it takes credit; and such as wait for "100 Continue".
    [Theory]
    [InlineData("/echo", 5, false)]
    [InlineData("/echo", 300_000, false)]
    [InlineData("/collect", 9_000_000, false)]
    [InlineData("/collect", 9_000_000, true)]
    public async Task Bodies_OfAllSizes_ComeBackAsTheyWere(string path, int size, bool expects)
    {
        await using HydraServer server = await StartAsync();
        byte[] body = new byte[size];
        new Random(size).NextBytes(body);
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("image/png");
        request.Headers.ExpectContinue = expects;

        using HttpResponseMessage response = await server.Client.SendAsync(request);
        Assert.Equal("image/png", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(body, await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Response_WhoseClientDoesNotRead_WaitsForIt()
    {
        await using HydraServer server = await StartAsync();
        await using RawConnection slow = await server.ConnectAsync(receiveBuffer: 64 * 1024);
        await slow.GetAsync("/bytes?1000000000");
        await slow.ReadHeadAsync();
        for (int i = 0; i < 200; i++)
        {
            Assert.True(long.Parse(await server.Client.GetStringAsync("/written"), CultureInfo.InvariantCulture) < 32_000_000);
        }
    }

    [Fact]
    public async Task Client_ThatLeaves_IsToldToTheApplication()
    {
        await using HydraServer server = await StartAsync();
        await using (RawConnection client = await server.ConnectAsync())
        {
            await client.GetAsync("/events");
            await client.ReadHeadAsync();
            Assert.Contains("data: 0", Encoding.UTF8.GetString((await client.ReadChunkAsync())!), StringComparison.Ordinal);
        }

        await server.Log.WaitAsync("the client of /events has left");
    }

    [Fact]
    public async Task Application_ThatRaises_Gives500AndTheLogSaysWhy()
    {
        await using HydraServer server = await StartAsync();

        Assert.Equal(HttpStatusCode.InternalServerError, (await server.Client.GetAsync("/fail")).StatusCode);
        await server.Log.ExpectErrorAsync("this was to be expected");
    }

    [Fact]
    public async Task Sockets_Messages_ComeBackAndTheCloseHasItsCode()
    {
        await using HydraServer server = await StartAsync();
        using ClientWebSocket client = await ClientSocket.OpenAsync(server.Address, "/echo");
        foreach (int size in new[] { 0, 1, 5000, 65_536, 1_000_000 })
        {
            string text = new('ü', size / 2);
            Assert.Equal(text, await ClientSocket.AskAsync(client, text));
        }

        Assert.Null(await ClientSocket.AskAsync(client, "close"));
        Assert.Equal((4000, "as you wish"), ((int)client.CloseStatus!, client.CloseStatusDescription));
        await Assert.ThrowsAsync<WebSocketException>(() => ClientSocket.OpenAsync(server.Address, "/nowhere"));
    }

    [Fact]
    public async Task Workers_KilledUnderLoad_AreReplacedAndNoRequestIsLost()
    {
        await using HydraServer server = await StartAsync(workers: 2);
        await using var load = new KeepAliveLoad(() => server.ConnectAsync(), keeping: 16, fresh: 4);
        foreach (int pid in WorkerPids(server))
        {
            await load.MoreAsync(200);
            Processes.Signal(pid, Processes.Kill);
            await server.Log.ExpectErrorAsync($"(pid {pid})", "SIGKILL");
            await load.MoreAsync(200);
        }

        await server.Log.WaitUntilReadyAsync(worker: 0, times: 2);
        await server.Log.WaitUntilReadyAsync(worker: 1, times: 2);
        Assert.Empty(await load.EndAsync());
    }

    [Fact]
    public async Task Reload_UnderLoad_LosesNoRequestAndSessionsAreToldToComeAgain()
    {
        await using HydraServer server = await StartAsync(workers: 2, "--drain-timeout", "3s");
        IReadOnlyList<int> before = WorkerPids(server);
        using ClientWebSocket client = await ClientSocket.OpenAsync(server.Address, "/echo");
        await using var load = new KeepAliveLoad(() => server.ConnectAsync(), keeping: 16, fresh: 4);
        await load.MoreAsync(200);
        server.Signal(Processes.Hangup);
        await server.Log.WaitAsync("2 workers were replaced");
        await load.MoreAsync(200);

        Assert.Empty(await load.EndAsync());
        Assert.Null(await ClientSocket.AskAsync(client, "still there?") is "still there?" ? await ClientSocket.AskAsync(client, "close") : null);
        await Eventually.HoldsAsync(() => WorkerPids(server).Count == 2, "the end of the old workers", () => server.Log.Text);
        Assert.Empty(before.Intersect(WorkerPids(server)));
    }

    [Fact]
    public async Task Stop_WithStreams_EndsThemAndExitsWithZero()
    {
        await using HydraServer server = await StartAsync();
        await using RawConnection events = await server.ConnectAsync();
        await events.GetAsync("/events");
        await events.ReadHeadAsync();
        using ClientWebSocket client = await ClientSocket.OpenAsync(server.Address, "/echo");
        Task<string?> closed = Task.Run(async () =>
        {
            await client.ReceiveAsync(new byte[10].AsMemory(), default);
            return client.CloseStatus.ToString();
        });
        Task<int> exit = server.StopAsync();

        byte[]? chunk;
        do
        {
            chunk = await events.ReadChunkAsync();
        }
        while (chunk is { Length: > 0 });
        Assert.Equal("1012", await closed);
        Assert.Equal(0, await exit);
    }

    [Fact]
    public async Task Program_ThatIsMissing_IsSaid()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(new ServerSpec("no-such-program app.js") { Python = null, Arguments = ["--interface", "worker"] });

        Assert.Equal(3, await server.ExitAsync());
        await server.Log.ExpectErrorAsync("there is no program \"no-such-program\" on PATH to start as a worker");
    }

    [Fact]
    public async Task Program_ThatIsNoWorker_IsSaid()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(new ServerSpec("echo 'something else'") { Python = null, Arguments = ["--interface", "worker"] });

        Assert.Equal(3, await server.ExitAsync());
        await server.Log.ExpectErrorAsync("ended without a word before the worker could connect", "something else");
    }

    // Those of Python are known by the shim.
    private static IReadOnlyList<int> WorkerPids(HydraServer server) => [.. server.Tree().Where(pid => Processes.CommandLine(pid).Contains("node /", StringComparison.Ordinal))];

    private static Task<HydraServer> StartAsync(int workers = 1, params string[] arguments) => StartAsync("uds", workers, arguments);

    private static Task<HydraServer> StartAsync(string transport, int workers = 1, params string[] arguments)
        => HydraServer.StartAsync(
            new ServerSpec(App) { Python = null, Workers = workers, WorkerTransport = transport, Arguments = ["--interface", "worker", .. arguments] });
}
