using Hydra.Diagnostics;
using Hydra.Dispatch;
using Hydra.Edge;
using Hydra.Http;
using Hydra.Primitives;
using Hydra.Protocol;
using Hydra.Tests.Functional.Harness;
using Hydra.Tests.Http.Fakes;
using Xunit;

namespace Hydra.Tests.Edge;

/// <summary>
/// What the cache asks of the application about what it keeps, and does with it: <see cref="CacheFetch"/>, <see cref="CacheGate"/> with its
/// <see cref="CacheOutcome"/>, <see cref="CacheRefresh"/> with <see cref="DetachedRequest"/>, <see cref="CacheInvalidation"/>, which names others by <see cref="CacheKey"/>, and <see cref="CacheHeadGate"/>.
/// </summary>
public sealed class CacheRevalidationTests
{
    private const string Tag = "\"1\"";
    private const string Modified = "Sun, 29 Nov 2026 11:00:00 GMT";

    private readonly CacheTime _time = new();

    [Fact]
    public async Task Stale_WithValidators_IsAskedBackWithThemAndA304FreshensIt()
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await ConnectAsync(host);
        await AskAsync(host, client, Get("/a"), 200, "one", ("cache-control", "max-age=10"), ("etag", Tag), ("last-modified", Modified), ("x-old", "yes"), ("x-count", "1"));
        _time.Now += TimeSpan.FromSeconds(20);

        await client.SendAsync(Get("/a"));
        SentRequest asked = await host.Worker.NextRequestAsync();
        Assert.Equal((Tag, Modified), (asked.Header("if-none-match"), asked.Header("if-modified-since")));
        host.Worker.Respond(asked.Id, 304, "", ("etag", Tag), ("cache-control", "max-age=30"), ("x-count", "2"));
        RawResponse response = await client.ReadResponseAsync();
        Assert.Equal((200, "one", "0", "yes", "2"), (response.Status, response.Text, response.Value("Age"), response.Value("x-old"), response.Value("x-count")));
        Assert.Equal("hydra; fwd=stale; fwd-status=304; ttl=30", response.Value("Cache-Status"));

