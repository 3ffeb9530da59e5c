using System.Text;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Wsgi;

/// <summary>What arrives at the client of what a WSGI application does; wsgiref.validate stands between unless it says otherwise.</summary>
public sealed class ResponseTests(ServerPool pool) : PooledTests(pool)
{
    [Fact]
    public async Task Response_List_HasItsLength()
    {
        RawResponse response = await GetAsync("/hello");

        Assert.Equal("HTTP/1.1 200 OK", response.StatusLine);
        Assert.Equal("5", response.Value("Content-Length"));
        Assert.Equal("hello", response.Text);
    }

    [Theory]
    [InlineData(299)]
    [InlineData(404)]
    [InlineData(204)]
    public async Task Response_ReasonOfTheApplication_Arrives(int status)
    {
        RawResponse response = await GetAsync($"/status/{status}");

        Assert.Equal($"HTTP/1.1 {status} Whatever", response.StatusLine);
    }

    [Fact]
    public async Task Response_OnePieceWithoutLength_GetsOne()
    {
        HydraServer server = await StartBareAsync();
        await using RawConnection connection = await server.ConnectAsync();
        RawResponse response = await connection.ExchangeAsync("GET /no-length HTTP/1.1\r\nHost: a\r\n\r\n");

        // PEP 3333, "Handling the Content-Length Header": a sequence of one is its own length.
        Assert.Equal("9", response.Value("Content-Length"));
        Assert.Equal("one piece", response.Text);
    }

    [Fact]
    public async Task Response_Generator_IsChunkedAndEachPieceIsSentBeforeTheNextIsMade()
    {
        HydraServer server = await StartAsync();
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/generator/{key}");
        for (int i = 0; i < 3; i++)
        {
            server.Board.Open($"{key}-{i}");
            if (i == 0)
            {
                await connection.ReadHeadAsync();
            }

            Assert.Equal($"piece {i}\n", Encoding.ASCII.GetString((await connection.ReadChunkAsync())!));
        }

        Assert.Empty(Assert.IsType<byte[]>(await connection.ReadChunkAsync()));
        Assert.Equal(["closed"], await server.Board.WaitAsync(key));
    }

