using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Coding;

/// <summary>What clients and applications see of <c>--cache</c>.</summary>
public sealed class CacheTests
{
    [Theory]
    [InlineData("cached:app")]
    [InlineData("cached:wsgi")]
    public async Task Stale_ApplicationSaysThatItIsGoodYet_TheClientGetsIt(string app)
    {
        await using HydraServer server = await StartAsync(app);
        await using RawConnection client = await server.ConnectAsync();
        string request = Get("no-cache");
        Assert.Equal((200, "page \"1\""), await AskAsync(client, request));
        RawResponse again = await client.ExchangeAsync(request);
        Assert.Equal((200, "page \"1\"", "hydra; fwd=stale; fwd-status=304; ttl=0"), (again.Status, again.Text, again.Value("Cache-Status")));
        Assert.Equal((304, ""), await AskAsync(client, Get("no-cache", "If-None-Match: \"1\"")));
        Say(server, "tag", "2");
        Assert.Equal((200, "page \"2\""), await AskAsync(client, request));
        Assert.Equal(["-", "\"1\"", "\"1\"", "\"1\""], server.Board.Records("asked"));
    }

    [Theory]
    [InlineData("cached:app", "500")]
    [InlineData("cached:app", "raises")]
    [InlineData("cached:app", "dies")]
    [InlineData("cached:wsgi", "503")]
    [InlineData("cached:wsgi", "raises")]
    [InlineData("cached:wsgi", "dies")]
    public async Task StaleIfError_ApplicationFails_ClientsGetWhatIsKept(string app, string how)
    {
        await using HydraServer server = await StartAsync(app, "--metrics", "127.0.0.1:0", "--retry", "never");
        await using RawConnection client = await server.ConnectAsync();
        string request = Get("max-age=0, stale-if-error=600");
        Assert.Equal(200, (await client.ExchangeAsync(request)).Status);
        Say(server, "fails", how);
        RawResponse hidden = await client.ExchangeAsync(request);
        Assert.Equal((200, "page \"1\""), (hidden.Status, hidden.Text));
        Assert.Contains("detail=stale-if-error", hidden.Value("Cache-Status"), StringComparison.Ordinal);
        if (how == "raises")
        {
            await server.Log.ExpectErrorAsync("the page fails");
        }
        else if (how == "dies")
        {
            await server.Log.ExpectErrorAsync("worker was lost");
            await server.Log.ExpectErrorAsync("exited with code 9");
            await server.Log.WaitUntilReadyAsync(0, 2);
        }

        File.Delete(server.FilePath("fails"));
        Assert.Equal(200, (await client.ExchangeAsync(request)).Status);
    }

    [Theory]
    [InlineData("cached:app")]
    [InlineData("cached:wsgi")]
    public async Task StaleIfError_ApplicationHangs_ClientsGetWhatIsKept(string app)
    {
        await using HydraServer server = await StartAsync(app, "--request-timeout", "1s");
        await using RawConnection client = await server.ConnectAsync();
        Assert.Equal(200, (await client.ExchangeAsync(Get("max-age=0, stale-if-error=600"))).Status);
        Assert.Equal((200, "page \"1\""), await AskAsync(client, Get("max-age=0, stale-if-error=600", "X-Gate: never")));
        await server.Log.ExpectErrorAsync("no response within 1 s");
        await server.Log.ExpectErrorAsync("is interrupted");
        server.Board.Open("never");
    }

    [Theory]
    [InlineData("cached:app")]
    [InlineData("cached:wsgi")]
    public async Task StaleWhileRevalidate_WhileTheApplicationTakesItsTime_HoldsNobody(string app)
    {
        await using HydraServer server = await StartAsync(app);
        await using RawConnection client = await server.ConnectAsync();
        string request = Get("max-age=0, stale-while-revalidate=600", "X-Gate: slow");
        await client.SendAsync(request);
        await server.Board.WaitAsync("waiting");
        server.Board.Open("slow");
        Assert.Equal((200, "page \"1\""), Of(await client.ReadResponseAsync()));
        File.Delete(server.FilePath("gate-slow"));

        // The application does not answer, and everybody gets what is kept.
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal((200, "page \"1\""), await AskAsync(client, request));
        }

        await server.Board.WaitAsync("waiting", 2);
        Say(server, "tag", "2");
        server.Board.Open("slow");
        (int, string) got;
        do
        {
            got = await AskAsync(client, request);
        }
        while (got == (200, "page \"1\""));