        _time.Now += TimeSpan.FromSeconds(25);
        RawResponse hit = await client.ExchangeAsync(Get("/a"));
        Assert.Equal(("one", "25", "hydra; hit; ttl=5"), (hit.Text, hit.Value("Age"), hit.Value("Cache-Status")));
    }

    [Fact]
    public async Task Stale_IsAnotherNow_TakesThePlace()
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await ConnectAsync(host);
        await AskAsync(host, client, Get("/a"), 200, "one", ("cache-control", "max-age=10"), ("etag", Tag));
        _time.Now += TimeSpan.FromSeconds(20);
        Assert.Equal("two", (await AskAsync(host, client, Get("/a"), 200, "two", ("cache-control", "max-age=10"), ("etag", "\"2\""))).Text);
        Assert.Equal("two", (await client.ExchangeAsync(Get("/a"))).Text);
    }

    // The condition of the client, and what it gets when the application says that what is kept under the tag "1" is good yet.
    [Theory]
    [InlineData("If-None-Match: \"1\"", 304)]
    [InlineData("If-None-Match: \"0\"", 200)]
    [InlineData("If-Modified-Since: " + Modified, 304)]
    [InlineData("If-Modified-Since: Sun, 29 Nov 2026 10:00:00 GMT", 200)]
    public async Task Stale_ClientsCondition_IsHeldAgainstWhatIsKept(string condition, int expected)
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await ConnectAsync(host);
        await AskAsync(host, client, Get("/a"), 200, "one", ("cache-control", "max-age=10"), ("etag", Tag), ("last-modified", Modified));
        _time.Now += TimeSpan.FromSeconds(20);
        await client.SendAsync(Get("/a", condition));
        SentRequest asked = await host.Worker.NextRequestAsync();
        Assert.Equal((Tag, Modified), (asked.Header("if-none-match"), asked.Header("if-modified-since")));
        host.Worker.Respond(asked.Id, 304, "", ("etag", Tag));

        RawResponse response = await client.ReadResponseAsync();
        Assert.Equal((expected, expected == 200 ? "one" : ""), (response.Status, response.Text));
    }

    [Fact]
    public async Task Miss_ClientsCondition_IsTheApplicationsAndIts304GoesThrough()
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await ConnectAsync(host);
        await client.SendAsync(Get("/a", "If-None-Match: \"7\""));
        SentRequest asked = await host.Worker.NextRequestAsync();
        Assert.Equal("\"7\"", asked.Header("if-none-match"));
        host.Worker.Respond(asked.Id, 304, "", ("etag", "\"7\""), ("cache-control", "max-age=10"));
        Assert.Equal(304, (await client.ReadResponseAsync()).Status);

        // Nothing of it is kept.
        Assert.Equal("one", (await AskAsync(host, client, Get("/a"), 200, "one", ("cache-control", "max-age=10"))).Text);
    }

    // What a 304 says beside, and whether others get what is kept behind it.
    [Theory]
    [InlineData("cache-control", "no-store", false)]
    [InlineData("cache-control", "private, max-age=60", false)]
    [InlineData("set-cookie", "a=b", false)]
    [InlineData("etag", "\"other\"", false)]
    [InlineData("etag", "W/\"1\"", true)]
    [InlineData("content-type", "text/other", true)]
    [InlineData("x-any", "thing", true)]
    public async Task NotModified_WithWhatIsForOneAlone_FreshensNothing(string name, string value, bool isForOthers)
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await ConnectAsync(host);
        await AskAsync(host, client, Get("/a"), 200, "one", ("cache-control", "max-age=10"), ("etag", Tag), ("content-type", "text/plain"));
        _time.Now += TimeSpan.FromSeconds(20);
        RawResponse response = await AskAsync(host, client, Get("/a"), 304, "", (name, value));
        Assert.Equal((200, "one", "text/plain", Tag), (response.Status, response.Text, response.Value("Content-Type"), name == "etag" ? Tag : response.Value("ETag")));
        Assert.Equal(name == "set-cookie" ? value : null, response.Value("Set-Cookie"));
        RawResponse next = isForOthers ? await client.ExchangeAsync(Get("/a")) : await AskAsync(host, client, Get("/a"), 200, "two");
        Assert.Equal((isForOthers ? "one" : "two", (string?)null), (next.Text, next.Value("Set-Cookie")));
    }

    [Theory]
    [InlineData("no-cache")]
    [InlineData("max-age=0, must-revalidate")]
    [InlineData("s-maxage=0")]
    public async Task Kept_ToBeAskedForEachTime_IsAskedForByEachAndNobodyWaits(string control)
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection first = await ConnectAsync(host);
        await using RawConnection second = await ConnectAsync(host);
        await AskAsync(host, first, Get("/a"), 200, "one", ("cache-control", control), ("etag", Tag));
        await first.SendAsync(Get("/a"));
        SentRequest one = await host.Worker.NextRequestAsync();
        await second.SendAsync(Get("/a"));
        SentRequest other = await host.Worker.NextRequestAsync();
        Assert.Equal((Tag, Tag), (one.Header("if-none-match"), other.Header("if-none-match")));
        host.Worker.Respond(other.Id, 304, "", ("etag", Tag), ("cache-control", control));
        host.Worker.Respond(one.Id, 304, "", ("etag", Tag), ("cache-control", control));
        Assert.Equal(("one", "one"), ((await first.ReadResponseAsync()).Text, (await second.ReadResponseAsync()).Text));
    }

    [Fact]
    public async Task Flight_Revalidates_TheOthersGetWhatIsGoodYet()
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection leader = await ConnectAsync(host);
        await using RawConnection other = await ConnectAsync(host);
        await AskAsync(host, leader, Get("/a"), 200, "one", ("cache-control", "max-age=10"), ("etag", Tag));
        _time.Now += TimeSpan.FromSeconds(20);
        await leader.SendAsync(Get("/a"));
        SentRequest asked = await host.Worker.NextRequestAsync();
        await other.SendAsync(Get("/a"));
        await other.HasBeenReadAsync();
        host.Worker.Respond(asked.Id, 304, "", ("etag", Tag), ("cache-control", "max-age=10"));
        Assert.Equal(("one", "one"), ((await leader.ReadResponseAsync()).Text, (await other.ReadResponseAsync()).Text));
        Assert.Empty(host.Worker.TakeRequests());
    }

    [Fact]
    public async Task StaleWhileRevalidate_HoldsNobodyAndIsFetchedBehind()
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await ConnectAsync(host);
        await AskAsync(host, client, Get("/a?x=1", "Accept-Language: de"), 200, "old", ("cache-control", "max-age=10, stale-while-revalidate=30"), ("vary", "Accept-Language"), ("etag", Tag));
        _time.Now += TimeSpan.FromSeconds(20);
        foreach (string field in (string[])["", "If-None-Match: \"0\""])
        {
            RawResponse stale = await client.ExchangeAsync(Get("/a?x=1", "Accept-Language: de" + (field.Length > 0 ? "\r\n" + field : "")));
            Assert.Equal(("old", "hydra; hit; ttl=-10", "20"), (stale.Text, stale.Value("Cache-Status"), stale.Value("Age")));
        }

        // One for both, with what the first client has said.
        SentRequest behind = await host.Worker.NextRequestAsync();
        Assert.Equal(("GET", "/a", "x=1", "de", Tag), (behind.Method, behind.Path, behind.Query, behind.Header("accept-language"), behind.Header("if-none-match")));
        Assert.Empty(host.Worker.TakeRequests());
        host.Worker.Respond(behind.Id, 200, "new", ("cache-control", "max-age=10"), ("vary", "Accept-Language"));
        RawResponse next;
        do
        {
            next = await client.ExchangeAsync(Get("/a?x=1", "Accept-Language: de"));
        }
        while (next.Text == "old");

        Assert.Equal(("new", "hydra; hit; ttl=10"), (next.Text, next.Value("Cache-Status")));
    }

    [Fact]
    public async Task StaleWhileRevalidate_Fails_IsTriedAgainAndTheClientsSeeNothingOfIt()
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await ConnectAsync(host);
        await AskAsync(host, client, Get("/a"), 200, "old", ("cache-control", "max-age=10, stale-while-revalidate=30"));
        _time.Now += TimeSpan.FromSeconds(20);
        Assert.Equal("old", (await client.ExchangeAsync(Get("/a"))).Text);
        host.Worker.Respond((await host.Worker.NextRequestAsync()).Id, 500, "broken");
        List<SentRequest> again;
        do
        {
            Assert.Equal("old", (await client.ExchangeAsync(Get("/a"))).Text);
            again = host.Worker.TakeRequests();
        }
        while (again.Count == 0);

        host.Worker.Reset(Assert.Single(again).Id);
    }

    [Theory]
    [InlineData(500, true)]
    [InlineData(502, true)]
    [InlineData(503, true)]
    [InlineData(504, true)]
    [InlineData(501, false)]
    [InlineData(404, false)]
    public async Task StaleIfError_AnswerThatIsAFailure_IsHidden(int status, bool isHidden)
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await ConnectAsync(host);
        await AskAsync(host, client, Get("/a"), 200, "old", ("cache-control", "max-age=10, stale-if-error=30"), ("x-old", "yes"));
        _time.Now += TimeSpan.FromSeconds(20);
        RawResponse response = await AskAsync(host, client, Get("/a"), status, "broken", ("x-broken", "yes"));
        Assert.Equal(isHidden ? (200, "old", "yes", null) : (status, "broken", null, "yes"), (response.Status, response.Text, response.Value("x-old"), response.Value("x-broken")));
        if (isHidden)
        {
            Assert.Equal($"hydra; fwd=stale; fwd-status={status}; detail=stale-if-error; ttl=-10", response.Value("Cache-Status"));

            // Its time is over some day.
            _time.Now += TimeSpan.FromSeconds(21);
            Assert.Equal((status, "broken"), (await AskAsync(host, client, Get("/a"), status, "broken") is var late ? (late.Status, late.Text) : default));
        }
    }

    [Theory]
    [InlineData("max-age=10, stale-if-error=30", "", true)]
    [InlineData("max-age=10", "Cache-Control: stale-if-error=30", true)]
    [InlineData("max-age=10", "", false)]
    [InlineData("max-age=10, stale-if-error=5", "", false)]
    [InlineData("max-age=10, stale-if-error=30, must-revalidate", "", false)]
    [InlineData("max-age=10, stale-if-error=30, proxy-revalidate", "Cache-Control: stale-if-error=30", false)]
    [InlineData("no-cache, stale-if-error=30", "", false)]
    public async Task StaleIfError_ApplicationFails_IsHiddenWhereItMayBe(string control, string field, bool isHidden)
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await ConnectAsync(host);
        await AskAsync(host, client, Get("/a"), 200, "old", ("cache-control", control), ("etag", Tag));
        _time.Now += TimeSpan.FromSeconds(20);
        await client.SendAsync(Get("/a", field));
        host.Worker.Reset((await host.Worker.NextRequestAsync()).Id);
        RawResponse response = await client.ReadResponseAsync();
        Assert.Equal(isHidden ? (200, "old") : (500, "Internal Server Error\n"), (response.Status, response.Text));
    }

    [Fact]
    public async Task StaleIfError_Others_GetItAsWell()
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection leader = await ConnectAsync(host);
        await using RawConnection other = await ConnectAsync(host);
        await AskAsync(host, leader, Get("/a"), 200, "old", ("cache-control", "max-age=10, stale-if-error=30"));
        _time.Now += TimeSpan.FromSeconds(20);
        await leader.SendAsync(Get("/a"));
        SentRequest asked = await host.Worker.NextRequestAsync();
        await other.SendAsync(Get("/a"));
        await other.HasBeenReadAsync();
        host.Worker.Reset(asked.Id);
        Assert.Equal(("old", "old"), ((await leader.ReadResponseAsync()).Text, (await other.ReadResponseAsync()).Text));
        Assert.Empty(host.Worker.TakeRequests());
    }

    // One's answer is not another's, whatever it is and whoever waits for it.
    [Theory]
    [InlineData(200, "private, max-age=60", "")]
    [InlineData(200, "max-age=60", "")]
    [InlineData(200, "no-store", "")]
    [InlineData(200, "public, max-age=60", "session=alice")]
    [InlineData(500, "public, max-age=60", "")]
    [InlineData(200, "public, no-cache", "")]
    public async Task Flight_AnswerForOne_IsNotWhatTheOthersGet(int status, string control, string cookie)
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection alice = await ConnectAsync(host);
        await using RawConnection bob = await ConnectAsync(host);
        await alice.SendAsync(Get("/me", "Cookie: alice"));
        SentRequest hers = await host.Worker.NextRequestAsync();
        await bob.SendAsync(Get("/me", "Cookie: bob"));
        await bob.HasBeenReadAsync();
        (string, string)[] fields = cookie.Length > 0 ? [("cache-control", control), ("set-cookie", cookie), ("etag", Tag)] : [("cache-control", control), ("etag", Tag)];
        host.Worker.Respond(hers.Id, status, "alice", fields);
        SentRequest his = await host.Worker.NextRequestAsync();
        Assert.Equal("bob", his.Header("cookie"));
        host.Worker.Respond(his.Id, 200, "bob", ("cache-control", "private"));
        Assert.Equal(("alice", "bob"), ((await alice.ReadResponseAsync()).Text, (await bob.ReadResponseAsync()).Text));
    }

    // What is kept for ten seconds and is five seconds old or twenty; what the request says; whether a worker hears of it.
    [Theory]
    [InlineData(5, "", false)]
    [InlineData(5, "no-cache", true)]
    [InlineData(5, "max-age=5", false)]
    [InlineData(5, "max-age=4", true)]
    [InlineData(5, "max-age=0", true)]
    [InlineData(5, "min-fresh=5", false)]
    [InlineData(5, "min-fresh=6", true)]
    [InlineData(5, "max-stale", false)]
    [InlineData(5, "only-if-cached", false)]
    [InlineData(5, "no-store", false)]
    [InlineData(20, "", true)]
    [InlineData(20, "max-stale", false)]
    [InlineData(20, "max-stale=10", false)]
    [InlineData(20, "max-stale=9", true)]
    [InlineData(20, "max-stale=30, max-age=19", true)]
    [InlineData(20, "max-stale=30, min-fresh=1", true)]
    [InlineData(20, "only-if-cached, max-stale", false)]
    public async Task Request_DirectiveOfItsOwn_IsHeeded(int age, string asked, bool isForwarded)
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await ConnectAsync(host);
        await AskAsync(host, client, Get("/a"), 200, "one", ("cache-control", "max-age=10"));
        _time.Now += TimeSpan.FromSeconds(age);
        string request = Get("/a", asked.Length > 0 ? $"Cache-Control: {asked}" : "");
        string text = isForwarded ? (await AskAsync(host, client, request, 200, "two")).Text : (await client.ExchangeAsync(request)).Text;
        Assert.Equal(isForwarded ? "two" : "one", text);
    }

    [Theory]
    [InlineData("must-revalidate")]
    [InlineData("proxy-revalidate")]
    [InlineData("s-maxage=10")]
    public async Task Request_WouldTakeWhatIsStale_ItIsAskedForWhereItMustBe(string control)
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await ConnectAsync(host);
        await AskAsync(host, client, Get("/a"), 200, "one", ("cache-control", "max-age=10, " + control));
        _time.Now += TimeSpan.FromSeconds(20);
        Assert.Equal("two", (await AskAsync(host, client, Get("/a", "Cache-Control: max-stale"), 200, "two")).Text);
    }

    [Fact]
    public async Task Request_OnlyIfCachedAndNothingIs_Is504WithoutAWorker()
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await ConnectAsync(host);
        Assert.Equal(504, (await client.ExchangeAsync(Get("/a", "Cache-Control: only-if-cached"))).Status);
        Assert.Empty(host.Worker.TakeRequests());
        string line = Assert.Single(await host.StopAndReadLinesAsync());
        Assert.Contains("504", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_NoStore_IsNotKept()
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await ConnectAsync(host);
        await AskAsync(host, client, Get("/a", "Cache-Control: no-store"), 200, "one", ("cache-control", "max-age=10"));
        Assert.Equal("two", (await AskAsync(host, client, Get("/a"), 200, "two")).Text);
    }

    [Fact]
    public async Task Request_DirectivesThatArePassedOver_ChangeNothing()
    {
        await using FrontHost host = await StartAsync(ignoresClients: true);
        await using RawConnection client = await ConnectAsync(host);
        await AskAsync(host, client, Get("/a"), 200, "one", ("cache-control", "max-age=10"));
        Assert.Equal("one", (await client.ExchangeAsync(Get("/a", "Cache-Control: no-cache"))).Text);
    }

    // The target or what the answer names; then whether it is forgotten.
    [Theory]
    [InlineData("POST", "/a", "", "", true)]
    [InlineData("DELETE", "/a", "", "", true)]
    [InlineData("PROPPATCH", "/a", "", "", true)]
    [InlineData("OPTIONS", "/a", "", "", false)]
    [InlineData("POST", "/b", "", "", false)]
    [InlineData("POST", "/b", "/a", "", true)]
    [InlineData("POST", "/b", "http://h/a", "", true)]
    [InlineData("POST", "/b", "http://other/a", "", false)]
    [InlineData("POST", "/b/c", "../a", "", true)]
    [InlineData("POST", "/b", "", "a", true)]
    [InlineData("POST", "/b", "http://[", "", false)]
    public async Task Change_OfATarget_HasWhatIsKeptOfItForgotten(string method, string target, string location, string contentLocation, bool isForgotten)
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await ConnectAsync(host);
        await AskAsync(host, client, Get("/a"), 200, "one", ("cache-control", "max-age=10"));
        List<(string, string)> fields = [];
        if (location.Length > 0)
        {
            fields.Add(("location", location));
        }

        if (contentLocation.Length > 0)
        {
            fields.Add(("content-location", contentLocation));
        }

        await AskAsync(host, client, $"{method} {target} HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", 201, "done", [.. fields]);
        Assert.Equal(isForgotten ? "two" : "one", isForgotten ? (await AskAsync(host, client, Get("/a"), 200, "two")).Text : (await client.ExchangeAsync(Get("/a"))).Text);
    }

    [Fact]
    public async Task Change_WhileOneFetches_WhatHasBeenReadBeforeIsNotKept()
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection reader = await ConnectAsync(host);
        await using RawConnection writer = await ConnectAsync(host);
        await reader.SendAsync(Get("/a"));
        SentRequest read = await host.Worker.NextRequestAsync();
        await AskAsync(host, writer, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", 204, "");

        // Who comes behind the change does not wait for what was asked for before.
        Assert.Equal("new", (await AskAsync(host, writer, Get("/a"), 200, "new", ("cache-control", "max-age=10"))).Text);
        host.Worker.Respond(read.Id, 200, "old", ("cache-control", "max-age=10"));
        Assert.Equal("old", (await reader.ReadResponseAsync()).Text);
        Assert.Equal("new", (await reader.ExchangeAsync(Get("/a"))).Text);
    }

    [Fact]
    public async Task Change_ByOneWhoIsKnown_IsForgottenForAll()
    {
        await using FrontHost host = await StartAsync(toldBy: ["remote_user"]);
        await using RawConnection client = await ConnectAsync(host);
        foreach (string user in (string[])["alice", "bob"])
        {
            await AskAsync(host, client, Get("/a", $"remote_user: {user}"), 200, user, ("cache-control", "max-age=10"));
        }

        await AskAsync(host, client, "PUT /a HTTP/1.1\r\nHost: h\r\nremote_user: alice\r\nContent-Length: 0\r\n\r\n", 204, "");
        foreach (string user in (string[])["alice", "bob"])
        {
            Assert.Equal("new", (await AskAsync(host, client, Get("/a", $"remote_user: {user}"), 200, "new")).Text);
        }
    }

    // The answer to a HEAD whose GET is kept and stale, and what the next GET gets.
    [Theory]
    [InlineData("\"1\"", "3", "one")]
    [InlineData("\"2\"", "3", "two")]
    [InlineData("\"1\"", "4", "two")]
    public async Task Head_OfWhatIsStale_FreshensItOrHasItForgotten(string tag, string length, string expected)
    {
        await using FrontHost host = await StartAsync();
        await using RawConnection client = await ConnectAsync(host);
        await AskAsync(host, client, Get("/a"), 200, "one", ("cache-control", "max-age=10"), ("etag", Tag));
        _time.Now += TimeSpan.FromSeconds(20);
        await client.SendAsync("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
        SentRequest head = await host.Worker.NextRequestAsync();
        host.Worker.Respond(head.Id, 200, "", ("cache-control", "max-age=10"), ("etag", tag), ("content-length", length));
        await client.ReadHeadAsync();

        Assert.Equal(expected, expected == "one" ? (await client.ExchangeAsync(Get("/a"))).Text : (await AskAsync(host, client, Get("/a"), 200, "two")).Text);
    }

    [Fact]
    public async Task Memory_ThatRequestsNeed_IsGivenBack()
    {
        var memory = new MemoryBudget(8_000);
        await using FrontHost host = await StartAsync(memory: memory);
        await using RawConnection client = await ConnectAsync(host);
        foreach (string path in (string[])["/a", "/b", "/c", "/d", "/e"])
        {
            await AskAsync(host, client, Get(path), 200, new string('x', 500), ("cache-control", "max-age=10"));
        }

        // Half of it at most.
        Assert.InRange(memory.Used, 2_000, 4_000);
        Assert.True(memory.TryTake(7_500));
        Assert.InRange(memory.Used, 7_500, 8_000);
        Assert.Equal("again", (await AskAsync(host, client, Get("/b"), 200, "again")).Text);
        memory.Give(7_500);
    }

    private Task<FrontHost> StartAsync(bool ignoresClients = false, IReadOnlyList<string>? toldBy = null, MemoryBudget? memory = null)
        => FrontHost.StartAsync(CacheTime.Part(_time, new CacheMetrics(), toldBy: toldBy, ignoresClients: ignoresClients, memory: memory));

    private static string Get(string path, string field = "") => $"GET {path} HTTP/1.1\r\nHost: h\r\n{(field.Length > 0 ? field + "\r\n" : "")}\r\n";

    private static Task<RawConnection> ConnectAsync(FrontHost host) => RawConnection.OpenAsync(host.EndPoint.Port);

    // A request that a worker is to get.
    private static async Task<RawResponse> AskAsync(
        FrontHost host, RawConnection client, string request, int status, string body, params (string, string)[] fields)
    {
        await client.SendAsync(request);
        SentRequest sent = await host.Worker.NextRequestAsync();
        host.Worker.Respond(sent.Id, status, body, fields);
        return await client.ReadResponseAsync();
    }
}
