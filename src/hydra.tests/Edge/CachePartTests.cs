using System.Text;
using Hydra.Coding;
using Hydra.Diagnostics;
using Hydra.Edge;
using Hydra.Http;
using Hydra.Tests.Coding;
using Hydra.Tests.Functional.Harness;
using Hydra.Tests.Http.Fakes;
using Xunit;

namespace Hydra.Tests.Edge;

/// <summary>
/// <see cref="CachePart"/> with <see cref="ResponseCache"/>, <see cref="CachedResponse"/>, <see cref="CacheGate"/> (an <see cref="IBodyCopy"/>),
/// <see cref="CacheInvalidation"/>, <see cref="CacheFlights"/>, <see cref="CacheFlight"/> and <see cref="CacheAnswer"/>, in the front.
/// </summary>
public sealed class CachePartTests
{
    private readonly CacheTime _time = new();
    private readonly CacheMetrics _metrics = new();

    [Fact]
    public async Task Get_Fresh_IsAnsweredWithoutAWorkerUntilItIsStale()
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await ConnectAsync(host);
        RawResponse first = await AskAsync(host, client, "/a", "one", ("cache-control", "max-age=60"), ("etag", "\"1\""), ("x-mine", "yes"));
        Assert.Equal(("one", "hydra; fwd=uri-miss; stored"), (first.Text, first.Value("Cache-Status")));

        _time.Now += TimeSpan.FromSeconds(20);
        RawResponse hit = await client.ExchangeAsync(Get("/a"));
        Assert.Equal(("one", "20", "hydra; hit; ttl=40", "yes", "3"), (hit.Text, hit.Value("Age"), hit.Value("Cache-Status"), hit.Value("x-mine"), hit.Value("Content-Length")));
        RawResponse head = await client.ExchangeAsync("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n", isHead: true);
        Assert.Equal((200, "3", "20"), (head.Status, head.Value("Content-Length"), head.Value("Age")));

        _time.Now += TimeSpan.FromSeconds(40);
        Assert.Equal("two", (await AskAsync(host, client, "/a", "two", ("cache-control", "max-age=60"))).Text);
        var text = new StringBuilder();
        _metrics.Used = static () => 7;
        _metrics.Write(text);
        Assert.Contains("hydra_cache_requests_total{result=\"hit\"} 2\n", text.ToString(), StringComparison.Ordinal);
        Assert.Contains("hydra_cache_requests_total{result=\"miss\"} 2\n", text.ToString(), StringComparison.Ordinal);
        Assert.Contains("hydra_cache_bytes 7\n", text.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("If-None-Match: \"1\"", 304)]
    [InlineData("If-None-Match: W/\"1\"", 304)]
    [InlineData("If-None-Match: \"0\", \"1\"", 304)]
    [InlineData("If-None-Match: *", 304)]
    [InlineData("If-None-Match: \"2\"", 200)]
    [InlineData("If-Modified-Since: Sun, 29 Nov 2026 11:00:00 GMT", 304)]
    [InlineData("If-Modified-Since: Sun, 29 Nov 2026 10:59:59 GMT", 200)]
    [InlineData("If-Modified-Since: Sun, 29 Nov 2026 11:00:00 GMT\r\nIf-None-Match: \"2\"", 200)]
    [InlineData("If-Modified-Since: yesterday", 200)]
    public async Task Get_Conditional_IsAnsweredFromTheCache(string condition, int expected)
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await ConnectAsync(host);
        await AskAsync(host, client, "/a", "one", ("cache-control", "max-age=60"), ("etag", "\"1\""), ("last-modified", "Sun, 29 Nov 2026 11:00:00 GMT"), ("content-type", "text/plain"));

