using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Lifecycle;

/// <summary>Where the server's logs go, in which form, and what they call requests.</summary>
public sealed class LogPlacesTests
{
    private const string Get = "GET /hello?x=1 HTTP/1.1\r\nHost: a\r\n";

    [Fact]
    public async Task AccessLogFile_MovedAwayAndSignalled_GoesOnInANewOne()
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("asgi_probe:app") { Arguments = ["--access-logfile", "access.log", "--access-log-skip", "/worker"] });
        string path = server.FilePath("access.log");
        await server.GetTextAsync("/hello?x=1");
        await server.GetTextAsync("/worker");
        await Eventually.HoldsAsync(() => File.ReadAllText(path).Contains("/hello?x=1", StringComparison.Ordinal), "the line", () => server.Log.Text);
        File.Move(path, path + ".1");
        server.Signal(Processes.User1);
        await Eventually.HoldsAsync(() => File.Exists(path), "a new file", () => server.Log.Text);
        await server.GetTextAsync("/hello?x=2");
        await server.StopAsync();

        Assert.Matches("^127\\.0\\.0\\.1 - - \\[[^]]+\\] \"GET /hello\\?x=1 HTTP/1\\.1\" 200 5 \"-\" \"-\"\n$", File.ReadAllText(path + ".1"));
        Assert.Contains("/hello?x=2", Assert.Single(File.ReadAllLines(path)), StringComparison.Ordinal);
        Assert.Empty(server.Log.Output);
    }

    [Fact]
    public async Task AccessLogFile_ThatCannotBeOpened_KeepsTheServerFromStarting()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(
            new ServerSpec("asgi_probe:app") { Arguments = ["--access-logfile", "nowhere/access.log"] });

        Assert.Equal(3, await server.ExitAsync());
        Assert.Contains("hydra: the log file nowhere/access.log cannot be opened: No such file or directory", server.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AccessLog_Json_HasTheRequestsNameItsWorkerAndItsHost()
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("asgi_probe:app") { Arguments = ["--access-log", "--access-log-format", "json", "--request-id", "on"] });
        await using (RawConnection connection = await server.ConnectAsync())
        {
            // A host that Kestrel would refuse.
            RawResponse response = await connection.ExchangeAsync("GET /scope HTTP/1.1\r\nHost: my_shop\r\nUser-Agent: \"x\"\\\r\nX-Request-ID: abc-1\r\n\r\n");
            Assert.Contains("abc-1", response.Text, StringComparison.Ordinal);
            Assert.Equal("abc-1", response.Value("X-Request-ID"));
        }

        await server.StopAsync();
        JsonElement line = JsonDocument.Parse(Assert.Single(server.Log.Output)).RootElement;
        Assert.Equal(("abc-1", "my_shop", "\"x\"\\"), (Text(line, "request_id"), Text(line, "host"), Text(line, "user_agent")));
        Assert.Equal((200, 0), (line.GetProperty("status").GetInt32(), line.GetProperty("worker").GetInt32()));
    }

    [Theory]
    [InlineData("asgi_misbehaviours:app", "Exception in ASGI application")]
    [InlineData("wsgi_misbehaviours:app", "Exception in WSGI application")]
    public async Task LogFile_Json_HasTheTracebackWithItsRequest(string app, string message)
    {
        await using HydraServer server = await HydraServer.LaunchAsync(
            new ServerSpec(app) { Port = null, Arguments = ["--log-file", "hydra.log", "--log-format", "json", "--request-id", "on", "--bind", "unix:hydra.sock"] });
        await using RawConnection connection = await server.ConnectToUnixAsync("hydra.sock");
        await connection.ExchangeAsync("GET /raises-before-start HTTP/1.1\r\nHost: a\r\nX-Request-ID: abc-2\r\n\r\n");
        JsonElement record = await Eventually.GetAsync<JsonElement>(
            () => Records(server).Where(static one => one.TryGetProperty("exception", out _)).Cast<JsonElement?>().FirstOrDefault(), "the record", () => server.Log.Text);
        await server.StopAsync();

        Assert.Equal(($"{message} [request abc-2]", "abc-2", "hydra.error", "error"), (Text(record, "message"), Text(record, "request_id"), Text(record, "logger"), Text(record, "level")));
        Assert.Contains("RuntimeError: before the response", Text(record, "exception"), StringComparison.Ordinal);
        Assert.All(Records(server), one => Assert.Equal(JsonValueKind.Number, one.GetProperty("hydra").GetProperty("pid").ValueKind));
        Assert.Equal("", server.Log.Text);
    }

    [Theory]
    [InlineData("log.json", "{\"version\": 1, \"disable_existing_loggers\": false, \"handlers\": {\"f\": {\"class\": \"logging.FileHandler\", \"filename\": \"app.log\"}}, \"root\": {\"handlers\": [\"f\"], \"level\": \"INFO\"}}")]
    [InlineData("log.ini", "[loggers]\nkeys=root\n[handlers]\nkeys=f\n[formatters]\nkeys=\n[logger_root]\nlevel=INFO\nhandlers=f\n[handler_f]\nclass=FileHandler\nargs=('app.log',)\n")]
    public async Task LogConfig_OfPythonsLogging_IsThatOfTheWorkers(string name, string text)
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app")
        {
            Arguments = ["--log-config", name],
            Prepare = directory => File.WriteAllTextAsync(Path.Combine(directory, name), text),
        });
        await server.GetTextAsync("/say/words");

        await Eventually.HoldsAsync(() => File.ReadAllText(server.FilePath("app.log")).Contains("logged words", StringComparison.Ordinal), "the record", () => server.Log.Text);
    }

    [Fact]
    public async Task LogConfig_ThatIsWrong_KeepsTheServerFromStarting()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(new ServerSpec("asgi_probe:app")
        {
            Arguments = ["--log-config", "log.json"],
            Prepare = directory => File.WriteAllTextAsync(Path.Combine(directory, "log.json"), "{\"version\": 2}"),
        });

        Assert.Equal(3, await server.ExitAsync());
        Assert.Contains("--log-config: log.json is no configuration of logging", server.Log.Text, StringComparison.Ordinal);
        server.Log.ExpectAnyErrors("");
    }

    [Fact]
    public async Task ConfigFile_InTheWorkingDirectory_IsRead()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app")
        {
            Prepare = directory => File.WriteAllTextAsync(Path.Combine(directory, "hydra.toml"), "access-log = true\naccess-log-format = \"%(m)s %(U)s\"\n"),
        });
        await server.GetTextAsync("/hello");
        await server.StopAsync();

        Assert.Equal(["GET /hello"], server.Log.Output);
    }

    [Theory]
    [InlineData("asgi_probe:app", "workers = 1", 0)]
    [InlineData("asgi_probe:app", "workerz = 1", 2)]
    [InlineData("broken.dies_at_import:app", "workers = 1", 3)]
    public async Task Check_Configuration_SaysWhatItIsAndWhetherItServes(string app, string text, int expected)
    {
        await using HydraServer server = await HydraServer.LaunchAsync(new ServerSpec(app)
        {
            Words = ["check", "--app-dir", Repository.Apps, app],
            Prepare = directory => File.WriteAllTextAsync(Path.Combine(directory, "hydra.toml"), text),
        });

        Assert.Equal(expected, await server.ExitAsync());
        Assert.Equal(expected != 2, server.Log.Output.Any(static line => line.StartsWith("workers = 1 ", StringComparison.Ordinal) && line.EndsWith("# hydra.toml, line 1", StringComparison.Ordinal)));
        server.Log.ExpectAnyErrors("");
    }

    private static string Text(JsonElement record, string name) => record.GetProperty(name).GetString()!;

    private static JsonElement[] Records(HydraServer server)
        => File.Exists(server.FilePath("hydra.log")) ? [.. File.ReadAllLines(server.FilePath("hydra.log")).Select(static line => JsonDocument.Parse(line).RootElement)] : [];
}
