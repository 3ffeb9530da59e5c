using System.Text;
using Hydra.Edge;
using Hydra.Files;
using Hydra.Primitives;
using Hydra.Tests.Http.Fakes;
using Hydra.Tests.Transport;
using Hydra.Tests.Workers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Edge;

/// <summary><see cref="StaticFiles"/> with a <see cref="StaticPlace"/>, and what <see cref="StaticAnswer"/> and <see cref="SpaGate"/> make of it.</summary>
public sealed class StaticFilesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Before_Files_AreAnsweredWithoutTheWorkerAndRecorded()
    {
        _directory.File("a.txt", "content");
        await using FrontHost host = await FrontHost.StartAsync(Files("/static"));
        using RawClient client = host.Connect();
        await client.SendAsync(
            "GET /app HTTP/1.1\r\nHost: h\r\n\r\n");
        SentRequest request = await host.Worker.NextRequestAsync();
        host.Worker.Respond(request.Id, 200, "from the app");
        Assert.Equal("from the app", await client.ReadResponseAsync());
        await client.SendAsync("GET /static/a.txt?v=1 HTTP/1.1\r\nHost: h\r\n\r\nGET /static/a.txt HTTP/1.1\r\nHost: h\r\n\r\nHEAD /static/a.txt HTTP/1.1\r\nHost: h\r\n\r\nGET /static/none HTTP/1.1\r\nHost: h\r\n\r\n");
        Assert.Equal("content", await client.ReadResponseAsync());
        Assert.Equal("content", await client.ReadResponseAsync());

        // The answer to HEAD has no body; the one behind it has.
        string head = await client.ReadHeadAsync();
        Assert.Contains("Content-Length: 7\r\n", head, StringComparison.Ordinal);
        Assert.Equal("Not Found\n", await client.ReadResponseAsync());

        Assert.Equal(
            [
                "\"GET /app HTTP/1.1\" 200 12", "\"GET /static/a.txt?v=1 HTTP/1.1\" 200 7", "\"GET /static/a.txt HTTP/1.1\" 200 7",
                "\"HEAD /static/a.txt HTTP/1.1\" 200 0", "\"GET /static/none HTTP/1.1\" 404 10",
            ],
            await host.StopAndReadLinesAsync());
    }

    [Theory]
    [InlineData("GET /shop/static/a.txt HTTP/1.1\r\nHost: h\r\n\r\n", "content")]
    [InlineData("GET /static/a.txt HTTP/1.1\r\nHost: h\r\n\r\n", "content")]
    [InlineData("GET http://h/static/a.txt HTTP/1.1\r\nHost: h\r\n\r\n", "content")]
    [InlineData("POST /static/a.txt HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", "Method Not Allowed\n")]
    public async Task Before_RootPath_IsLookedThrough(string request, string expected)
    {
        _directory.File("a.txt", "content");
        await using FrontHost host = await FrontHost.StartAsync(Files("/static", outerPath: "/shop"));
        using RawClient client = host.Connect();
        await client.SendAsync(request);

        Assert.Equal(expected, await client.ReadResponseAsync());
    }

    [Theory]
    [InlineData("GET", "a.txt", 200)]
    [InlineData("GET", "none", 404)]
    [InlineData("DELETE", "a.txt", 405)]
    [InlineData("get", "a.txt", 405)]
    [InlineData("GET", "sub", 301)]
    public async Task Before_AnyAnswer_IsWhatItsTypeSays(string method, string name, int status)
    {
        _directory.File("a.txt", "content");
        _directory.File("sub/index.html", "page");
        await using FrontHost host = await FrontHost.StartAsync(Files("/static", index: "index.html"));
        using RawClient client = host.Connect();
        await client.SendAsync($"{method} /static/{name} HTTP/1.1\r\nHost: h\r\n\r\n");

        string head = await client.ReadHeadAsync();
        Assert.StartsWith($"HTTP/1.1 {status} ", head, StringComparison.Ordinal);
        Assert.Contains("X-Content-Type-Options: nosniff", head, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 206)]
    [InlineData("If-Range: \r\n", 200)]
    [InlineData("If-Range: \"other\"\r\n", 200)]
    public async Task Before_RangeWithACondition_IsGivenWhereThatHolds(string field, int status)
    {
        _directory.File("a.txt", "content");
        await using FrontHost host = await FrontHost.StartAsync(Files("/static"));
        using RawClient client = host.Connect();
        await client.SendAsync($"GET /static/a.txt HTTP/1.1\r\nHost: h\r\nRange: bytes=0-1\r\n{field}\r\n");

        Assert.StartsWith($"HTTP/1.1 {status} ", await client.ReadHeadAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/page", "text/html,*/*", true)]
    [InlineData("/page/", "text/html", true)]
    [InlineData("/page.html", "TEXT/HTML", true)]
    [InlineData("/v1.2/page", "text/html", true)]
    [InlineData("/app.js", "text/html", false)]
    [InlineData("/page", "*/*", false)]
    [InlineData("/page", "", false)]
    public void IsPage_Navigations_AreToldFromWhatPagesFetch(string path, string accept, bool expected)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.Accept = accept;

        Assert.Equal(expected, SpaGate.IsPage(context.Request, Encoding.ASCII.GetBytes(path)));
    }

    private StaticFiles Files(string path, string outerPath = "", string? index = null)
    {
        Assert.Null(MountPlace.Read(path, out MountPlace place));
        var tree = new StaticTree(new StaticSource(_directory.Path, path, false), new StaticSettings { Index = index }, TimeProvider.System, NullLogger.Instance);
        return new StaticFiles([new StaticPlace(place, tree)], new HotFiles(1, 1024 * 1024), new StaticAnswer(NullLogger.Instance), outerPath);
    }
}