        RawResponse response = await client.ExchangeAsync(Get("/a", condition));
        Assert.Equal((expected, "\"1\"".Length), (response.Status, response.Value("ETag")!.Replace("W/", "", StringComparison.Ordinal).Length));
        Assert.Equal(expected == 304 ? null : "text/plain", response.Value("Content-Type"));
    }

    [Fact]
    public async Task Get_OtherTargetHostOrVariant_IsAnother()
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await ConnectAsync(host);
        await AskAsync(host, client, "/a?x=1", "one", ("cache-control", "max-age=60"), ("vary", "Accept-Language"));
        foreach (string request in (string[])[Get("/a?x=2"), Get("/a?x=1", "Accept-Language: de"), "GET /a?x=1 HTTP/1.1\r\nHost: other\r\n\r\n"])
        {
            Assert.Equal("new", (await AskAsync(host, client, request, "new", ("cache-control", "max-age=60"), ("vary", "accept-language"))).Text);
        }

        Assert.Equal("one", (await client.ExchangeAsync(Get("/a?x=1"))).Text);
        Assert.Equal("new", (await client.ExchangeAsync(Get("/a?x=1", "Accept-Language: de"))).Text);
    }

    [Theory]
    [InlineData("", "Cookie: a=b")]
    [InlineData("", "Authorization: Basic x")]
    [InlineData("", "Range: bytes=0-1")]
    [InlineData("no-store", "")]
    [InlineData("private, max-age=60", "")]
    public async Task Get_ThatIsNotForAll_GoesToTheWorker(string control, string field)
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await ConnectAsync(host);
        await AskAsync(host, client, Get("/a"), "one", ("cache-control", control.Length > 0 ? control : "max-age=60"));

        Assert.Equal("own", (await AskAsync(host, client, Get("/a", field), "own", ("cache-control", "max-age=60"))).Text);
    }

    [Fact]
    public async Task Get_PublicWithCookies_IsForAll()
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await ConnectAsync(host);
        await AskAsync(host, client, Get("/a", "Cookie: a=b"), "one", ("cache-control", "public, max-age=60"));

        Assert.Equal("one", (await client.ExchangeAsync(Get("/a", "Cookie: c=d"))).Text);
    }

    [Theory]
    [InlineData(200, "new")]
    [InlineData(500, "one")]
    public async Task Post_ThatSucceeds_HasTheTargetForgotten(int status, string expected)
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await ConnectAsync(host);
        await AskAsync(host, client, "/a", "one", ("cache-control", "max-age=60"));
        await client.SendAsync("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
        SentRequest post = await host.Worker.NextRequestAsync();
        host.Worker.Respond(post.Id, status, "posted");
        await client.ReadResponseAsync();

        Assert.Equal(expected, expected == "one"
            ? (await client.ExchangeAsync(Get("/a"))).Text
            : (await AskAsync(host, client, "/a", "new")).Text);
    }

    [Fact]
    public async Task Stream_WithoutLength_GoesThroughAndIsKept()
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await ConnectAsync(host);
        await client.SendAsync(Get("/a"));
        SentRequest request = await host.Worker.NextRequestAsync();
        host.Worker.BeginResponse(request.Id, 200, "one ", ("cache-control", "max-age=60"));
        await client.ReadHeadAsync();
        Assert.Equal("one "u8.ToArray(), await client.ReadChunkAsync());
        host.Worker.SendBody(request.Id, "two"u8, end: true);
        Assert.Equal("two"u8.ToArray(), await client.ReadChunkAsync());
        Assert.Empty(Assert.IsType<byte[]>(await client.ReadChunkAsync()));

        Assert.Equal("one two", (await client.ExchangeAsync(Get("/a"))).Text);
    }

    [Fact]
    public async Task Stream_BreaksOff_IsNotKept()
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await ConnectAsync(host);
        await client.SendAsync(Get("/a"));
        SentRequest request = await host.Worker.NextRequestAsync();
        host.Worker.BeginResponse(request.Id, 200, "one ", ("cache-control", "max-age=60"));
        await client.ReadHeadAsync();
        host.Worker.Reset(request.Id);
        await Eventually.HoldsAsync(() => host.Log.Has(1502), "the log says that the response was cut off");

        await using RawConnection next = await ConnectAsync(host);
        Assert.Equal("whole", (await AskAsync(host, next, "/a", "whole")).Text);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stream_WithTrailers_GoesThroughAndIsNotKept(bool isAnnounced)
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await ConnectAsync(host);
        foreach (string sum in (string[])["1", "2"])
        {
            await client.SendAsync(Get("/a", "TE: trailers"));
            SentRequest request = await host.Worker.NextRequestAsync();
            host.Worker.BeginResponse(request.Id, 200, "one", ("cache-control", "max-age=60"), isAnnounced ? ("trailer", "x-sum") : ("x-other", "x-sum"));
            host.Worker.SendTrailers(request.Id, ("x-sum", sum));
            RawResponse response = await client.ReadResponseAsync();

            Assert.Equal(("one", sum), (response.Text, Assert.Single(response.Trailers).Value));
            Assert.Equal(!isAnnounced, response.Value("Cache-Status")!.Contains("stored", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Flight_EqualRequests_AreOneOfTheWorkers()
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection leader = await ConnectAsync(host);
        await leader.SendAsync(Get("/a"));
        SentRequest request = await host.Worker.NextRequestAsync();
        RawConnection[] others = [await ConnectAsync(host), await ConnectAsync(host), await ConnectAsync(host)];
        foreach (RawConnection other in others)
        {
            await other.SendAsync(Get("/a"));
            await other.HasBeenReadAsync();
        }

        host.Worker.Respond(request.Id, 200, "one", ("cache-control", "max-age=60"));
        Assert.Equal("one", (await leader.ReadResponseAsync()).Text);
        foreach (RawConnection other in others)
        {
            Assert.Equal("one", (await other.ReadResponseAsync()).Text);
            await other.DisposeAsync();
        }

        Assert.Empty(host.Worker.TakeRequests());
    }

    [Fact]
    public void Flight_ThatIsLost_IsLedByTheNext()
    {
        var flights = new CacheFlights(_time);
        CacheFlight first = flights.Join("k", 0, out bool leads)!;
        Assert.True(leads);
        Assert.Same(first, flights.Join("k", 0, out leads));
        Assert.False(leads);
        flights.Lose(first);
        Assert.True(first.Result.IsCompleted && first.IsLost);
        Assert.NotNull(flights.Join("k", 0, out leads));
        Assert.True(leads);
    }

    [Fact]
    public void Flight_NothingToWaitFor_IsNotJoinedForAWhile()
    {
        var flights = new CacheFlights(_time);
        CacheFlight first = flights.Join("k", 0, out _)!;
        flights.End(first, null, passes: true);
        flights.Lose(first);
        Assert.False(first.IsLost);
        Assert.Null(flights.Join("k", 0, out _));
        _time.Now += TimeSpan.FromSeconds(11);
        Assert.NotNull(flights.Join("k", 0, out bool leads));
        Assert.True(leads);
    }

    [Fact]
    public async Task Room_UsedUp_TheOneThatWasNotUsedForLongestGoes()
    {
        await using FrontHost host = await StartAsync(capacity: 3_000);
        await using RawConnection client = await ConnectAsync(host);
        string body = new('x', 500);
        foreach (string path in (string[])["/a", "/b"])
        {
            await AskAsync(host, client, path, body, ("cache-control", "max-age=60"));
        }

        Assert.Equal(body, (await client.ExchangeAsync(Get("/a"))).Text);
        await AskAsync(host, client, "/c", body, ("cache-control", "max-age=60"));
        Assert.Equal(body, (await client.ExchangeAsync(Get("/a"))).Text);
        Assert.Equal("again", (await AskAsync(host, client, "/b", "again")).Text);

        // What is too long is not kept at all.
        await AskAsync(host, client, "/d", new string('y', 5_000), ("cache-control", "max-age=60"));
        Assert.Equal("again", (await AskAsync(host, client, "/d", "again")).Text);
    }

    [Fact]
    public async Task Compressed_KeptAsItIs_IsEncodedForWhoCanDecode()
    {
        byte[] body = Decoded.Sample(5_000);
        await using FrontHost host = await StartAsync(compresses: true);
        await using RawConnection client = await ConnectAsync(host);
        await AskAsync(host, client, Get("/a", "Accept-Encoding: br"), Encoding.ASCII.GetString(body), ("cache-control", "max-age=60"), ("content-type", "text/html"), ("etag", "\"1\""));
        RawResponse plain = await client.ExchangeAsync(Get("/a"));
        Assert.Equal((null, "Accept-Encoding", "\"1\""), (plain.Value("Content-Encoding"), plain.Value("Vary"), plain.Value("ETag")));
        Assert.Equal(body, plain.Body);
        RawResponse gzip = await client.ExchangeAsync(Get("/a", "Accept-Encoding: gzip"));
        Assert.Equal(("gzip", "Accept-Encoding", "W/\"1\""), (gzip.Value("Content-Encoding"), gzip.Value("Vary"), gzip.Value("ETag")));
        Assert.Equal(body, Decoded.Whole(ContentCoding.Gzip, gzip.Body));
        RawResponse known = await client.ExchangeAsync(Get("/a", "Accept-Encoding: gzip\r\nIf-None-Match: W/\"1\""));
        Assert.Equal((304, "W/\"1\"", "Accept-Encoding"), (known.Status, known.Value("ETag"), known.Value("Vary")));
    }

    [Theory]
    [InlineData("host", "b.example")]
    [InlineData("path", "/shop")]
    [InlineData("port", "8443")]
    [InlineData("scheme", "https")]
    [InlineData("client", "CERTIFICATE")]
    public async Task Get_ThatAProxyTellsOfOtherwise_IsAnother(string what, string value)
    {
        await using FrontHost host = await StartAsync(before: new Telling(what, value));
        await using RawConnection client = await ConnectAsync(host);
        await AskAsync(host, client, "/a", "one", ("cache-control", "max-age=60"));
        await AskAsync(host, client, Get("/a", "X-Told: yes"), "two", ("cache-control", "max-age=60"));

        Assert.Equal("one", (await client.ExchangeAsync(Get("/a"))).Text);
        Assert.Equal("two", (await client.ExchangeAsync(Get("/a", "X-Told: yes"))).Text);
    }

    [Fact]
    public async Task Get_FieldThatTellsWhoAsks_IsInTheKey()
    {
        await using FrontHost host = await StartAsync(toldBy: ["remote_user"]);
        await using RawConnection client = await ConnectAsync(host);
        await AskAsync(host, client, Get("/a", "remote_user: alice"), "hers", ("cache-control", "max-age=60"));

        Assert.Equal("his", (await AskAsync(host, client, Get("/a", "remote_user: bob"), "his")).Text);
        Assert.Equal("hers", (await client.ExchangeAsync(Get("/a", "remote_user: alice"))).Text);
    }

    // Kestrel gets another host in the place of one that it does not take.
    [Fact]
    public async Task Get_HostsOfIPv6_AreOthersEach()
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await ConnectAsync(host);
        string[] hosts = ["[::1]", "[::2]", "hhhhh", "[::1]:8"];
        foreach (string name in hosts)
        {
            await AskAsync(host, client, $"GET /a HTTP/1.1\r\nHost: {name}\r\n\r\n", name, ("cache-control", "max-age=60"));
        }

        foreach (string name in hosts)
        {
            Assert.Equal(name, (await client.ExchangeAsync($"GET /a HTTP/1.1\r\nHost: {name}\r\n\r\n")).Text);
        }
    }

    // What a trusted proxy says, of requests that have the field.
    private sealed class Telling(string what, string value) : EdgePart
    {
        public override RequestHandler Before(RequestHandler next) => context =>
        {
            if (context.Http.Request.Headers.ContainsKey("X-Told"))
            {
                RequestFacts facts = context.Facts;
                context.Facts = what switch
                {
                    "host" => facts with { Host = value },
                    "path" => facts with { OuterPath = value },
                    "port" => facts with { ServerPort = 8443 },
                    "scheme" => facts with { Scheme = value },
                    _ => facts with { Tls = new TlsFacts(0x0304, 1, "CN=alice", value) },
                };
            }

            return next(context);
        };
    }

    private Task<FrontHost> StartAsync(long capacity = 1_000_000, bool compresses = false, EdgePart? before = null, IReadOnlyList<string>? toldBy = null)
    {
        CompressionRules? rules = compresses
            ? new CompressionRules([ContentCoding.Brotli, ContentCoding.Gzip], CodingLevels.Default, new CompressibleTypes([]), 1024, [])
            : null;
        CachePart part = CacheTime.Part(_time, _metrics, capacity, rules, toldBy);
        if (before is not null)
        {
            return FrontHost.StartAsync(before, part);
        }

        return rules is null ? FrontHost.StartAsync(part)
            : FrontHost.StartAsync(part, new CompressionPart(rules, new Hydra.Primitives.MemoryBudget(1 << 24), null));
    }

    private static string Get(string path, string field = "") => $"GET {path} HTTP/1.1\r\nHost: h\r\n{(field.Length > 0 ? field + "\r\n" : "")}\r\n";

    private static Task<RawConnection> ConnectAsync(FrontHost host) => RawConnection.OpenAsync(host.EndPoint.Port);

    // A request that a worker is to get.
    private static async Task<RawResponse> AskAsync(
        FrontHost host, RawConnection client, string request, string body, params (string, string)[] fields)
    {
        await client.SendAsync(request.StartsWith('/') ? Get(request) : request);
        SentRequest sent = await host.Worker.NextRequestAsync();
        host.Worker.Respond(sent.Id, 200, body, fields);
        return await client.ReadResponseAsync();
    }
}
