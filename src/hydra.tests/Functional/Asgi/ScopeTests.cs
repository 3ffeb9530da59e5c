using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Asgi;

/// <summary>What an ASGI application finds in its scope: ASGI HTTP spec 2.4 and lifespan spec 2.0.</summary>
public sealed class ScopeTests(ServerPool pool) : PooledTests(pool)
{
    [Fact]
    public async Task Scope_Http_HasTheKeysAndTypesOfTheSpec()
    {
        HydraServer server = await StartAsync();
        JsonElement scope = await server.GetJsonAsync("/scope");

        var types = scope.GetProperty("types").Deserialize<Dictionary<string, string>>()!;
        string[] strings = ["type", "http_version", "method", "scheme", "path", "root_path"];
        Assert.All(strings, key => Assert.Equal("str", types[key]));
        Assert.Equal("bytes", types["raw_path"]);
        Assert.Equal("bytes", types["query_string"]);
        Assert.Equal("dict", types["asgi"]);
        Assert.Equal("dict", types["state"]);
        Assert.True(types["headers"] is "list" or "tuple", types["headers"]);
        Assert.Equal(["bytes, bytes"], scope.GetProperty("pair-types").Strings());
        Assert.Equal("http", scope.GetProperty("type").GetString());
        Assert.Equal("http", scope.GetProperty("scheme").GetString());
        Assert.Equal("1.1", scope.GetProperty("http_version").GetString());
        Assert.Equal("", scope.GetProperty("root_path").GetString());
    }

    [Fact]
    public async Task Scope_Asgi_NamesVersion3AndSpec23()
    {
        HydraServer server = await StartAsync();
        JsonElement asgi = (await server.GetJsonAsync("/scope")).GetProperty("asgi");

        Assert.Equal("3.0", asgi.GetProperty("version").GetString());
        Assert.Equal("2.3", asgi.GetProperty("spec_version").GetString());
    }

    [Fact]
    public async Task Scope_Headers_KeepOrderAndDuplicatesWithLowerCaseNames()
    {
        HydraServer server = await StartAsync();
        await using RawConnection connection = await server.ConnectAsync();
        RawResponse response = await connection.ExchangeAsync(
            "GET /scope HTTP/1.1\r\nX-B: 1\r\nHost: example.org:81\r\nX-A:   two words  \r\nx-b: 2\r\nX_Under: left out\r\nCookie: a=1\r\nX-Empty:\r\nCookie: b=2\r\n\r\n");

        string[][] expected =
        [
            ["x-b", "1"], ["host", "example.org:81"], ["x-a", "two words"], ["x-b", "2"], ["cookie", "a=1"],
            ["x-empty", ""], ["cookie", "b=2"],
        ];
        Assert.Equal(expected, Headers(response));
    }

    [Fact]
    public async Task Scope_Headers_KeepBytesThatAreNoAscii()
    {
        HydraServer server = await StartAsync();
        await using RawConnection connection = await server.ConnectAsync();
        RawResponse response = await connection.ExchangeAsync("GET /scope HTTP/1.1\r\nHost: a\r\nX-Bytes: \xe9 \xc3\xa9 \xff\r\n\r\n");

        Assert.Contains(["x-bytes", "\xe9 \xc3\xa9 \xff"], Headers(response));
    }

    [Fact]
    public async Task Scope_HeadersOfKnownNames_AreNotJoinedOrReordered()
    {
        HydraServer server = await StartAsync();
        await using RawConnection connection = await server.ConnectAsync();
        RawResponse response = await connection.ExchangeAsync(
            "GET /scope HTTP/1.1\r\nAccept: text/html\r\nX-First: 1\r\nAccept: */*\r\nHost: a\r\nUser-Agent: u\r\nX-Last: 2\r\nAccept-Encoding: gzip\r\n\r\n");

        Assert.Equal(["accept", "x-first", "accept", "host", "user-agent", "x-last", "accept-encoding"], Headers(response).Select(h => h[0]));
    }

    [Fact]
    public async Task Scope_HeadersOfManyRequestsOnOneConnection_BelongToTheirRequest()
    {
        HydraServer server = await StartAsync();
        await using RawConnection connection = await server.ConnectAsync();
        for (int i = 0; i < 20; i++)
        {
            RawResponse response = await connection.ExchangeAsync($"GET /scope HTTP/1.1\r\nHost: a\r\nX-Number: {i}\r\n\r\n");
            Assert.Equal([["host", "a"], ["x-number", $"{i}"]], Headers(response));
        }
    }

    [Theory]
    [InlineData("/scope/a%20b%2Fc%C3%A9", "/scope/a b/cé")]
    [InlineData("/scope/plain", "/scope/plain")]
    [InlineData("/scope//double//", "/scope//double//")]
    [InlineData("/scope/a+b", "/scope/a+b")]
    [InlineData("/scope/%", "/scope/%")]
    [InlineData("/scope/%zz", "/scope/%zz")]
    [InlineData("/scope/%FF", "/scope/\ufffd")]
    [InlineData("/scope/x/../y/./z", "/scope/x/../y/./z")]
    [InlineData("/scope/%2e%2e/y", "/scope/../y")]
    [InlineData("/scope/a;b=c", "/scope/a;b=c")]
    public async Task Scope_Path_IsDecodedAndRawPathIsAsSent(string target, string path)
    {
        HydraServer server = await StartAsync();
        await using RawConnection connection = await server.ConnectAsync();
        JsonElement scope = (await connection.ExchangeAsync($"GET {target}?q HTTP/1.1\r\nHost: a\r\n\r\n")).Json();

        Assert.Equal(path, scope.GetProperty("path").GetString());
        Assert.Equal(target, scope.GetProperty("raw_path").Bytes());
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("?", "")]
    [InlineData("?a=1&b=%20&&c", "a=1&b=%20&&c")]
    [InlineData("?a?b", "a?b")]
    [InlineData("?%C3%A9", "%C3%A9")]
    public async Task Scope_QueryString_IsWhatFollowsTheFirstQuestionMark(string suffix, string query)
    {
        HydraServer server = await StartAsync();
        await using RawConnection connection = await server.ConnectAsync();
        JsonElement scope = (await connection.ExchangeAsync($"GET /scope{suffix} HTTP/1.1\r\nHost: a\r\n\r\n")).Json();

        Assert.Equal(query, scope.GetProperty("query_string").Bytes());
        Assert.Equal("/scope", scope.GetProperty("path").GetString());
    }