        Assert.Equal((200, "page \"2\""), got);
    }

    // Many at once, each with a cookie of its own, on one path whose answers are for one alone.
    [Theory]
    [InlineData("cached:app", "private, max-age=60")]
    [InlineData("cached:app", "max-age=60")]
    [InlineData("cached:wsgi", "no-store")]
    [InlineData("cached:wsgi", "max-age=60")]
    public async Task Flight_OfMany_NobodyGetsAnothersAnswer(string app, string control)
    {
        await using HydraServer server = await StartAsync(app);
        await Task.WhenAll(Enumerable.Range(0, 40).Select(async user =>
        {
            await using RawConnection client = await server.ConnectAsync();
            for (int i = 0; i < 10; i++)
            {
                Assert.Equal((200, $"user={user}"), await AskAsync(client, Get(control, $"Cookie: user={user}", "/me")));
            }
        }));
    }

    [Theory]
    [InlineData("cached:app")]
    [InlineData("cached:wsgi")]
    public async Task Flight_OfMany_IsOneOfTheWorkers(string app)
    {
        await using HydraServer server = await StartAsync(app);
        RawConnection[] clients = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => server.ConnectAsync()));
        string request = Get("max-age=600", "X-Gate: one");
        await clients[0].SendAsync(request);
        await server.Board.WaitAsync("waiting");
        foreach (RawConnection client in clients[1..])
        {
            await client.SendAsync(request);
        }

        server.Board.Open("one");
        foreach (RawConnection client in clients)
        {
            Assert.Equal((200, "page \"1\""), Of(await client.ReadResponseAsync()));
            await client.DisposeAsync();
        }

        Assert.Single(server.Board.Records("waiting"));
    }

    [Fact]
    public async Task Change_OfATarget_IsSeenByTheNextRequest()
    {
        await using HydraServer server = await StartAsync("cached:app");
        await using RawConnection client = await server.ConnectAsync();
        Assert.Equal((200, "page \"1\""), await AskAsync(client, Get("max-age=600")));
        Say(server, "tag", "2");
        Assert.Equal((200, "page \"1\""), await AskAsync(client, Get("max-age=600")));
        Assert.Equal(204, (await client.ExchangeAsync($"PUT /page?max-age%3D600 HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n")).Status);
        Assert.Equal((200, "page \"2\""), await AskAsync(client, Get("max-age=600")));
    }

    [Fact]
    public async Task Stop_HitOnAnOpenConnection_EndsIt()
    {
        await using HydraServer server = await StartAsync("cached:app");
        await using RawConnection busy = await server.ConnectAsync();
        await using RawConnection client = await server.ConnectAsync();
        Assert.Equal(200, (await client.ExchangeAsync(Get("max-age=600"))).Status);
        await busy.SendAsync(Get("no-store", "X-Gate: held", "/me"));
        await server.Board.WaitAsync("waiting");
        server.Signal(Processes.Terminate);
        RawResponse hit;
        do
        {
            hit = await client.ExchangeAsync(Get("max-age=600"));
            Assert.Equal((200, "page \"1\""), Of(hit));
        }
        while (hit.Value("Connection") is null);

        Assert.Equal("close", hit.Value("Connection"));
        server.Board.Open("held");
        Assert.Equal(200, (await busy.ReadResponseAsync()).Status);
        Assert.Equal(0, await server.ExitAsync());
    }

    [Theory]
    [InlineData("cached:app")]
    [InlineData("cached:wsgi")]
    public async Task Stop_WhileAPageIsFetchedBehind_WaitsForTheApplicationAndIsClean(string app)
    {
        await using HydraServer server = await StartAsync(app);
        await using RawConnection client = await server.ConnectAsync();
        string request = Get("max-age=0, stale-while-revalidate=600", "X-Gate: slow");
        server.Board.Open("slow");
        Assert.Equal(200, (await client.ExchangeAsync(request)).Status);
        File.Delete(server.FilePath("gate-slow"));
        Assert.Equal((200, "page \"1\""), await AskAsync(client, request));
        await server.Board.WaitAsync("waiting", 2);
        server.Signal(Processes.Terminate);
        await server.Log.WaitAsync("stopping");
        server.Board.Open("slow");
        Assert.Equal(0, await server.ExitAsync());
    }

    [Theory]
    [InlineData("get")]
    [InlineData("Head")]
    public async Task Method_InOtherLetters_IsTheApplications(string method)
    {
        await using HydraServer server = await StartAsync("cached:app");
        await using RawConnection client = await server.ConnectAsync();
        Assert.Equal(200, (await client.ExchangeAsync(Get("max-age=600"))).Status);

        // ASGI has methods in capitals; that is between it and the application.
        RawResponse other = await client.ExchangeAsync(Get("max-age=600").Replace("GET", method, StringComparison.Ordinal));
        Assert.Equal((true, (string?)null), (other.Status is 200 or 204, other.Value("Cache-Status")));
        Assert.Equal(2, server.Board.Records("asked").Count + server.Board.Records("changes").Count);
    }

    private static Task<HydraServer> StartAsync(string app, params string[] arguments)
        => HydraServer.StartAsync(new ServerSpec(app) { Arguments = ["--cache", "8m", .. arguments] });

    private static string Get(string control, string field = "", string path = "/page")
        => $"GET {path}?{Uri.EscapeDataString(control)} HTTP/1.1\r\nHost: test\r\n{(field.Length > 0 ? field + "\r\n" : "")}\r\n";

    private static void Say(HydraServer server, string name, string text) => File.WriteAllText(server.FilePath(name), text);

    private static async Task<(int Status, string Text)> AskAsync(RawConnection client, string request) => Of(await client.ExchangeAsync(request));

    private static (int Status, string Text) Of(RawResponse response) => (response.Status, response.Text);
}
