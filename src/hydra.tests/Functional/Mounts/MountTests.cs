using System.Net.WebSockets;
using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Mounts;

/// <summary>Several applications behind one server (--mount), each with workers of its own.</summary>
public sealed class MountTests
{
    [Fact]
    public async Task Mount_BelowAPath_EachApplicationHasItsOwnRootAndInterface()
    {
        await using HydraServer server = await StartAsync("--mount", "/old=wsgi_probe:app,threads=2", "--mount", "/old/new=asgi_probe:app");

        JsonElement outer = await server.GetJsonAsync("/scope");
        Assert.Equal(("", "/scope"), (outer.GetProperty("root_path").GetString(), outer.GetProperty("path").GetString()));
        JsonElement old = await server.GetJsonAsync("/old/environ?a=1");
        Assert.Equal(("/old", "/environ"), (old.GetProperty("SCRIPT_NAME").GetString(), old.GetProperty("PATH_INFO").GetString()));
        JsonElement within = await server.GetJsonAsync("/old/new/scope");
        Assert.Equal(("/old/new", "/old/new/scope"), (within.GetProperty("root_path").GetString(), within.GetProperty("path").GetString()));
        Assert.Equal(3, server.WorkerPids().Count);
    }

    [Fact]
    public async Task Mount_BelowAPathThatAProxyTakesOff_HasTheWholeRoot()
    {
        await using HydraServer server = await StartAsync("--root-path", "/shop", "--mount", "/old=wsgi_probe:app");

        foreach (string path in new[] { "/old/environ", "/shop/old/environ" })
        {
            JsonElement environ = await server.GetJsonAsync(path);
            Assert.Equal(("/shop/old", "/environ"), (environ.GetProperty("SCRIPT_NAME").GetString(), environ.GetProperty("PATH_INFO").GetString()));
        }
    }

    [Fact]
    public async Task Mount_AtAHost_TakesItsRequestsOnAnyConnection()
    {
        await using HydraServer server = await StartAsync("--mount", "old.example=wsgi_probe:app", "--mount", "*.example/x=wsgi_probe:bare");
        await using RawConnection connection = await server.ConnectAsync();

        Assert.Equal(200, (await connection.ExchangeAsync("GET /environ HTTP/1.1\r\nHost: Old.Example:8000\r\n\r\n")).Status);
        Assert.Equal(200, (await connection.ExchangeAsync("GET /scope HTTP/1.1\r\nHost: localhost\r\n\r\n")).Status);
        Assert.Equal(200, (await connection.ExchangeAsync("GET /x/environ HTTP/1.1\r\nHost: other.example\r\n\r\n")).Status);
        Assert.Equal(404, (await connection.ExchangeAsync("GET /environ HTTP/1.1\r\nHost: other.example\r\n\r\n")).Status);
        Assert.Equal(200, (await connection.ExchangeAsync("POST /body/read HTTP/1.1\r\nHost: old.example\r\nContent-Length: 4\r\n\r\nbody")).Status);
        Assert.Equal(200, (await connection.ExchangeAsync("GET http://old.example/environ HTTP/1.1\r\nHost: localhost\r\n\r\n")).Status);
    }

