using System.Net;
using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Behind;

/// <summary>Whose word about a client counts, and what is kept from applications.</summary>
public sealed class ForwardedTests(ServerPool pool) : PooledTests(pool)
{
    private const string Fields = "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: other\r\nForwarded: for=5.6.7.8\r\n";

    [Theory]
    [InlineData("starlette_app")]
    [InlineData("flask_app")]
    [InlineData("django_asgi")]
    public async Task Fields_OfAPeerThatIsNotTrusted_AreLeftOutAndSaidOnce(string app)
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("behind:" + app) { Arguments = ["--forwarded-allow-ips", "10.0.0.0/8"] });
        await using RawConnection connection = await server.ConnectAsync();
        for (int i = 0; i < 3; i++)
        {
            await connection.GetAsync("/show", Fields);
            JsonElement seen = (await connection.ReadResponseAsync()).Json();

            Assert.Equal("127.0.0.1", seen.GetProperty("client").GetString());
            Assert.False(seen.GetProperty("secure").GetBoolean());
            Assert.Empty(seen.GetProperty("forwarded").EnumerateArray());
        }

        // Once, however many there were.
        await server.Log.WaitAsync("--forwarded-allow-ips 127.0.0.1");
        await server.StopAsync();
        Assert.Equal(2, server.Log.Text.Split("--forwarded-allow-ips 127.0.0.1").Length);
    }

    [Theory]
    [InlineData("starlette_app")]
    [InlineData("flask_app")]
    public async Task Fields_WithoutProxyHeaders_ReachTheApplicationAsTheyCame(string app)
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("behind:" + app) { Arguments = ["--no-proxy-headers"] });
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync("/show", Fields);
        JsonElement seen = (await connection.ReadResponseAsync()).Json();

        Assert.Equal("127.0.0.1", seen.GetProperty("client").GetString());
        Assert.False(seen.GetProperty("secure").GetBoolean());
        Assert.Equal(4, seen.GetProperty("forwarded").GetArrayLength());
    }

    [Fact]
    public async Task Variable_ThatOthersReadToo_SaysWhoIsTrusted()
    {
        HydraServer server = await Pool.GetAsync(
            new ServerSpec("behind:flask_app") { Variables = new Dictionary<string, string?> { ["FORWARDED_ALLOW_IPS"] = "*" }, Arguments = ["--access-log"] });
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync("/show", "X-Forwarded-For: 7.7.7.7, 8.8.8.8\r\n");

        Assert.Equal("7.7.7.7", (await connection.ReadResponseAsync()).Json().GetProperty("client").GetString());
        await Eventually.HoldsAsync(() => server.Log.Output.Any(static line => line.Contains("7.7.7.7", StringComparison.Ordinal)), "the client in the access log", () => server.Log.Text);
    }

    [Theory]
    [InlineData("asgi_probe:app", "drop", "400 200 200")]
    [InlineData("asgi_probe:app", "refuse", "400 400 400")]
    public async Task Refusals_OfHeaderMap_AreForAllInterfaces(string app, string map, string expected)
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec(app) { Arguments = ["--header-map", map] });
        List<string> statuses = [];
        foreach (string field in new[] { "Bad Name: 1", "X_Name: 1", "x-forwarded_for: 1" })
        {
            await using RawConnection connection = await server.ConnectAsync();
            await connection.GetAsync("/hello", field + "\r\n");
            statuses.Add((await connection.ReadResponseAsync()).Status.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        Assert.Equal(expected, string.Join(' ', statuses));
    }

    [Theory]
    [InlineData("wsgi_probe:app", "drop", null)]
    [InlineData("wsgi_probe:app", "dangerous", "1")]
    public async Task Underscores_UnderWsgi_AreWhatHeaderMapSays(string app, string map, string? expected)
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec(app) { Arguments = ["--header-map", map] });
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync("/environ", "X_Name: 1\r\nProxy: http://evil/\r\n");
        JsonElement environ = (await connection.ReadResponseAsync()).Json();

        Assert.Equal(expected, environ.TryGetProperty("HTTP_X_NAME", out JsonElement value) ? value.GetString() : null);
        Assert.False(environ.TryGetProperty("HTTP_PROXY", out _));
    }

    [Fact]
    public async Task ScriptName_OfATrustedProxy_IsTheRootPathWhereItIsAskedFor()
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("wsgi_probe:app") { Arguments = ["--forwarder-headers", "SCRIPT_NAME,REMOTE_USER"] });
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync("/app/environ", "SCRIPT_NAME: /app\r\nREMOTE_USER: anna\r\nOTHER_NAME: x\r\n");
        JsonElement environ = (await connection.ReadResponseAsync()).Json();

        Assert.Equal("/app", environ.GetProperty("SCRIPT_NAME").GetString());
        Assert.Equal("/environ", environ.GetProperty("PATH_INFO").GetString());
        Assert.Equal("anna", environ.GetProperty("HTTP_REMOTE_USER").GetString());
        Assert.False(environ.TryGetProperty("HTTP_OTHER_NAME", out _));
    }
}
