using Hydra.Edge;
using Hydra.Primitives;
using Hydra.Tests.Dispatch;
using Hydra.Tests.Http.Fakes;
using Hydra.Tests.Transport;
using Xunit;

namespace Hydra.Tests.Edge;

/// <summary>429 for clients that ask too often, with a clock that the test moves.</summary>
public sealed class RateLimitsTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task Request_BeyondTheRate_Is429AndServedAgainWhenTheTimeHasCome()
    {
        await using FrontHost host = await FrontHost.StartAsync(Limits(null, new RateLimit("/login", 2, TimeSpan.FromMinutes(1), 2)));
        using RawClient client = host.Connect();
        await ServedAsync(host, client, "/login");
        await ServedAsync(host, client, "/login/again");

        string head = await RefusedAsync(client, "/%6cogin");
        Assert.StartsWith("HTTP/1.1 429 Too Many Requests\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nRetry-After: 30\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nRateLimit-Policy: \"default\";q=2;w=60\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nRateLimit: \"default\";r=0;t=30\r\n", head, StringComparison.Ordinal);
        await ServedAsync(host, client, "/other");

        _time.Advance(TimeSpan.FromSeconds(30));
        await ServedAsync(host, client, "/login");
    }

    [Theory]
    [InlineData("//login")]
    [InlineData("/%6Cogin")]
    [InlineData("/%2Flogin")]
    [InlineData("/x/../login")]
    [InlineData("/./login/")]
    [InlineData("/login//x")]
    [InlineData("/l%6fgin?a=b")]
    [InlineData("http://h//login")]
    public async Task Request_WithAnotherSpellingOfThePath_IsCountedWithTheOthers(string target)
    {
        await using FrontHost host = await FrontHost.StartAsync(Limits(null, new RateLimit("/login", 1, TimeSpan.FromHours(1), 1)));
        using RawClient client = host.Connect();
        await ServedAsync(host, client, "/login");

        Assert.Contains(" 429 ", await RefusedAsync(client, target), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_ByAField_IsCountedByThatAndWithoutItByTheAddress()
    {
        await using FrontHost host = await FrontHost.StartAsync(Limits("X-API-Key", new RateLimit("", 1, TimeSpan.FromHours(1), 1)));
        using RawClient client = host.Connect();
        await ServedAsync(host, client, "/", "X-API-Key: one\r\n");
        await ServedAsync(host, client, "/", "X-API-Key: two\r\n");
        await ServedAsync(host, client, "/");

        Assert.Contains(" 429 ", await RefusedAsync(client, "/", "X-API-Key: one\r\n"), StringComparison.Ordinal);
        Assert.Contains(" 429 ", await RefusedAsync(client, "/"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("2001:db8::1", "2001:db8::2:3", true)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", false)]
    public async Task KeyOf_Address_IsTheClientsAsThePartsBeforeHaveFoundIt(string one, string other, bool isSame)
    {
        ulong[] keys = new ulong[2];
        RateLimits limits = Limits(null, new RateLimit("", 1000, TimeSpan.FromSeconds(1), 1000));
        await using FrontHost host = await FrontHost.StartAsync(new ActingPart(context =>
        {
            int index = context.Http.Request.Path == "/one" ? 0 : 1;
            context.Facts = context.Facts with { ClientHost = index == 0 ? one : other };
            keys[index] = limits.KeyOf(context);
        }));
        using RawClient client = host.Connect();
        await ServedAsync(host, client, "/one");
        await ServedAsync(host, client, "/other");

        Assert.DoesNotContain(0ul, keys);
        Assert.Equal(isSame, keys[0] == keys[1]);
    }

    [Fact]
    public async Task Request_WithoutAnAddress_IsNotHeldUp()
    {
        await using FrontHost host = await FrontHost.StartAsync(
            new ActingPart(static context => context.Facts = context.Facts with { ClientHost = "" }),
            Limits(null, new RateLimit("", 1, TimeSpan.FromHours(1), 1)));
        using RawClient client = host.Connect();

        await ServedAsync(host, client, "/");
        await ServedAsync(host, client, "/");
    }

    private RateLimits Limits(string? by, RateLimit limit) => new([limit], by, _time);

    private static async Task ServedAsync(FrontHost host, RawClient client, string path, string fields = "")
    {
        await client.SendAsync($"GET {path} HTTP/1.1\r\nHost: h\r\n{fields}\r\n");
        SentRequest request = await host.Worker.NextRequestAsync();
        host.Worker.Respond(request.Id, 200, "app");
        Assert.Equal("app", await client.ReadResponseAsync());
    }

    private static async Task<string> RefusedAsync(RawClient client, string path, string fields = "")
    {
        await client.SendAsync($"GET {path} HTTP/1.1\r\nHost: h\r\n{fields}\r\n");
        string head = await client.ReadHeadAsync() + "\r\n";
        await client.ReadExactlyAsync(new byte["Too Many Requests\n".Length]);
        return head;
    }
}