    [Fact]
    public async Task Mount_NothingThere_Is404AndTheConnectionGoesOn()
    {
        await using HydraServer server = await LaunchAsync("--mount", "/api=asgi_probe:app");
        await server.WaitUntilReadyAsync();
        await using RawConnection connection = await server.ConnectAsync();

        Assert.Equal(404, (await connection.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n")).Status);
        Assert.Equal(200, (await connection.ExchangeAsync("GET /api/hello HTTP/1.1\r\nHost: a\r\n\r\n")).Status);
        RawResponse upload = await connection.ExchangeAsync("POST /apix HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
        Assert.Equal((404, "close"), (upload.Status, upload.Value("Connection")));
    }

    [Fact]
    public async Task Mount_WebSocket_IsServedWhereItIsMounted()
    {
        await using HydraServer server = await StartAsync("--mount", "/live=sockets:app", "--mount", "/old=wsgi_probe:app");
        using ClientWebSocket client = await ClientSocket.OpenAsync(server.Address, "/live/echo");

        Assert.Equal("hello", await ClientSocket.AskAsync(client, "hello"));

        // WSGI has none.
        await Assert.ThrowsAsync<WebSocketException>(() => ClientSocket.OpenAsync(server.Address, "/old/echo"));
    }

    [Fact]
    public async Task Mount_WorkersOfOneDie_TheOthersServe()
    {
        await using HydraServer server = await StartAsync("--mount", "/old=wsgi_probe:app");
        int pid = (await server.GetJsonAsync("/old/worker")).GetProperty("pid").GetInt32();
        int other = server.WorkerPids().Single(worker => worker != pid);

        Processes.Signal(pid, Processes.Kill);
        Assert.NotEqual(pid, (await server.GetJsonAsync("/old/worker")).GetProperty("pid").GetInt32());
        Assert.Contains(other, server.WorkerPids());
        await server.Log.WaitAsync("hydra /old: worker 0");
        server.Log.ExpectAnyErrors("SIGKILL");
    }

    [Fact]
    public async Task Mount_OptionsOfItsOwn_HoldForItAlone()
    {
        await using HydraServer server = await StartAsync(
            "--env", "HYDRA_TEST_SHADE=red", "--mount", "/old=wsgi_probe:app,workers=2,limit-body=3,env=HYDRA_TEST_SHADE=blue");
        await using RawConnection connection = await server.ConnectAsync();

        Assert.Equal(3, server.WorkerPids().Count);
        Assert.Equal(2, Processes.WithVariable("HYDRA_TEST_SHADE", "blue").Intersect(server.WorkerPids()).Count());
        Assert.Single(Processes.WithVariable("HYDRA_TEST_SHADE", "red").Intersect(server.WorkerPids()));
        Assert.Equal(200, (await connection.ExchangeAsync("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody")).Status);
        Assert.Equal(413, (await connection.ExchangeAsync("POST /old/body/read HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody")).Status);
    }

    [Fact]
    public async Task Mount_Reload_ReplacesTheWorkersOfAll()
    {
        await using HydraServer server = await StartAsync("--mount", "/old=wsgi_probe:app");
        IReadOnlyList<int> before = server.WorkerPids();

        server.Signal(Processes.Hangup);
        await Eventually.HoldsAsync(
            () => server.WorkerPids() is { Count: 2 } now && !now.Intersect(before).Any(), "new workers of both applications", () => server.Log.Text);
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        await server.GetJsonAsync("/old/worker");
    }

    [Theory]
    [InlineData(3, "wsgi_probe:app and sockets:app are both mounted at /old", "/old=wsgi_probe:app", "/old/=sockets:app")]
    [InlineData(3, "asgi_probe:app and sockets:app are both mounted at /", "/=sockets:app", "/x=sockets:app")]
    [InlineData(3, "Could not find the module \"no_such_module\"", "/old=no_such_module:app", "/x=sockets:app")]
    [InlineData(3, "is not callable", "/old=broken.not_callable:app", "/x=sockets:app")]
    [InlineData(2, "wokers is not an option; did you mean workers?", "/old=wsgi_probe:app,wokers=2", "/x=sockets:app")]
    public async Task Mount_ThatCannotBe_IsASentence(int code, string sentence, string first, string second)
    {
        await using HydraServer server = await HydraServer.LaunchAsync(
            new ServerSpec("asgi_probe:app") { Arguments = ["--mount", first, "--mount", second] });

        Assert.Equal(code, await server.ExitAsync());
        Assert.Contains(sentence, server.Log.Text, StringComparison.Ordinal);
        server.Log.ExpectAnyErrors("");
    }

    private static Task<HydraServer> StartAsync(params string[] arguments)
        => HydraServer.StartAsync(new ServerSpec("asgi_probe:app") { Arguments = arguments });

    private static Task<HydraServer> LaunchAsync(params string[] arguments)
        => HydraServer.LaunchAsync(new ServerSpec("") { Arguments = arguments });
}
