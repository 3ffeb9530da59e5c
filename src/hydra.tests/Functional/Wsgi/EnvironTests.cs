using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Wsgi;

/// <summary>What a WSGI application finds in its environ: PEP 3333.</summary>
public sealed class EnvironTests(ServerPool pool) : PooledTests(pool)
{
    [Fact]
    public async Task Environ_Request_HasWhatThePepRequires()
    {
        JsonElement environ = await ExchangeAsync(
            "POST /environ/a%20b%C3%A9?x=%20y HTTP/1.1\r\nHost: example.org:81\r\nContent-Type: text/x\r\nContent-Length: 2\r\n\r\nhi");

        Assert.Equal("POST", Text(environ, "REQUEST_METHOD"));
        Assert.Equal("", Text(environ, "SCRIPT_NAME"));
        Assert.Equal("/environ/a b\xc3\xa9", Text(environ, "PATH_INFO"));
        Assert.Equal("x=%20y", Text(environ, "QUERY_STRING"));
        Assert.Equal("text/x", Text(environ, "CONTENT_TYPE"));
        Assert.Equal("2", Text(environ, "CONTENT_LENGTH"));
        Assert.Equal("HTTP/1.1", Text(environ, "SERVER_PROTOCOL"));
        Assert.Equal("http", Text(environ, "wsgi.url_scheme"));
        Assert.Equal("127.0.0.1", Text(environ, "REMOTE_ADDR"));
        Assert.Equal("example.org:81", Text(environ, "HTTP_HOST"));
        Assert.Equal("[1, 0]", environ.GetProperty("wsgi.version").GetRawText());
        Assert.False(environ.GetProperty("wsgi.run_once").GetBoolean());
    }

    [Fact]
    public async Task Environ_ServerPort_IsAString()
    {
        HydraServer server = await StartAsync();
        JsonElement environ = await server.GetJsonAsync("/environ");

        Assert.Equal($"{server.Address.Port}", Text(environ, "SERVER_PORT"));
        Assert.Equal("127.0.0.1", Text(environ, "SERVER_NAME"));
    }

    [Fact]
    public async Task Environ_HeadersOfOneName_AreJoined()
    {
        JsonElement environ = await ExchangeAsync(
            "GET /environ HTTP/1.1\r\nHost: a\r\nX-Many: 1\r\nX-Other: o\r\nX-Many: 2\r\nCookie: a=1\r\nCookie: b=2\r\n\r\n");

        Assert.Equal("1", Text(environ, "HTTP_X_MANY").Split(',')[0].Trim());
        Assert.Equal("2", Text(environ, "HTTP_X_MANY").Split(',')[1].Trim());
        Assert.Equal("a=1; b=2", Text(environ, "HTTP_COOKIE"));
    }

    [Fact]
    public async Task Environ_HeadersWithAnUnderscore_AreDropped()
    {
        JsonElement environ = await ExchangeAsync(
            "GET /environ HTTP/1.1\r\nHost: a\r\nX_Forwarded_For: evil\r\nX-Forwarded_For: evil\r\nX-Forwarded-For: good\r\n\r\n");

        Assert.Equal("good", Text(environ, "HTTP_X_FORWARDED_FOR"));
    }

    [Fact]
    public async Task Environ_ContentHeaders_HaveNoHttpPrefix()
    {
        JsonElement environ = await ExchangeAsync("POST /environ HTTP/1.1\r\nHost: a\r\nContent-Type: text/x\r\nContent-Length: 0\r\n\r\n");

        Assert.False(environ.TryGetProperty("HTTP_CONTENT_TYPE", out _));
        Assert.False(environ.TryGetProperty("HTTP_CONTENT_LENGTH", out _));
    }

    [Fact]
    public async Task Environ_RootPath_IsTheScriptName()
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("wsgi_probe:app") { Arguments = ["--root-path", "/api"] });
        JsonElement environ = await server.GetJsonAsync("/environ/x");

        Assert.Equal("/api", Text(environ, "SCRIPT_NAME"));
        Assert.Equal("/environ/x", Text(environ, "PATH_INFO"));
    }

    [Theory]
    [InlineData(1, 1, false)]
    [InlineData(4, 1, true)]
    [InlineData(1, 2, false)]
    [InlineData(4, 2, true)]
    public async Task Environ_ThreadsAndProcesses_AreTrueToFact(int threads, int workers, bool multithread)
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("wsgi_probe:app") { Workers = workers, Arguments = ["--threads", $"{threads}"] });
        JsonElement environ = await server.GetJsonAsync("/environ");

        Assert.Equal(multithread, environ.GetProperty("wsgi.multithread").GetBoolean());

        // Of one worker, too: while it is replaced two serve, and SIGTTIN adds another at any time.
        Assert.True(environ.GetProperty("wsgi.multiprocess").GetBoolean());
    }

    private static string Text(JsonElement environ, string name) => environ.GetProperty(name).GetString()!;

    private async Task<JsonElement> ExchangeAsync(string request)
    {
        HydraServer server = await StartAsync();
        await using RawConnection connection = await server.ConnectAsync();
        return (await connection.ExchangeAsync(request)).Json();
    }

    private Task<HydraServer> StartAsync() => Pool.GetAsync(new ServerSpec("wsgi_probe:app"));
}
