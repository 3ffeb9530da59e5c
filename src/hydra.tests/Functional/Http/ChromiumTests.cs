using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Http;

/// <summary>What a browser makes of pages and WebSockets: Debian's Chromium, without a window. It has to be there, or these fail.</summary>
public sealed class ChromiumTests
{
    [Theory]
    [InlineData("browser_app:app", null, "1.1")]
    [InlineData("browser_app:app", "sockets", "1.1")]
    [InlineData("browser_app:app", null, "2", "--ssl-self-signed")]
    [InlineData("browser_app:app", null, "1.1", "--ssl-self-signed", "--http-protocols", "h1")]
    public async Task Page_ItsSockets_AreAsItExpects(string app, string? transport, string version, params string[] arguments)
    {
        var spec = new ServerSpec(app) { Arguments = arguments };
        await using HydraServer server = await HydraServer.StartAsync(transport is null ? spec : spec with { Transport = transport });
        using var directory = new TestDirectory();
        await using RunningCommand browser = Browse(server, directory);
        string report = Assert.Single(await server.Board.WaitAsync("report"));
        using JsonDocument document = JsonDocument.Parse(report);
        JsonElement seen = document.RootElement;

        Assert.False(seen.TryGetProperty("error", out _), report);
        Assert.Equal("chat", seen.GetProperty("protocol").GetString());
        Assert.StartsWith("permessage-deflate", seen.GetProperty("extensions").GetString(), StringComparison.Ordinal);
        Assert.All(seen.GetProperty("texts").EnumerateArray(), static same => Assert.True(same.GetBoolean()));
        Assert.Equal(5, seen.GetProperty("texts").GetArrayLength());
        Assert.True(seen.GetProperty("binary").GetBoolean());
        Assert.Equal("[4001, \"from the page\", true]", seen.GetProperty("closed").GetRawText());
        Assert.Equal("[4002, \"from the application\", true, \"\"]", seen.GetProperty("ended").GetRawText());
        Assert.Equal("close", seen.GetProperty("denied").GetString());
        Assert.Equal(version, (await server.Board.WaitAsync("version"))[0]);
        Assert.Equal("4001 from the page", (await server.Board.WaitAsync("codes"))[0]);
    }

    [Fact]
    public async Task Page_FiftyAssets_LoadsOverHttp2()
    {
        using var directory = new TestDirectory();
        for (int i = 0; i < 25; i++)
        {
            directory.Write($"static/part{i}.js", $"window.parts.push({i}); // {string.Concat(Enumerable.Repeat("script", 1000))}");
        }

        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("assets_app:app")
        {
            Arguments = ["--ssl-self-signed", "--compress", "--static", $"/static/={directory.Path}/static"],
        });
        await using RunningCommand browser = Browse(server, directory);

        Assert.Equal(
            """{"compressed": 50, "count": 50, "parts": 25, "protocols": ["h2"], "rules": 25}""", Assert.Single(await server.Board.WaitAsync("report")));
    }

    private static RunningCommand Browse(HydraServer server, TestDirectory directory) => new(
        ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
            "--ignore-certificate-errors", $"--user-data-dir={directory.Path}/profile", "--remote-debugging-port=0", server.Address.ToString()],
        directory.Path,
        []);
}
