using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Asgi;

/// <summary>ASGI applications that fail or break a rule once the request is there.</summary>
public sealed class MisbehaviourTests(ServerPool pool) : PooledTests(pool)
{
    [Fact]
    public async Task Raises_BeforeTheResponse_GivesAClean500AndOneTraceback()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec());
        RawResponse response = await GetAsync(server, "/raises-before-start");

        Assert.Equal(500, response.Status);
        Assert.DoesNotContain("before the response", response.Text, StringComparison.Ordinal);
        string record = await server.Log.ExpectErrorAsync("RuntimeError: before the response", "Traceback (most recent call last)");
        Assert.Contains("raises_before_start", record, StringComparison.Ordinal);
        Assert.DoesNotContain("hydra_worker", record, StringComparison.Ordinal);
        await StillServesAsync(server);
        Assert.Single(server.Log.Find("RuntimeError: before the response"));
    }

    [Fact]
    public async Task Raises_AfterTheHead_GivesA500BecauseNothingWasSent()
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
        await AssertAbortedAsync(server, "/raises-in-body", "raises-in-body");
        await server.Log.ExpectErrorAsync("RuntimeError: in the body");
        await server.Log.ExpectErrorAsync("/raises-in-body", "cut off");
        await StillServesAsync(server);
    }

    [Fact]
    public async Task Raises_AfterTheResponse_IsLoggedAndTheClientHasItsResponse()
    {
        HydraServer server = await Pool.GetAsync(Spec());
        RawResponse response = await GetAsync(server, "/raises-after-response");

        Assert.Equal("hello", response.Text);
        await server.Log.ExpectErrorAsync("RuntimeError: after the response");
        await StillServesAsync(server);
    }

    [Theory]
    [InlineData("/no-response", "returned without a response")]
    [InlineData("/body-before-start", "http.response.body was sent before http.response.start")]
    [InlineData("/start-twice", "http.response.start was sent twice")]
    [InlineData("/too-short", "shorter than its Content-Length")]
    [InlineData("/newline-in-value", "control character")]
    [InlineData("/newline-in-name", "name of a response header")]
    [InlineData("/nul-in-value", "control character")]
    [InlineData("/space-in-name", "name of a response header")]
    [InlineData("/text-headers", "byte string")]
    [InlineData("/bad-status", "status of a response")]
    [InlineData("/informational-status", "status of a response")]
    [InlineData("/bad-length", "Content-Length")]
    [InlineData("/unknown-message", "http.response.nonsense")]
    [InlineData("/text-body", "byte string")]
    public async Task Breaks_ARuleBeforeAnythingWasSent_GivesA500AndTheRuleInTheLog(string path, string rule)
    {
        HydraServer server = await Pool.GetAsync(Spec());
        RawResponse response = await GetAsync(server, path);

        Assert.Equal(500, response.Status);
        Assert.DoesNotContain(response.Headers, h => h.Key.StartsWith("x-", StringComparison.OrdinalIgnoreCase));
        await server.Log.ExpectErrorAsync(rule);
        await StillServesAsync(server);
    }

    [Theory]
    [InlineData("too-short-in-parts", "shorter than its Content-Length")]
    [InlineData("no-end", "returned without completing the response")]
    public async Task Breaks_ARuleAfterTheResponseHasBegun_AbortsTheConnectionAndNamesTheRule(string name, string rule)
    {
        HydraServer server = await Pool.GetAsync(Spec());
        await AssertAbortedAsync(server, "/" + name, name);
        await server.Log.ExpectErrorAsync("/" + name, "cut off");
        await server.Log.ExpectErrorAsync(rule);
        await StillServesAsync(server);
    }

    [Fact]
    public async Task Sends_MoreAfterTheEnd_IsLoggedAndTheClientHasItsResponse()
    {
        HydraServer server = await Pool.GetAsync(Spec());
        RawResponse response = await GetAsync(server, "/body-after-end");

        Assert.Equal("hello", response.Text);
        await server.Log.ExpectErrorAsync("after the response was complete");
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
    public async Task Exits_AfterTheResponseHasBegun_AbortsTheConnection()
    {
        HydraServer server = await Pool.GetAsync(Spec());
        await AssertAbortedAsync(server, "/exits-in-body", "exits-in-body");
        await server.Log.ExpectErrorAsync("exited with code 7");
        await server.Log.ExpectErrorAsync("/exits-in-body", "cut off");
        await StillServesAsync(server);
    }

    [Fact]
    public async Task Exits_WhenAskedTwice_IsAskedOnceMoreOnlyForAnIdempotentRequest()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec() with { Workers = 2 });
        RawResponse response = await GetAsync(server, "/exits");

        // The second worker gets it, and dies of it as well: not a third time.
        Assert.Equal(500, response.Status);
        await server.Log.ExpectErrorAsync("exited with code 7");
        await server.Log.ExpectErrorAsync("exited with code 7");
        await server.Log.ExpectErrorAsync("/exits", "two workers ended");
        Assert.Equal(["0", "1"], server.Board.Records("exits").Order());
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

    private static ServerSpec Spec() => new("asgi_misbehaviours:app");

    private static Task<RawResponse> GetAsync(HydraServer server, string path) => SendAsync(server, "GET", path);

    private static async Task<RawResponse> SendAsync(HydraServer server, string method, string path)
    {
        await using RawConnection connection = await server.ConnectAsync();
        return await connection.ExchangeAsync($"{method} {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    }

    private static async Task AssertAbortedAsync(HydraServer server, string path, string gate)
    {
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync(path);
        await connection.ReadHeadAsync();
        server.Board.Open(gate);
        byte[] rest = await connection.ReadToEndAsync();

        // Neither a last chunk nor the promised length: a client cannot take it for complete.
        Assert.DoesNotContain("0\r\n\r\n", System.Text.Encoding.Latin1.GetString(rest), StringComparison.Ordinal);
        Assert.True(rest.Length < 50, $"{rest.Length} bytes came");
    }

    private static async Task StillServesAsync(HydraServer server)
        => Assert.Equal("hello", await server.GetTextAsync("/hello"));
}