    [Fact]
    public async Task Scope_AbsoluteTarget_HasItsPath()
    {
        HydraServer server = await StartAsync();
        await using RawConnection connection = await server.ConnectAsync();
        JsonElement scope = (await connection.ExchangeAsync("GET http://example.org/scope/%41?q=1 HTTP/1.1\r\nHost: example.org\r\n\r\n")).Json();

        Assert.Equal("/scope/A", scope.GetProperty("path").GetString());
        Assert.Equal("/scope/%41", scope.GetProperty("raw_path").Bytes());
        Assert.Equal("q=1", scope.GetProperty("query_string").Bytes());
    }

    [Fact]
    public async Task Scope_RootPath_IsInFrontOfThePath()
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--root-path", "/api"] });
        JsonElement scope = await server.GetJsonAsync("/scope/x%20y");

        Assert.Equal("/api", scope.GetProperty("root_path").GetString());
        Assert.Equal("/api/scope/x y", scope.GetProperty("path").GetString());
        Assert.Equal("/api/scope/x%20y", scope.GetProperty("raw_path").Bytes());
    }

    [Fact]
    public async Task Scope_ClientAndServer_AreHostsWithPortsAsInts()
    {
        HydraServer server = await StartAsync();
        await using RawConnection connection = await server.ConnectAsync();
        JsonElement scope = (await connection.ExchangeAsync("GET /scope HTTP/1.1\r\nHost: elsewhere:1\r\n\r\n")).Json();

        Assert.Equal($"[\"127.0.0.1\", {connection.LocalPort}]", scope.GetProperty("client").GetRawText());
        Assert.Equal($"[\"127.0.0.1\", {server.Address.Port}]", scope.GetProperty("server").GetRawText());
    }

    [Theory]
    [InlineData("DELETE")]
    [InlineData("PATCH")]
    [InlineData("PROPFIND")]
    [InlineData("OPTIONS")]
    public async Task Scope_Method_IsTheClients(string method)
    {
        HydraServer server = await StartAsync();
        await using RawConnection connection = await server.ConnectAsync();
        JsonElement scope = (await connection.ExchangeAsync($"{method} /scope HTTP/1.1\r\nHost: a\r\n\r\n")).Json();

        Assert.Equal(method, scope.GetProperty("method").GetString());
    }

    [Fact]
    public async Task Scope_Http10Request_HasItsVersion()
    {
        HydraServer server = await StartAsync();
        await using RawConnection connection = await server.ConnectAsync();
        JsonElement scope = (await connection.ExchangeAsync("GET /scope HTTP/1.0\r\n\r\n")).Json();

        Assert.Equal("1.0", scope.GetProperty("http_version").GetString());
        Assert.Empty(scope.GetProperty("headers").EnumerateArray());
    }

    [Fact]
    public async Task Scope_State_IsAFreshShallowCopyForEachRequest()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app"));
        JsonElement first = await server.GetJsonAsync("/state/one");
        JsonElement second = await server.GetJsonAsync("/state/two");

        Assert.Equal("""{"plain": "from the lifespan", "shared": []}""", first.GetRawText());
        Assert.Equal("""{"plain": "from the lifespan", "shared": ["one"]}""", second.GetRawText());
    }

    [Fact]
    public async Task Scope_Lifespan_HasTheKeysOfTheSpec()
    {
        HydraServer server = await StartAsync();
        JsonElement lifespan = await server.GetJsonAsync("/lifespan-scope");

        JsonElement scope = lifespan.GetProperty("scope");
        Assert.Equal("lifespan", scope.GetProperty("type").GetString());
        Assert.Equal("3.0", scope.GetProperty("asgi").GetProperty("version").GetString());
        Assert.Equal("2.0", scope.GetProperty("asgi").GetProperty("spec_version").GetString());
        Assert.Equal(["lifespan.startup"], lifespan.GetProperty("messages").Strings());
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("asyncio")]
    [InlineData("uvloop")]
    public async Task Task_OfARequest_IsARealTaskOfTheChosenLoop(string loop)
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--loop", loop] });

        Assert.Equal("""{"task": true, "same": true}""", await server.GetTextAsync("/task"));
        string module = (await server.GetJsonAsync("/process")).GetProperty("loop").GetString()!;
        Assert.StartsWith(loop == "asyncio" ? "asyncio" : "uvloop", module, StringComparison.Ordinal);
    }

    private static string[][] Headers(RawResponse response)
        => [.. response.Json().GetProperty("headers").EnumerateArray().Select(h => new[] { h[0].Bytes(), h[1].Bytes() })];

    private Task<HydraServer> StartAsync() => Pool.GetAsync(new ServerSpec("asgi_probe:app"));
}
