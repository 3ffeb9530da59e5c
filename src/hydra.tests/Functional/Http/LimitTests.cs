using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Http;

/// <summary>How many connections and requests clients may have.</summary>
public sealed class LimitTests
{
    private const string Hello = "GET /hello HTTP/1.1\r\nHost: test\r\n\r\n";

    [Fact]
    public async Task Connections_OneTooMany_Is503AndThereIsRoomAgainWhenOneHasClosed()
    {
        await using HydraServer server = await StartAsync("--limit-connections", "2");
        RawConnection first = await server.ConnectAsync();
        await using RawConnection second = await server.ConnectAsync();
        Assert.Equal(200, (await first.ExchangeAsync(Hello)).Status);
        Assert.Equal(200, (await second.ExchangeAsync(Hello)).Status);

        await using RawConnection third = await server.ConnectAsync();
        await third.SendAsync(Hello);
        RawResponse refused = await third.ReadResponseAsync();
        Assert.Equal((503, "close", "1"), (refused.Status, refused.Value("Connection"), refused.Value("Retry-After")));
        Assert.True(await third.HasEndedAsync());
        Assert.False(third.WasReset);
        await server.Log.WaitAsync("too many connections are open");

        await first.DisposeAsync();
        int status = 503;
        while (status == 503)
        {
            await using RawConnection again = await server.ConnectAsync();
            status = (await again.ExchangeAsync(Hello)).Status;
        }

        Assert.Equal(200, status);
    }

    [Fact]
    public async Task Connections_MoreThanThereIsMemoryFor_Are503AndCounted()
    {
        await using HydraServer server = await StartAsync("--memory-limit", "4m", "--metrics", "127.0.0.1:0");
        string metrics = (await server.Log.WaitAsync("metrics are served at")).Split(" at ")[1].Trim();
        RawConnection[] clients = await Task.WhenAll(Enumerable.Range(0, 255).Select(_ => server.ConnectAsync()));
        foreach (RawConnection client in clients)
        {
            Assert.Equal(200, (await client.ExchangeAsync(Hello)).Status);
        }

        // Of the client that is not one of these, which is asked for the figures.
        Assert.Equal("hello", await server.Client.GetStringAsync(new Uri("/hello", UriKind.Relative)));
        await using (RawConnection more = await server.ConnectAsync())
        {
            await more.SendAsync(Hello);
            RawResponse refused = await more.ReadResponseAsync();
            Assert.Equal((503, "close", "1"), (refused.Status, refused.Value("Connection"), refused.Value("Retry-After")));
        }

        await server.Log.WaitAsync("too many connections are open");
        Assert.Equal(200, (await clients[0].ExchangeAsync(Hello)).Status);
        Assert.Contains("hydra_failures_total{reason=\"too_many_connections\"} 1", await server.Client.GetStringAsync(new Uri(new Uri(metrics), "/metrics")), StringComparison.Ordinal);
        foreach (RawConnection client in clients)
        {
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task Requests_AsManyAsAConnectionMayHave_TheLastSaysThatItCloses()
    {
        await using HydraServer server = await StartAsync("--limit-requests-per-connection", "2");
        await using RawConnection client = await server.ConnectAsync();
        RawResponse first = await client.ExchangeAsync(Hello);
        RawResponse last = await client.ExchangeAsync(Hello);

        Assert.Equal((200, (string?)null), (first.Status, first.Value("Connection")));
        Assert.Equal((200, "close"), (last.Status, last.Value("Connection")));
        Assert.True(await client.HasEndedAsync());
    }

    [Fact]
    public async Task Rate_OfAPath_Is429WithRetryAfterAndCounted()
    {
        await using HydraServer server = await StartAsync("--rate-limit", "/hello: 2/h", "--metrics", "127.0.0.1:0");
        await using RawConnection client = await server.ConnectAsync();
        foreach (int status in new[] { 200, 200, 429 })
        {
            Assert.Equal(status, (await client.ExchangeAsync(Hello)).Status);
        }

        RawResponse refused = await client.ExchangeAsync(Hello);
        Assert.InRange(int.Parse(refused.Value("Retry-After")!, System.Globalization.CultureInfo.InvariantCulture), 1, 1800);
        Assert.Equal(200, (await client.ExchangeAsync(Hello.Replace("/hello", "/scope", StringComparison.Ordinal))).Status);

        string address = (await server.Log.WaitAsync("metrics are served at")).Split(" at ")[1].Trim();
        Assert.Contains("hydra_failures_total{reason=\"rate_limited\"} 2\n", await server.Client.GetStringAsync(new Uri(new Uri(address), "/metrics")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Addresses_SomeWithTls_AreOneServer()
    {
        int plain = FreePort.Find();
        int secure = FreePort.Find();
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app")
        {
            Port = null,
            Arguments = ["--bind", $"http://127.0.0.1:{plain}", "--bind", $"https://127.0.0.1:{secure}", "--ssl-self-signed"],
        });
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = static (_, certificate, _, _) => certificate is not null };
        using var client = new HttpClient(handler);

        Assert.Contains("\"scheme\": \"http\"", await client.GetStringAsync(new Uri($"http://127.0.0.1:{plain}/scope")), StringComparison.Ordinal);
        Assert.Contains("\"scheme\": \"https\"", await client.GetStringAsync(new Uri($"https://127.0.0.1:{secure}/scope")), StringComparison.Ordinal);
    }

    private static Task<HydraServer> StartAsync(params string[] arguments) => HydraServer.StartAsync(new ServerSpec("asgi_probe:app") { Arguments = arguments });
}
