using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Bodies;

/// <summary>Clients that take their time, and a server that runs out of descriptors.</summary>
public sealed class SlowClientTests(ServerPool pool) : PooledTests(pool)
{
    private const int EightMebibytes = 8 * 1024 * 1024;

    [Theory]
    [InlineData("uds")]
    [InlineData("tcp")]
    public async Task SlowReader_OneThread_IsFreedAsSoonAsTheResponseFits(string transport)
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("wsgi_probe:bare")
        {
            WorkerTransport = transport,
            Arguments = ["--buffer-response", "16m", "--buffer-memory", "32m"],
        });
        await using RawConnection slow = await server.ConnectAsync(receiveBuffer: 16 * 1024);
        await slow.GetAsync($"/large/{EightMebibytes}");
        await slow.ReadHeadAsync();

        // The thread has given all of it away.
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        byte[] body = await slow.ReadUpToAsync(EightMebibytes);
        Assert.Equal(EightMebibytes, body.Length);
        Assert.Equal(0, body.Max());
    }

    [Fact]
    public async Task SlowReaders_BeyondTheMemory_AreHeldBackAndGetEverything()
    {
        // What is beyond the memory for all waits in the worker, for the client to read.
        HydraServer server = await Pool.GetAsync(new ServerSpec("wsgi_probe:bare") { Arguments = ["--threads", "8", "--buffer-memory", "2m"] });
        RawConnection[] slow = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => server.ConnectAsync(receiveBuffer: 16 * 1024)));
        foreach (RawConnection connection in slow)
        {
            await connection.GetAsync($"/large/{EightMebibytes}");
            await connection.ReadHeadAsync();
        }

        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        foreach (RawConnection connection in slow)
        {
            Assert.Equal(EightMebibytes, (await connection.ReadUpToAsync(EightMebibytes)).Length);
            await connection.DisposeAsync();
        }
    }

    [Fact]
    public async Task Head_ThatTakesTooLong_IsAnswered408()
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--header-timeout", "1s"] });
        await using RawConnection slow = await server.ConnectAsync();
        await slow.SendAsync("GET /hello HTTP/1.1\r\nHost: a\r\n");

        Assert.Equal(408, (await slow.ReadResponseAsync()).Status);
        Assert.True(await slow.HasEndedAsync());
    }

    [Fact]
    public async Task Body_BelowTheLeastRate_IsAnswered408()
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--min-data-rate", "1m"] });
        string key = Board.NewKey();
        await using RawConnection slow = await server.ConnectAsync();
        await slow.SendAsync($"POST /body-seen/{key} HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\none");

        Assert.Equal(408, (await slow.ReadResponseAsync()).Status);
        Assert.Empty(server.Board.Records(key));
    }

    [Theory]
    [InlineData("asgi_probe:app", 5)]
    [InlineData("wsgi_probe:bare", 5)]
    [InlineData("asgi_probe:app", 1_500_000)]
    [InlineData("wsgi_probe:bare", 1_500_000)]
    public async Task Body_OfWhichNothingComesAnyMore_IsAnswered408AndHoldsNobody(string app, int sent)
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec(app) { Arguments = ["--body-timeout", "300ms"] });
        await using RawConnection slow = await server.ConnectAsync();
        await slow.SendAsync($"POST /body/all HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n");
        await slow.SendAsync(new byte[sent]);

        Assert.Equal(408, (await slow.ReadResponseAsync()).Status);
        Assert.True(await slow.HasEndedAsync());
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
    }

    [LoopTransportFact]
    public async Task Response_OfWhichAClientTakesNothing_HoldsNoThreadForEver()
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("wsgi_probe:bare") { Arguments = ["--send-timeout", "500ms"] });
        await using RawConnection still = await server.ConnectAsync(receiveBuffer: 4096);
        await still.GetAsync("/large/50000000");
        await still.ReadHeadAsync();

        // One thread: it is busy until the server has given the client up.
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        Assert.True((await still.ReadToEndAsync()).Length < 50_000_000);
    }

    [LoopTransportTheory]
    [InlineData("asgi_probe:app", "/no-read", 200)]
    [InlineData("wsgi_probe:bare", "/no-read", 200)]
    [InlineData("asgi_misbehaviours:app", "/raises-before-start", 500)]
    [InlineData("wsgi_misbehaviours:app", "/raises-before-start", 500)]
    public async Task Answer_BeforeTheBodyIsRead_ReachesAClientThatStillSendsAndEndsTheConnection(string app, string path, int status)
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec(app) { Arguments = ["--buffer-body", "0"] });
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync($"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n");
        await connection.SendAsync(new byte[100_000]);
        RawResponse answer = await connection.ReadResponseAsync();
        Assert.Equal((status, "close"), (answer.Status, answer.Value("Connection")));

        // It is read on: no reset.
        await connection.SendAsync(new byte[2_900_000]);
        Assert.True(await connection.HasEndedAsync());
        Assert.False(connection.WasReset);
        if (status == 500)
        {
            await server.Log.ExpectErrorAsync("RuntimeError: before the response");
        }
    }

    [Fact]
    public async Task Body_LongAndSlow_HoldsNoThreadUntilWhatMayBeHeldIsHere()
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("wsgi_probe:bare"));
        await using RawConnection slow = await server.ConnectAsync();
        await slow.SendAsync($"POST /body/all HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n");
        await slow.SendAsync(new byte[1_000_000]);
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        await slow.SendAsync(new byte[1_000_000]);

        Assert.Equal(2_000_000, (await slow.ReadResponseAsync()).Json().GetProperty("length").GetInt32());
    }

    [Theory]
    [InlineData("Content-Length: 11\r\n\r\n")]
    [InlineData("Content-Length: 11\r\nExpect: 100-continue\r\n\r\n")]
    [InlineData("Content-Length: 11\r\n\r\n12345678901")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n6\r\n123456\r\n5\r\n78901\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nb\r\n12345678901")]
    public async Task Body_LargerThanTheLimit_IsRefusedBeforeTheApplicationSeesIt(string rest)
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--limit-body", "10"] });
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        RawResponse response = await connection.ExchangeAsync($"POST /body-seen/{key} HTTP/1.1\r\nHost: a\r\n{rest}");

        Assert.Equal(413, response.Status);
        Assert.True(await connection.HasEndedAsync());
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        Assert.Empty(server.Board.Records(key));
    }

    [Fact]
    public async Task Body_ThatStreamsPastTheLimit_IsCutOffWith413()
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--limit-body", "10", "--buffer-body", "0"] });
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync($"POST /body-seen/{key} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
        Assert.Equal(["first"], await server.Board.WaitAsync(key));

        Assert.Equal(413, (await connection.ExchangeAsync("6\r\nsecond\r\n")).Status);
        Assert.Equal(["first", "http.disconnect"], await server.Board.WaitAsync(key, 2));
    }

    [Fact]
    public async Task Body_OfTheLimit_IsTaken()
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--limit-body", "10"] });
        await using RawConnection connection = await server.ConnectAsync();

        Assert.Equal(200, (await connection.ExchangeAsync("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n1234567890")).Status);
        Assert.Equal(200, (await connection.ExchangeAsync(
            "POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\na\r\n1234567890\r\n0\r\n\r\n")).Status);
    }

    [LoopTransportFact]
    public async Task Descriptors_UsedUp_ServesWhoIsConnectedAndTheOthersWhenSomeAreFree()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app")
        {
            Launcher = ["sh", "-c", "ulimit -n 64; exec \"$@\"", "sh"],
        });
        await using RawConnection early = await server.ConnectAsync();
        Assert.Equal("hello", (await early.ExchangeAsync("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")).Text);
        RawConnection[] many = await Task.WhenAll(Enumerable.Range(0, 80).Select(_ => server.ConnectAsync()));
        await server.Log.WaitAsync("[WARN]", "No more connections can be accepted");

        Assert.Equal("hello", (await early.ExchangeAsync("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")).Text);
        foreach (RawConnection connection in many[..60])
        {
            await connection.DisposeAsync();
        }

        foreach (RawConnection connection in many[60..])
        {
            Assert.Equal("hello", (await connection.ExchangeAsync("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")).Text);
            await connection.DisposeAsync();
        }

        await server.Log.WaitAsync("are accepted on", "again");
    }
}
