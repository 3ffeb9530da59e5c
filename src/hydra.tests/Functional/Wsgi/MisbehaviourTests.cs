using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Wsgi;

/// <summary>WSGI applications that fail or break a rule once the request is there.</summary>
public sealed class MisbehaviourTests(ServerPool pool) : PooledTests(pool)
{
    [Fact]
    public async Task Raises_BeforeTheResponse_GivesAClean500AndOneTraceback()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec());
        RawResponse response = await GetAsync(server, "/raises-before-start");

        Assert.Equal(500, response.Status);
        string record = await server.Log.ExpectErrorAsync("RuntimeError: before the response", "Traceback (most recent call last)");
        Assert.Contains("raises_before_start", record, StringComparison.Ordinal);
        Assert.DoesNotContain("hydra_worker", record, StringComparison.Ordinal);
        await StillServesAsync(server);
        Assert.Single(server.Log.Find("RuntimeError: before the response"));
    }

    [Fact]
    public async Task Raises_AfterStartResponse_GivesA500()
    {
        HydraServer server = await Pool.GetAsync(Spec());
        RawResponse response = await GetAsync(server, "/raises-after-start");

        Assert.Equal(500, response.Status);
        await server.Log.ExpectErrorAsync("RuntimeError: between head and body");
        await StillServesAsync(server);
    }

    [LoopTransportTheory]
    [InlineData("HTTP/1.1", false)]
    [InlineData("HTTP/1.0", true)]
    public async Task Raises_AfterAMegabyte_GivesAllOfItAndNoEnd(string version, bool isReset)
    {
        HydraServer server = await Pool.GetAsync(Spec());
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync($"GET /raises-after-a-megabyte {version}\r\nHost: a\r\n\r\n");
        await connection.ReadHeadAsync();
        if (isReset)
        {
            // Without a length and chunks only that tells that something is missing.
            await connection.ReadToEndAsync();
        }
        else
        {
            long length = 0;
            while (await connection.ReadChunkAsync() is { } chunk)
            {
                Assert.NotEmpty(chunk);
                length += chunk.Length;
            }

            Assert.Equal(1024 * 1024, length);
        }

        Assert.Equal(isReset, connection.WasReset);
        await server.Log.ExpectErrorAsync("RuntimeError: after a megabyte");
        await server.Log.ExpectErrorAsync("/raises-after-a-megabyte", "cut off");
    }

    [Fact]
    public async Task Raises_InTheBody_AbortsTheConnection()
    {
        HydraServer server = await Pool.GetAsync(Spec());
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync("/raises-in-body");
        await connection.ReadHeadAsync();
        Assert.NotNull(await connection.ReadChunkAsync());
        server.Board.Open("raises-in-body");

        Assert.Empty(await connection.ReadToEndAsync());
        await server.Log.ExpectErrorAsync("RuntimeError: in the body");
        await server.Log.ExpectErrorAsync("/raises-in-body", "cut off");
        await StillServesAsync(server);
    }

    [Theory]
    [InlineData("/no-start", "start_response")]
    [InlineData("/returns-none", "None")]
    [InlineData("/text-body", "byte")]
    [InlineData("/too-short", "shorter than its Content-Length")]
    [InlineData("/newline-in-value", "control character")]
    [InlineData("/bad-status", "status")]
    public async Task Breaks_ARuleBeforeAnythingWasSent_GivesA500AndTheRuleInTheLog(string path, string rule)
    {
        HydraServer server = await Pool.GetAsync(Spec());
        RawResponse response = await GetAsync(server, path);

        Assert.Equal(500, response.Status);
        Assert.Null(response.Value("X-Injected"));
        await server.Log.ExpectErrorAsync(rule);
        await StillServesAsync(server);
    }

    [Fact]
    public async Task Exits_WhileARequestRuns_GivesA502AndTheWorkerIsReplaced()
    {
        HydraServer server = await Pool.GetAsync(Spec());
        RawResponse response = await SendAsync(server, "POST", "/exits");

        Assert.Equal(502, response.Status);
        await server.Log.ExpectErrorAsync("exited with code 7");
        await server.Log.ExpectErrorAsync("/exits", "502");
        await StillServesAsync(server);
    }

    [Fact]
    public async Task Raises_SystemExit_DoesNotLeaveTheClientWaiting()
    {
        HydraServer server = await Pool.GetAsync(Spec());
        RawResponse response = await SendAsync(server, "POST", "/leaves-system");

        Assert.True(response.Status is 500 or 502, response.StatusLine);
        await server.Log.ExpectErrorAsync("SystemExit");
        await StillServesAsync(server);
    }

    private static ServerSpec Spec() => new("wsgi_misbehaviours:app");

    private static Task<RawResponse> GetAsync(HydraServer server, string path) => SendAsync(server, "GET", path);

    private static async Task<RawResponse> SendAsync(HydraServer server, string method, string path)
    {
        await using RawConnection connection = await server.ConnectAsync();
        return await connection.ExchangeAsync($"{method} {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    }

    private static async Task StillServesAsync(HydraServer server)
        => Assert.Equal("hello", await server.GetTextAsync("/hello"));
}
