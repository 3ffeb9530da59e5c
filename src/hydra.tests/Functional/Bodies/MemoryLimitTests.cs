using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Bodies;

/// <summary>Clients that would have the server hold more than it may.</summary>
public sealed class MemoryLimitTests(ServerPool pool) : PooledTests(pool)
{
    // Takes more than five times as much, so ten of them do not fit into half a mebibyte.
    private static readonly string LargeHead = "GET /hello HTTP/1.1\r\nHost: a\r\n"
        + string.Concat(Enumerable.Range(0, 30).Select(static i => $"x-{i}: {new string('a', 990)}\r\n"));

    private static readonly ServerSpec Spec = new("asgi_probe:app") { Arguments = ["--memory-limit", "1m", "--metrics", "127.0.0.1:0"] };

    [Theory]
    [InlineData("loop")]
    [InlineData("sockets")]
    public async Task UnfinishedHeads_BeyondTheMemory_AreRefusedAndOthersAreServed(string transport)
    {
        HydraServer server = await Pool.GetAsync(Spec with { Transport = transport });
        RawConnection[] held = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => server.ConnectAsync()));
        foreach (RawConnection connection in held)
        {
            await connection.SendAsync(LargeHead);
        }

        // Which of them come first is not said.
        RawConnection refused = await Eventually.FindAsync(() => held.FirstOrDefault(static one => one.HasData), "a head that is refused");
        Assert.Equal(503, (await refused.ReadResponseAsync()).Status);
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        await server.Log.WaitAsync("the memory for heads is used up; the client got 503");
        using var metrics = new HttpClient { BaseAddress = new Uri((await server.Log.WaitAsync("metrics are served at")).Split(" at ")[1].Trim()) };
        Assert.Contains("reason=\"memory_short\"", await metrics.GetStringAsync(new Uri("/metrics", UriKind.Relative)), StringComparison.Ordinal);

        // What they held is free when they have gone: the server hears of that in its own time.
        foreach (RawConnection connection in held)
        {
            await connection.DisposeAsync();
        }

        int status = 503;
        while (status == 503)
        {
            await using RawConnection connection = await server.ConnectAsync();
            status = (await connection.ExchangeAsync(LargeHead + "\r\n")).Status;
        }

        Assert.Equal(200, status);
    }

    [Theory]
    [InlineData("Content-Length: 500000\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n7A120\r\n")]
    public async Task UnfinishedBodies_BeyondTheMemory_AreRefusedAndOthersAreServed(string framing)
    {
        HydraServer server = await Pool.GetAsync(Spec);
        RawConnection[] held = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => server.ConnectAsync()));
        foreach (RawConnection connection in held)
        {
            await connection.SendAsync("POST /body HTTP/1.1\r\nHost: a\r\n" + framing + new string('b', 100));
        }

        RawConnection refused = await Eventually.FindAsync(() => held.FirstOrDefault(static one => one.HasData), "a body that is refused");
        RawResponse response = await refused.ReadResponseAsync();
        Assert.Equal(503, response.Status);
        Assert.Equal("1", response.Value("Retry-After"));
        Assert.Equal("close", response.Value("Connection"));
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        await server.Log.WaitAsync("Requests are refused: what clients have the server hold takes all of its 1024 KiB");

        foreach (RawConnection connection in held)
        {
            await connection.DisposeAsync();
        }

        int status = 503;
        while (status == 503)
        {
            await using RawConnection connection = await server.ConnectAsync();
            status = (await connection.ExchangeAsync("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")).Status;
        }

        Assert.Equal(200, status);
    }

    [Fact]
    public async Task Memory_AfterAWave_GoesBackToTheSystem()
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--buffer-memory", "512m", "--memory-limit", "1g"] });
        RawConnection[] held = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => server.ConnectAsync()));
        foreach (RawConnection connection in held)
        {
            await connection.SendAsync("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 900001\r\n\r\n");
        }

        await Task.WhenAll(held.Select(static connection => connection.SendAsync(new byte[900_000])));
        await Eventually.HoldsAsync(() => ResidentMegabytes(server.Pid) > 150, "the bodies are held");
        foreach (RawConnection connection in held)
        {
            await connection.DisposeAsync();
        }

        await Eventually.HoldsAsync(() => ResidentMegabytes(server.Pid) < 100, "the memory goes back");
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
    }

    [Theory]
    [InlineData(1_000_000)]
    [InlineData(1_500_000)]
    public async Task AddressSpace_OfAGigabyte_IsEnoughUnderLoad(int kibibytes)
    {
        HydraServer server = await Pool.GetAsync(
            new ServerSpec("asgi_probe:app") { Launcher = ["sh", "-c", $"ulimit -v {kibibytes}; exec \"$@\"", "sh"] });
        string body = new('b', 200_000);
        string[] answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(async _ =>
        {
            await using RawConnection connection = await server.ConnectAsync();
            RawResponse answer = await connection.ExchangeAsync($"POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: {body.Length}\r\n\r\n{body}");
            return $"{answer.Status} {answer.IsComplete}";
        }));

        Assert.All(answers, static answer => Assert.Equal("200 True", answer));
    }

    private static long ResidentMegabytes(int process)
    {
        using var one = System.Diagnostics.Process.GetProcessById(process);
        return one.WorkingSet64 / (1024 * 1024);
    }
}
