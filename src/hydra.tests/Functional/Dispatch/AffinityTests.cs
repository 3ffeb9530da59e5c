using System.Net.WebSockets;
using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Dispatch;

/// <summary>Requests with the same key are served by the same worker, and the application is told where that was another before.</summary>
public sealed class AffinityTests
{
    private const int Keys = 40;

    [Theory]
    [InlineData("affinity_app:app")]
    [InlineData("affinity_app:wsgi")]
    public async Task Key_ManyRequestsOnManyConnections_HaveOneWorkerAndMoveOnce(string application)
    {
        await using HydraServer server = await StartAsync(application, 3, "--affinity", "header:X-Tenant");
        for (int key = 0; key < Keys; key++)
        {
            Told first = await AskAsync(server, $"tenant {key}");
            Assert.Equal(($"tenant {key}", "1"), (first.Key, first.Moved));
            Told[] again = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => AskAsync(server, $"tenant {key}")));
            Assert.All(again, told => Assert.Equal(first with { Moved = "0" }, told));
        }

        Assert.Equal(3, (await AllAsync(server)).Select(static told => told.Worker).Distinct().Count());
    }

    [Fact]
    public async Task Key_ThatIsMissing_IsNotToldAndNothingPretendedIsPassedOn()
    {
        await using HydraServer server = await StartAsync(
            "affinity_app:wsgi", 1, "--affinity", "header:X-Tenant", "--pool", "part:/part=1,affinity=off", "--mount", "/other=affinity_app:wsgi,affinity=off");
        foreach (string path in new[] { "/part", "/other" })
        {
            Assert.Null((await GetAsync(server, path, ("X-Hydra-Affinity", "mine"), ("X-Tenant", "acme"))).Key);
        }

        await using RawConnection connection = await server.ConnectAsync();
        foreach (string tenant in new[] { "", "X-Tenant: acme\r\n", "X-Tenant: acme\r\n" })
        {
            RawResponse response = await connection.ExchangeAsync(
                $"GET / HTTP/1.1\r\nHost: a\r\nX-Hydra-Affinity: mine\r\nX-Hydra-Affinity-Moved: 0\r\n{tenant}\r\n");
            Told told = Told.Read(JsonDocument.Parse(response.Text).RootElement);
            Assert.Equal(tenant.Length == 0 ? null : "acme", told.Key);
            Assert.NotEqual("mine", told.Key);
        }
    }

    [Fact]
    public async Task Key_OfPathQueryCookieAndClient_IsTold()
    {
        await using HydraServer server = await StartAsync(
            "affinity_app:app", 1, "--affinity", "path:2", "--mount", "/q=affinity_app:app,affinity=query:room", "--mount", "/c=affinity_app:app,affinity=cookie:sid",
            "--mount", "/a=affinity_app:app,affinity=client", "--mount", "/off=affinity_app:app,affinity=off");

        Assert.Equal("acme", (await GetAsync(server, "/t/acme/x")).Key);
        Assert.Equal("7", (await GetAsync(server, "/q/acme?room=7")).Key);
        Assert.Equal("s1", (await GetAsync(server, "/c/", ("Cookie", "sid=s1"))).Key);
        Assert.Equal("127.0.0.1", (await GetAsync(server, "/a/")).Key);
        Assert.Null((await GetAsync(server, "/off/t/acme")).Key);
    }

    [Fact]
    public async Task Worker_IsKilled_TheNextOneOfItsPlaceHasItsKeysAndIsTold()
    {
        await using HydraServer server = await StartAsync("affinity_app:app", 2, "--affinity", "header:X-Tenant", "--affinity-wait", "30s");
        IReadOnlyList<Told> before = await AllAsync(server);
        Told victim = before[0];
        Processes.Signal(victim.Pid, Processes.Kill);
        await server.Log.WaitUntilReadyAsync(victim.Worker, 2);
        IReadOnlyList<Told> after = await AllAsync(server);
        server.Log.ExpectAnyErrors("SIGKILL");

        for (int key = 0; key < Keys; key++)
        {
            Assert.Equal(before[key].Worker, after[key].Worker);
            Assert.Equal(before[key].Worker == victim.Worker ? "1" : "0", after[key].Moved);
        }
    }

    [Theory]
    [InlineData("affinity_app:app")]
    [InlineData("affinity_app:wsgi", "--preload")]
    public async Task Reload_KeysStayInTheirPlacesAndAllAreTold(string application, params string[] arguments)
    {
        await using HydraServer server = await StartAsync(application, 2, [.. arguments, "--affinity", "header:X-Tenant"]);
        IReadOnlyList<Told> before = await AllAsync(server);
        server.Signal(Processes.Hangup);
        await Eventually.HoldsAsync(
            () => server.WorkerPids() is { Count: >= 2 } now && !now.Intersect(before.Select(static told => told.Pid)).Any(), "new workers", () => server.Log.Text);

        IReadOnlyList<Told> after = await AllAsync(server);
        Assert.Equal(before.Select(static told => told.Worker), after.Select(static told => told.Worker));
        Assert.All(after, static told => Assert.Equal("1", told.Moved));
        Assert.All(await AllAsync(server), static told => Assert.Equal("0", told.Moved));
    }

    [Fact]
    public async Task Scale_OneWorkerMoreAndLess_MovesOnlyItsShareAndTellsIt()
    {
        await using HydraServer server = await StartAsync("affinity_app:app", 2, "--affinity", "header:X-Tenant");
        IReadOnlyList<Told> two = await AllAsync(server);
        server.Signal(Processes.MoreWorkers);
        await server.Log.WaitUntilReadyAsync(2);
        IReadOnlyList<Told> three = await AllAsync(server);
        for (int key = 0; key < Keys; key++)
        {
            Assert.True(three[key].Worker == 2 ? three[key].Moved == "1" : three[key] == two[key] with { Moved = "0" });
        }

        Assert.InRange(three.Count(static told => told.Worker == 2), 1, Keys / 2);
        server.Signal(Processes.FewerWorkers);
        await Eventually.HoldsAsync(() => server.WorkerPids().Count == 2, "one worker less", () => server.Log.Text);
        IReadOnlyList<Told> again = await AllAsync(server);
        Assert.Equal(two.Select(static told => told.Worker), again.Select(static told => told.Worker));
        Assert.Equal(three.Select(static told => told.Worker == 2 ? "1" : "0"), again.Select(static told => told.Moved));
    }

    [Fact]
    public async Task Worker_IsHeldUp_OnlyItsKeysWaitAndThenGoToTheNext()
    {
        await using HydraServer server = await StartAsync("affinity_app:wsgi", 2, "--affinity", "header:X-Tenant", "--affinity-wait", "300ms");
        IReadOnlyList<Told> before = await AllAsync(server);
        int held = Enumerable.Range(0, Keys).First(key => before[key].Worker == 0);
        int other = Enumerable.Range(0, Keys).First(key => before[key].Worker == 1);
        Task<Told> slow = GetAsync(server, "/slow/held", ("X-Tenant", $"tenant {held}"));
        await server.Board.WaitAsync("held");

        Task<Told> waits = AskAsync(server, $"tenant {held}");
        Assert.Equal(before[other] with { Moved = "0" }, await AskAsync(server, $"tenant {other}"));
        Told moved = await waits;
        Assert.Equal((1, "1"), (moved.Worker, moved.Moved));
        Assert.False(slow.IsCompleted);
        server.Board.Open("held");
        Assert.Equal(0, (await slow).Worker);

        // It has been elsewhere meanwhile.
        Assert.Equal(before[held] with { Moved = "1" }, await AskAsync(server, $"tenant {held}"));
    }

    [Fact]
    public async Task WebSocket_Handshake_GoesToTheWorkerOfItsKey()
    {
        await using HydraServer server = await StartAsync("affinity_app:app", 3, "--affinity", "query:room");
        for (int room = 0; room < 8; room++)
        {
            Told told = await GetAsync(server, $"/?room={room}");
            using ClientWebSocket client = await ClientSocket.OpenAsync(server.Address, $"/ws?room={room}");
            Assert.Equal(told with { Moved = "0" }, Told.Read(JsonDocument.Parse((await ClientSocket.ReceiveAsync(client))!).RootElement));
        }
    }

    [Fact]
    public async Task Cookie_OfTheServer_IsMadeOnceAndReplacedWhenItIsForged()
    {
        await using HydraServer server = await StartAsync("affinity_app:app", 2, "--affinity", "cookie:lb", "--affinity-cookie", "--forwarded-allow-ips", "127.0.0.1");
        await using RawConnection connection = await server.ConnectAsync();
        RawResponse first = await connection.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        string field = Assert.Single(first.Values("Set-Cookie"));
        Assert.EndsWith("; Path=/; HttpOnly; SameSite=Lax", field, StringComparison.Ordinal);
        string cookie = field.Split(';')[0];

        RawResponse second = await connection.ExchangeAsync($"GET / HTTP/1.1\r\nHost: a\r\nCookie: {cookie}\r\n\r\n");
        Assert.Empty(second.Values("Set-Cookie"));
        Assert.Equal(Read(first) with { Moved = "0" }, Read(second));

        RawResponse forged = await connection.ExchangeAsync($"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: https\r\nCookie: {cookie}x\r\n\r\n");
        string replaced = Assert.Single(forged.Values("Set-Cookie"));
        Assert.EndsWith("; Secure", replaced, StringComparison.Ordinal);
        Assert.NotEqual(cookie, replaced.Split(';')[0]);
        Assert.NotEqual(Read(first).Key, Read(forged).Key);
    }

    [Fact]
    public async Task Cookie_WithASecretOfTheUsers_IsGoodAtTheNextServer()
    {
        string cookie = "";
        string? key = null;
        for (int i = 0; i < 2; i++)
        {
            await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("affinity_app:app")
            {
                Arguments = ["--affinity", "cookie:lb", "--affinity-cookie"],
                Variables = new Dictionary<string, string?> { ["HYDRA_AFFINITY_SECRET"] = "correct horse battery" },
            });
            await using RawConnection connection = await server.ConnectAsync();
            RawResponse response = await connection.ExchangeAsync($"GET / HTTP/1.1\r\nHost: a\r\nCookie: {cookie}\r\n\r\n");
            Assert.Equal(i == 0, response.Values("Set-Cookie").Count == 1);
            cookie = i == 0 ? response.Value("Set-Cookie")!.Split(';')[0] : cookie;
            Assert.Equal(key ?? Read(response).Key, Read(response).Key);
            key = Read(response).Key;
        }
    }

    private static Told Read(RawResponse response) => Told.Read(JsonDocument.Parse(response.Text).RootElement);

    private static Task<HydraServer> StartAsync(string application, int workers, params string[] arguments)
        => HydraServer.StartAsync(new ServerSpec(application) { Workers = workers, Arguments = arguments });

    private static Task<Told> AskAsync(HydraServer server, string tenant) => GetAsync(server, "/", ("X-Tenant", tenant));

    private static async Task<IReadOnlyList<Told>> AllAsync(HydraServer server)
    {
        List<Told> all = [];
        for (int key = 0; key < Keys; key++)
        {
            all.Add(await AskAsync(server, $"tenant {key}"));
        }

        return all;
    }

    private static async Task<Told> GetAsync(HydraServer server, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        foreach ((string name, string value) in headers)
        {
            request.Headers.Add(name, value);
        }

        using HttpResponseMessage response = await server.Client.SendAsync(request);
        return Told.Read(await response.ReadJsonAsync());
    }

    // What the application was told, and who it was.
    private sealed record Told(int Pid, int Worker, string? Key, string? Moved)
    {
        public static Told Read(JsonElement json)
            => new(json.GetProperty("pid").GetInt32(), json.GetProperty("worker").GetInt32(), json.GetProperty("key").GetString(), json.GetProperty("moved").GetString());
    }
}