    [Fact]
    public async Task Response_TransferEncodingOfTheApplication_IsTheServersBusiness()
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("wsgi_misbehaviours:app"));
        await using RawConnection connection = await server.ConnectAsync();
        RawResponse response = await connection.ExchangeAsync("GET /hop-by-hop HTTP/1.1\r\nHost: a\r\n\r\n");

        // Whatever the server makes of it, what arrives is framed once.
        Assert.True(response.IsComplete);
        Assert.Equal("hello", (await connection.ExchangeAsync("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")).Text);
    }

    [Fact]
    public async Task Response_EmptyStrings_DoNotEndIt()
    {
        Assert.Equal("text", (await GetAsync("/empty-strings")).Text);
    }

    [Fact]
    public async Task Write_BeforeTheReturnedBody_ComesFirst()
    {
        Assert.Equal("written, twice, and returned", (await GetAsync("/write")).Text);
    }

    [Fact]
    public async Task ExcInfo_BeforeAnythingWasSent_ReplacesTheResponse()
    {
        RawResponse response = await GetAsync("/exc-info");

        Assert.Equal(503, response.Status);
        Assert.Null(response.Value("X-First"));
        Assert.Equal("replaced", response.Text);
    }

    [Fact]
    public async Task ExcInfo_AfterTheFirstBytes_IsRaisedAndAbortsTheConnection()
    {
        HydraServer server = await StartAsync();
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/exc-info-late/{key}");
        await connection.ReadHeadAsync();
        Assert.Equal("begun", Encoding.ASCII.GetString((await connection.ReadChunkAsync())!));
        server.Board.Open(key);

        Assert.Empty(await connection.ReadToEndAsync());
        Assert.Equal(["raised: after the first bytes", "closed"], await server.Board.WaitAsync(key, 2));
        await server.Log.ExpectErrorAsync("RuntimeError: after the first bytes");
        await server.Log.ExpectErrorAsync(key, "cut off");
    }

    [Fact]
    public async Task StartResponse_TwiceWithoutExcInfo_IsRefused()
    {
        Assert.Equal("refused", (await GetAsync($"/twice/{Board.NewKey()}")).Text);
    }

    [Theory]
    [InlineData("app")]
    [InlineData("bare")]
    public async Task FileWrapper_File_IsSentAndClosed(string attribute)
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("wsgi_probe:" + attribute));
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        RawResponse response = await connection.ExchangeAsync($"GET /file/{key} HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Equal([.. Enumerable.Range(0, 256 * 4096).Select(i => (byte)i)], response.Body);
        Assert.Equal(["closed"], await server.Board.WaitAsync(key));
    }

    [Theory]
    [InlineData("app")]
    [InlineData("bare")]
    public async Task FileWrapper_WithoutLength_IsTheWholeFile(string attribute)
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("wsgi_probe:" + attribute));
        await using RawConnection connection = await server.ConnectAsync();
        RawResponse response = await connection.ExchangeAsync("GET /file-without-length HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(Repository.Apps, "wsgi_probe.py")), response.Body);
    }

    [Theory]
    [InlineData("HEAD /hello", 200)]
    [InlineData("HEAD /status/200", 200)]
    [InlineData("GET /status/204", 204)]
    [InlineData("GET /status/304", 304)]
    public async Task Response_ThatHasNoBody_EndsAfterItsHead(string request, int status)
    {
        HydraServer server = await StartAsync();
        await using RawConnection connection = await server.ConnectAsync();
        RawResponse response = await connection.ExchangeAsync($"{request} HTTP/1.1\r\nHost: a\r\n\r\n", isHead: true);
        RawResponse next = await connection.ExchangeAsync("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Equal(status, response.Status);
        Assert.Equal("hello", next.Text);
    }

    [Theory]
    [InlineData("half-way")]
    [InlineData("early")]
    public async Task Close_IterableThatFails_IsCalledOnce(string when)
    {
        HydraServer server = await StartAsync();
        string key = $"{when}-{Board.NewKey()}";
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/close/{key}");

        if (when == "early")
        {
            Assert.Equal(500, (await connection.ReadResponseAsync()).Status);
            await server.Log.ExpectErrorAsync("RuntimeError: before it has begun");
        }
        else
        {
            await connection.ReadHeadAsync();
            await connection.ReadToEndAsync();
            await server.Log.ExpectErrorAsync("RuntimeError: half way");
            await server.Log.ExpectErrorAsync(key, "cut off");
        }

        Assert.Equal(["closed"], await server.Board.WaitAsync(key));
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        Assert.Single(server.Board.Records(key));
    }

    [Fact]
    public async Task Close_ClientThatLeaves_IsCalledOnce()
    {
        HydraServer server = await StartAsync();
        string key = Board.NewKey();
        RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/flood/{key}");
        await server.Board.WaitAsync(key);
        connection.Reset();

        Assert.Equal(["running", "closed"], await server.Board.WaitAsync(key, 2));
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
    }

    [Fact]
    public async Task Validator_AllOfThis_FindsNothing()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("wsgi_probe:app"));
        string[] paths = ["/hello", "/environ", "/body/read", "/body/lines", "/write", "/empty-strings", "/exc-info", "/file/v", "/no-length", "/status/204", "/errors/v"];
        foreach (string path in paths)
        {
            using HttpResponseMessage response = await server.Client.GetAsync(new Uri(path, UriKind.Relative));
            Assert.NotEqual(500, (int)response.StatusCode);
        }

        await server.StopAsync();
        Assert.Empty(server.Log.Find("AssertionError"));
        Assert.Empty(server.Log.Find("WSGIWarning"));
        Assert.Empty(server.Log.Find("garbage collected"));
    }

    [Fact]
    public async Task Threads_Several_RunRequestsAtTheSameTime()
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("wsgi_probe:app") { Arguments = ["--threads", "4"] });
        string key = Board.NewKey();
        Task<string>[] requests = [.. Enumerable.Range(0, 4).Select(_ => server.GetTextAsync($"/meet/{key}"))];

        // All four are inside the application before any may leave it.
        Assert.Equal(4, (await server.Board.WaitAsync(key, 4)).Distinct().Count());
        server.Board.Open(key);
        Assert.All(await Task.WhenAll(requests), text => Assert.Equal("met", text));
    }

    [Fact]
    public async Task ThreadsAuto_RequestsThatWait_RunAtTheSameTime()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("wsgi_probe:app") { Arguments = ["--threads", "auto"] });
        Assert.NotEmpty(server.Log.Find("threads auto: 1 to 64"));
        string key = Board.NewKey();
        Task<string>[] requests = [.. Enumerable.Range(0, 16).Select(_ => server.GetTextAsync($"/meet/{key}"))];

        Assert.Equal(16, (await server.Board.WaitAsync(key, 16)).Distinct().Count());
        server.Board.Open(key);
        Assert.All(await Task.WhenAll(requests), text => Assert.Equal("met", text));
    }

    [Fact]
    public async Task ThreadsAuto_RequestsThatCompute_StayFew()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("computing:app") { Arguments = ["--threads", "auto"] });
        await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => server.GetTextAsync("/")));

        int peak = int.Parse(await server.GetTextAsync("/peak"), System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(peak, 1, 4);
    }

    [Fact]
    public async Task Errors_Written_AppearInTheLog()
    {
        HydraServer server = await StartAsync();
        string key = Board.NewKey();
        await server.GetTextAsync($"/errors/{key}");

        await server.Log.WaitAsync("worker 0", $"to wsgi.errors {key}");
    }

    private async Task<RawResponse> GetAsync(string path)
    {
        HydraServer server = await StartAsync();
        await using RawConnection connection = await server.ConnectAsync();
        return await connection.ExchangeAsync($"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
    }

    private Task<HydraServer> StartAsync() => Pool.GetAsync(new ServerSpec("wsgi_probe:app"));

    private Task<HydraServer> StartBareAsync() => Pool.GetAsync(new ServerSpec("wsgi_probe:bare"));
}
