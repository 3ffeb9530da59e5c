using System.Text.Json;
using System.Text.RegularExpressions;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Control;

/// <summary>--dashboard, byte by byte.</summary>
public sealed partial class DashboardTests
{
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    private static readonly string[] Everything = ["/", "/app.js", "/charts.js", "/format.js", "/server.js", "/tables.js", "/style.css"];

    [Fact]
    public async Task Page_ItsFiles_AreSmallAndSayWhatBrowsersMayDoWithThem()
    {
        await using HydraServer server = await DashboardServer.StartAsync("asgi_probe:app");
        int bytes = 0;
        foreach (string path in (string[])[.. Everything, "/v1/status", "/v1/history", "/v1/nothing"])
        {
            RawResponse response = await server.AskDashboardAsync($"GET {path}");
            Assert.Equal(path == "/v1/nothing" ? 404 : 200, response.Status);
            Assert.Equal(Policy, response.Value("Content-Security-Policy"));
            Assert.Equal("nosniff", response.Value("X-Content-Type-Options"));
            Assert.Equal("DENY", response.Value("X-Frame-Options"));
            Assert.Equal("no-referrer", response.Value("Referrer-Policy"));
            Assert.Equal("no-store", response.Value("Cache-Control"));
            Assert.Equal("same-origin", response.Value("Cross-Origin-Resource-Policy"));
            Assert.Null(response.Value("Access-Control-Allow-Origin"));
            bytes += path.StartsWith("/v1", StringComparison.Ordinal) ? 0 : response.Body.Length;
        }

        Assert.InRange(bytes, 1000, 100_000);
    }

    [Theory]
    [InlineData("GET /", "", 200)]
    [InlineData("HEAD /", "", 200)]
    [InlineData("POST /", "", 405)]
    [InlineData("GET /v1/status", "", 200)]
    [InlineData("GET /v1/history?after=5", "", 200)]
    [InlineData("GET /v1/workers/0/stack", "", 200)]
    [InlineData("OPTIONS /v1/reload", "Origin: http://evil.example\r\nAccess-Control-Request-Method: POST\r\n", 403)]
    [InlineData("OPTIONS /v1/status", "", 405)]
    [InlineData("GET /v1/reload", "Hydra-Token: token-of-the-tests\r\n", 405)]
    [InlineData("POST /v1/reload", "", 401)]
    [InlineData("POST /v1/reload", "Hydra-Token: token-of-the-others\r\n", 401)]
    [InlineData("POST /v1/reload?token=token-of-the-tests", "Cookie: Hydra-Token=token-of-the-tests\r\n", 401)]
    [InlineData("POST /v1/drain", "Hydra-Token: token-of-the-tests\r\nOrigin: http://evil.example\r\n", 403)]
    [InlineData("POST /v1/drain", "Hydra-Token: token-of-the-tests\r\nSec-Fetch-Site: same-site\r\n", 403)]
    [InlineData("POST /v1/resume", "Hydra-Token: token-of-the-tests\r\n", 200)]
    [InlineData("POST /v1/stop", "Hydra-Token: token-of-the-tests\r\n", 404)]
    [InlineData("POST /v1/scale?workers=9", "Hydra-Token: token-of-the-tests\r\n", 404)]
    [InlineData("GET /v1/status", "Hydra-Token: token-of-the-others\r\n", 401)]
    [InlineData("GET /v1/status", "Host: evil.example\r\n", 403)]
    [InlineData("GET /", "Host: evil.example\r\n", 403)]
    [InlineData("GET /v1/status", "Host: hydra.example\r\n", 401)]
    [InlineData("GET /v1/status", "Host: hydra.example\r\nHydra-Token: token-of-the-tests\r\n", 200)]
    [InlineData("GET /v1/status", "Host: 10.1.2.3:9100\r\n", 401)]
    [InlineData("GET /v1/status", "X-Forwarded-For: 10.1.2.3\r\n", 401)]
    public async Task Request_OfEachKind_IsAnsweredOrRefused(string line, string fields, int status)
    {
        await using HydraServer server = await DashboardServer.StartAsync("asgi_probe:app", "--dashboard-host", "hydra.example");
        RawResponse response = await server.AskDashboardAsync(line, fields);

        Assert.Equal((status, response.Text), (response.Status, response.Text));
        Assert.Null(response.Value("Access-Control-Allow-Origin"));
        Assert.True(status == 200 || JsonDocument.Parse(response.Body).RootElement.GetProperty("error").GetString()!.Length > 10, response.Text);
        Assert.Equal(status == 401 ? "Hydra-Token" : null, response.Value("WWW-Authenticate"));
    }

