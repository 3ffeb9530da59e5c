using System.Net;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Static;

/// <summary>Files that the front serves by itself: where, and who answers for what is none.</summary>
public sealed class StaticPlaceTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Static_AtRoot_TriesTheFileAndElseAsksTheApplication()
    {
        _directory.Write("public/index.html", "home");
        _directory.Write("public/sub/index.html", "sub");
        await using HydraServer server = await StartAsync("--static", "/=public");

        Assert.Equal("home", await server.GetTextAsync("/"));
        Assert.Equal("home", await server.GetTextAsync("/index.html"));
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        HttpResponseMessage redirect = await server.Client.GetAsync("/sub?a=b");
        Assert.Equal((HttpStatusCode.MovedPermanently, "./sub/?a=b"), (redirect.StatusCode, redirect.Headers.Location?.OriginalString));
        Assert.Equal("sub", await server.GetTextAsync("/sub/"));

        // What only reads files cannot do is the application's.
        HttpResponseMessage posted = await server.Client.PostAsync("/hello", new StringContent("x"));
        Assert.NotEqual(HttpStatusCode.MethodNotAllowed, posted.StatusCode);
    }

    [Fact]
    public async Task Static_Fallback_IsTheUsersChoice()
    {
        _directory.Write("public/a.txt", "a");
        await using (HydraServer server = await StartAsync("--static", "/hello/=public", "--static-fallback"))
        {
            Assert.Equal("a", await server.GetTextAsync("/hello/a.txt"));
            Assert.Equal("hello", await server.GetTextAsync("/hello"));
        }

        await using HydraServer site = await StartAsync("--static", "/=public", "--no-static-fallback");
        Assert.Equal(HttpStatusCode.NotFound, (await site.Client.GetAsync("/hello")).StatusCode);
    }

    [Fact]
    public async Task Static_SinglePageApplication_AnswersForPagesThatNobodyKnows()
    {
        _directory.Write("dist/index.html", "spa");
        await using HydraServer server = await StartAsync("--static", "/=dist", "--static-spa", "index.html");

        // The application comes first, and its own pages stay.
        Assert.Equal((HttpStatusCode.OK, "hello"), await NavigateAsync(server, "/hello"));
        Assert.Equal((HttpStatusCode.OK, "spa"), await NavigateAsync(server, "/orders/17"));
        Assert.Equal((HttpStatusCode.NotFound, false), (await NavigateAsync(server, "/app.js") is var asset ? (asset.Status, asset.Text == "spa") : default));
        Assert.Equal(HttpStatusCode.NotFound, (await server.Client.GetAsync("/orders/17")).StatusCode);

        await using HydraServer alone = await StartAsync("--static", "/=dist", "--static-spa", "index.html", "--no-static-fallback");
        Assert.Equal((HttpStatusCode.OK, "spa"), await NavigateAsync(alone, "/hello"));
        Assert.Equal(HttpStatusCode.NotFound, (await NavigateAsync(alone, "/app.js")).Status);
    }

    [Fact]
    public async Task Static_Listing_IsShownOnRequest()
    {
        _directory.Write("files/a b.txt", "a");
        await using (HydraServer server = await StartAsync("--static", "/files/=files"))
        {
            Assert.Equal(HttpStatusCode.NotFound, (await server.Client.GetAsync("/files/")).StatusCode);
        }

        await using HydraServer listing = await StartAsync("--static", "/files/=files", "--static-listing");
        Assert.Contains("<a href=\"./a%20b.txt\">a b.txt</a>", await listing.GetTextAsync("/files/"), StringComparison.Ordinal);
        Assert.Equal("./files/", (await listing.Client.GetAsync("/files")).Headers.Location?.OriginalString);
    }

    [Fact]
    public async Task Static_HostsAndSingleFiles_ArePlaces()
    {
        _directory.Write("public/robots.txt", "robots");
        _directory.Write("cdn/a.txt", "cdn");
        await using HydraServer server = await StartAsync("--static", "/robots.txt=public/robots.txt", "--static", "cdn.example.org=cdn");
        await using RawConnection connection = await server.ConnectAsync();

        Assert.Equal("robots", await server.GetTextAsync("/robots.txt"));
        Assert.Equal("cdn", (await connection.ExchangeAsync("GET /a.txt HTTP/1.1\r\nHost: cdn.example.org\r\n\r\n")).Text);
        Assert.NotEqual("cdn", (await connection.ExchangeAsync("GET /a.txt HTTP/1.1\r\nHost: example.org\r\n\r\n")).Text);
    }

    [Fact]
    public async Task Static_WordsOfGranian_ServeTheSame()
    {
        _directory.Write("assets/dir/home.html", "home");
        await using HydraServer server = await StartAsync(
            "--static-path-route", "/assets", "--static-path-mount", "assets", "--static-path-dir-to-file", "home.html", "--static-path-expires", "60");
        HttpResponseMessage response = await server.Client.GetAsync("/assets/dir/");

        Assert.Equal("home", await response.Content.ReadAsStringAsync());
        Assert.Equal("public, max-age=60", response.Headers.CacheControl?.ToString());
    }

    [Fact]
    public async Task Static_NoWorkerIsReady_FilesAreServed()
    {
        _directory.Write("static/a.txt", "a");
        _directory.Write("never.py", "import time\ntime.sleep(3600)\n");
        await using HydraServer server = await HydraServer.LaunchAsync(
            Spec("never:app", "--uds", "hydra.sock", "--static", $"/static/={_directory.Path}/static") with { Port = null, WorkingDirectory = null, AppDirectory = _directory.Path });
        await using RawConnection connection = await server.ConnectToUnixAsync("hydra.sock");
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal("a", (await connection.ExchangeAsync("GET /static/a.txt HTTP/1.1\r\nHost: a\r\n\r\n")).Text);
        }
    }

    [Fact]
    public async Task Static_ApplicationHangs_FilesAreServed()
    {
        _directory.Write("static/a.txt", "a");
        await using HydraServer server = await StartAsync("--static", "/static/=static");
        await using RawConnection hanging = await server.ConnectAsync();
        string gate = Board.NewKey();
        await hanging.GetAsync($"/block/{gate}");
        await server.Board.WaitAsync(gate);
        Assert.Equal("a", await server.GetTextAsync("/static/a.txt"));
        Assert.Equal("a", await server.GetTextAsync("/static/a.txt"));
        server.Board.Open(gate);
        Assert.Equal(200, (await hanging.ReadResponseAsync()).Status);
    }

    [Fact]
    public async Task Static_RootPathAndMounts_AreLookedThrough()
    {
        _directory.Write("static/a.txt", "a");
        await using HydraServer server = await StartAsync("--static", "/static/=static", "--root-path", "/shop", "--mount", "/static/api=asgi_probe:app");

        Assert.Equal("a", await server.GetTextAsync("/static/a.txt"));
        Assert.Equal("a", await server.GetTextAsync("/shop/static/a.txt"));
    }

    [Fact]
    public async Task Static_DirectoryIsMissing_CannotStart()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(Spec("asgi_probe:app", "--static", "/static/=nowhere"));

        Assert.Equal(3, await server.ExitAsync());
        await server.Log.ExpectErrorAsync($"--static: there is no directory {Path.Combine(_directory.Path, "nowhere")}, which is to be shown at /static.");
    }

    [Fact]
    public async Task Static_Http2_IsServedTheSame()
    {
        string large = new('x', 2 * 1024 * 1024);
        _directory.Write("static/a.txt", "a");
        _directory.Write("static/large.txt", large);
        await using HydraServer server = await StartAsync("--static", "/static/=static", "--ssl-self-signed", "--http-protocols", "h1,h2");
        using var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, shown, _, _) => shown is not null;
        using var client = new HttpClient(handler)
        {
            BaseAddress = server.Address,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        for (int i = 0; i < 2; i++)
        {
            string[] texts = await Task.WhenAll(Enumerable.Range(0, 20).Select(n => client.GetStringAsync(n % 2 == 0 ? "/static/a.txt" : "/static/large.txt")));
            Assert.All(texts, (text, n) => Assert.Equal(n % 2 == 0 ? "a" : large, text));
        }

        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/static/none")).StatusCode);
    }

    [Fact]
    public async Task Static_Metrics_CountAnswersOfTheFront()
    {
        _directory.Write("static/a.txt", "a");
        await using HydraServer server = await StartAsync("--static", "/static/=static", "--metrics", "127.0.0.1:0", "--access-log");
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("a", await server.GetTextAsync("/static/a.txt"));
        }

        Assert.Equal(HttpStatusCode.NotFound, (await server.Client.GetAsync("/static/none")).StatusCode);
        await Eventually.HoldsAsync(() => server.Log.Output.Count == 4, "the access log", () => string.Join('\n', server.Log.Output));
        Assert.Equal(3, server.Log.Output.Count(static line => line.Contains("\"GET /static/a.txt HTTP/1.1\" 200 1 ", StringComparison.Ordinal)));
        Assert.Contains("\"GET /static/none HTTP/1.1\" 404 10 ", server.Log.Output[3], StringComparison.Ordinal);
        string address = (await server.Log.WaitAsync("metrics are served at")).Split(' ')[^1];
        string metrics = await server.Client.GetStringAsync(address + "/metrics");
        Assert.Contains("hydra_requests_total{status=\"2xx\"} 3", metrics, StringComparison.Ordinal);
        Assert.Contains("hydra_failures_total{reason=\"no_file\"} 1", metrics, StringComparison.Ordinal);
    }

    private static async Task<(HttpStatusCode Status, string Text)> NavigateAsync(HydraServer server, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
        using HttpResponseMessage response = await server.Client.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private Task<HydraServer> StartAsync(params string[] arguments) => HydraServer.StartAsync(Spec("asgi_probe:app", arguments));

    private ServerSpec Spec(string app, params string[] arguments) => new(app) { WorkingDirectory = _directory.Path, Arguments = arguments };
}