    [Fact]
    public async Task Token_ThatWasMade_IsInTheLogAndOpensWhatIsForTheNetwork()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--dashboard", "0.0.0.0:0"] });
        string token = Made().Match(await server.Log.WaitAsync("the dashboard is at")).Groups[1].Value;

        Assert.Equal(32, token.Length);
        Assert.Equal(200, (await server.AskDashboardAsync("GET /")).Status);
        Assert.Equal(401, (await server.AskDashboardAsync("GET /v1/status")).Status);
        Assert.Equal(401, (await server.AskDashboardAsync("GET /v1/history")).Status);
        Assert.Equal(401, (await server.AskDashboardAsync("GET /v1/workers/0/stack")).Status);
        Assert.Equal(200, (await server.AskDashboardAsync("GET /v1/status", $"Hydra-Token: {token}\r\n")).Status);
    }

    [Fact]
    public async Task Token_GivenByVariable_IsNotLoggedAndNotTheApplications()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("process_probe:app")
        {
            Arguments = ["--dashboard", "127.0.0.1:0"],
            Variables = new Dictionary<string, string?> { ["HYDRA_DASHBOARD_TOKEN"] = DashboardServer.Token },
        });
        Assert.Equal(200, (await server.AskDashboardAsync("POST /v1/resume", $"Hydra-Token: {DashboardServer.Token}\r\n")).Status);

        Assert.DoesNotContain(DashboardServer.Token, server.Log.Text, StringComparison.Ordinal);
        Assert.All(server.WorkerPids(), static pid => Assert.DoesNotContain(DashboardServer.Token, File.ReadAllText($"/proc/{pid}/environ"), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("token-in-a-file-of-its-own\n", null)]
    [InlineData("short\n", "fewer than 16 could be guessed")]
    [InlineData(null, "cannot be read")]
    public async Task Token_InAFile_IsReadOrSaidToBeWrong(string? content, string? problem)
    {
        await using HydraServer server = await HydraServer.LaunchAsync(new ServerSpec("asgi_probe:app")
        {
            Arguments = ["--dashboard", "127.0.0.1:0", "--dashboard-token", "@token"],
            Prepare = directory => content is null ? Task.CompletedTask : File.WriteAllTextAsync(Path.Combine(directory, "token"), content),
        });
        if (problem is null)
        {
            await server.WaitUntilReadyAsync();
            Assert.Equal(200, (await server.AskDashboardAsync("POST /v1/resume", $"Hydra-Token: {content!.Trim()}\r\n")).Status);
        }
        else
        {
            Assert.Equal(3, await server.ExitAsync());
            await server.Log.ExpectErrorAsync("[CRIT]", problem);
        }
    }

    [Fact]
    public async Task Token_ManyGuesses_AreToldToWaitAndTheRightOneIsNot()
    {
        await using HydraServer server = await DashboardServer.StartAsync("asgi_probe:app");
        List<int> statuses = [];
        for (int i = 0; i < 10; i++)
        {
            statuses.Add((await server.AskDashboardAsync("POST /v1/reload", $"Hydra-Token: guess-{i}\r\n")).Status);
        }

        Assert.Equal([.. Enumerable.Repeat(401, 9), 429], statuses);
        RawResponse wrong = await server.AskDashboardAsync("POST /v1/reload", "Hydra-Token: guess-11\r\n");
        Assert.Equal(429, wrong.Status);
        Assert.Equal(200, (await server.AskDashboardAsync("POST /v1/resume", $"Hydra-Token: {DashboardServer.Token}\r\n")).Status);
        Assert.InRange(int.Parse(wrong.Value("Retry-After")!, System.Globalization.CultureInfo.InvariantCulture), 1, 60);
        Assert.Equal(200, (await server.AskDashboardAsync("GET /v1/status")).Status);
    }

    [Fact]
    public async Task UnixSocket_OfADashboard_IsItsUsersAloneAndGoneAtTheEnd()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--dashboard", "unix:d.sock", "--dashboard-token", DashboardServer.Token] });
        await using RawConnection connection = await server.ConnectToUnixAsync("d.sock");
        RawResponse response = await connection.ExchangeAsync("GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n");

        Assert.Equal(200, response.Status);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(server.FilePath("d.sock")));
        Assert.Equal(0, await server.StopAsync());
        Assert.False(File.Exists(server.FilePath("d.sock")));
    }

    [Fact]
    public async Task Address_OfSomebodyElse_IsSaidAndTheServerDoesNotStart()
    {
        await using HydraServer first = await DashboardServer.StartAsync("asgi_probe:app");
        Uri place = await first.DashboardAsync();
        await using HydraServer second = await HydraServer.LaunchAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--dashboard", place.Authority] });

        Assert.Equal(3, await second.ExitAsync());
        await second.Log.ExpectErrorAsync("[CRIT]", $"cannot listen on {place.Authority}: the address is already in use");
    }

    [Fact]
    public async Task Reload_WithTheToken_IsDoneAndTheLogSaysWhoAsked()
    {
        await using HydraServer server = await DashboardServer.StartAsync("asgi_probe:app", "--workers", "2");
        RawResponse response = await server.AskDashboardAsync("POST /v1/reload", $"Hydra-Token: {DashboardServer.Token}\r\n");

        Assert.Equal(200, response.Status);
        await server.Log.WaitAsync("asked for at the dashboard: /v1/reload");
        JsonElement status = await server.DashboardStatusAsync(
            static status => status.GetProperty("pools")[0].GetProperty("ends").TryGetProperty("reload", out JsonElement ended) && ended.GetInt32() == 2);
        Assert.Equal(1, status.GetProperty("pools")[0].GetProperty("generation").GetInt32());
    }

    [Fact]
    public async Task History_OfRequests_HasTheirRatesAndTheSlowest()
    {
        await using HydraServer server = await DashboardServer.StartAsync("asgi_probe:app", "--mount", "/other=wsgi_probe:app");
        await server.DashboardSampleAsync(static sample => sample.GetProperty("pools")[1].GetProperty("ready").GetInt32() == 1);
        for (int i = 0; i < 5; i++)
        {
            await server.Client.GetAsync("/missing?secret=1");
        }

        JsonElement sample = await server.DashboardSampleAsync(static sample => sample.GetProperty("status")[3].GetDouble() > 0);
        Assert.True(sample.GetProperty("p50").GetDouble() > 0);
        Assert.True(sample.GetProperty("p99").GetDouble() >= sample.GetProperty("p50").GetDouble());
        JsonElement history = await server.DashboardDocumentAsync("/v1/history");
        Assert.Equal(["asgi_probe:app", "/other"], history.GetProperty("pools").EnumerateArray().Select(static name => name.GetString()!).Select(static name => name == "/" ? "asgi_probe:app" : name));
        JsonElement slowest = Assert.Single(history.GetProperty("slowest").EnumerateArray());
        Assert.Equal(("GET", "/missing", 404), (slowest.GetProperty("method").GetString(), slowest.GetProperty("path").GetString(), slowest.GetProperty("status").GetInt32()));
        long last = history.GetProperty("samples").EnumerateArray().Last().GetProperty("number").GetInt64();
        JsonElement rest = await server.DashboardDocumentAsync($"/v1/history?after={last}");
        Assert.All(rest.GetProperty("samples").EnumerateArray(), later => Assert.True(later.GetProperty("number").GetInt64() > last));
        Assert.Equal(history.GetProperty("run").GetString(), rest.GetProperty("run").GetString());
    }

    [Fact]
    public async Task Dashboard_AfterAnUpgrade_IsTheNewServers()
    {
        await using HydraServer server = await DashboardServer.StartAsync("asgi_probe:app", "--pid", "hydra.pid");
        JsonElement before = await server.DashboardDocumentAsync("/v1/history");
        server.Signal(Processes.User2);
        await Eventually.HoldsAsync(() => !Processes.IsAlive(server.Pid), "the end of the old server", () => server.Log.Text);

        JsonElement status = await server.DashboardDocumentAsync("/v1/status");
        Assert.NotEqual(server.Pid, status.GetProperty("pid").GetInt32());
        Assert.NotEqual(before.GetProperty("run").GetString(), (await server.DashboardDocumentAsync("/v1/history")).GetProperty("run").GetString());
        Processes.Signal(status.GetProperty("pid").GetInt32(), Processes.Terminate);
        Assert.Equal(0, await server.ExitAsync());
    }

    [Fact]
    public async Task Server_WithoutADashboard_ServesNone()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app"));

        Assert.Equal(404, (int)(await server.Client.GetAsync("/v1/status")).StatusCode);
        Assert.DoesNotContain("dashboard", server.Log.Text, StringComparison.Ordinal);
    }

    [GeneratedRegex("#token=([0-9a-f]+)")]
    private static partial Regex Made();
}
