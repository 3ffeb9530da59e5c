using Hydra.Dispatch;
using Hydra.Edge;
using Hydra.Http;
using Hydra.Primitives;
using Hydra.Tests.Http.Fakes;
using Hydra.Tests.Transport;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Edge;

/// <summary><see cref="AllowedHosts"/>, <see cref="HttpsRedirect"/>, <see cref="PathRedirects"/>, <see cref="Redirection"/> and <see cref="AnswerFields"/>.</summary>
public sealed class AnswersTests
{
    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: evil\r\n", "HTTP/1.1 400 ")]
    [InlineData("GET http://evil/ HTTP/1.1\r\nHost: example.org\r\n", "HTTP/1.1 400 ")]
    [InlineData("GET / HTTP/1.0\r\n", "HTTP/1.1 400 ")]
    [InlineData("GET / HTTP/1.1\r\nHost: example.org:8000\r\n", null)]
    [InlineData("GET http://example.org/ HTTP/1.1\r\nHost: evil\r\n", null)]
    public async Task Host_NotAllowed_IsRefusedBeforeAWorkerIsAsked(string head, string? expected)
    {
        await using FrontHost host = await FrontHost.StartAsync(new AllowedHosts([Pattern("example.org")], new FaultLog(NullLogger.Instance, TimeProvider.System)));
        Assert.StartsWith(expected ?? "HTTP/1.1 200 ", await ExchangeAsync(host, head, expected is null), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Host_NotAllowedOverTls_IsMisdirected()
    {
        await using FrontHost host = await FrontHost.StartAsync(
            new ActingPart(static context => context.Facts = context.Facts with { Tls = new TlsFacts(0x0304, 1, "", "") }),
            new AllowedHosts([Pattern("example.org")], new FaultLog(NullLogger.Instance, TimeProvider.System)));

        Assert.StartsWith("HTTP/1.1 421 ", await ExchangeAsync(host, "GET / HTTP/1.1\r\nHost: evil\r\n", false), StringComparison.Ordinal);
        Assert.Equal("misdirected", Failure.Misdirected.Rule().Name);
    }

    [Theory]
    [InlineData("GET /a?b=1 HTTP/1.1\r\nHost: shop.example:80\r\n", "301", "https://shop.example:8443/a?b=1")]
    [InlineData("GET /a HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n", "301", "https://[2001:db8::1]:8443/a")]
    [InlineData("POST /a HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 0\r\n", "308", "https://shop.example:8443/a")]
    [InlineData("GET http://shop.example HTTP/1.1\r\nHost: x\r\n", "301", "https://shop.example:8443/")]
    [InlineData("GET //evil.example/ HTTP/1.1\r\nHost: shop.example\r\n", "301", "https://shop.example:8443//evil.example/")]
    [InlineData("GET /.well-known/acme-challenge/x HTTP/1.1\r\nHost: shop.example\r\n", "200", null)]
    [InlineData("GET /.well-known/acme-challenge/a..b/.x HTTP/1.1\r\nHost: shop.example\r\n", "200", null)]
    [InlineData("GET /.well-known/acme-challenge/../a HTTP/1.1\r\nHost: shop.example\r\n", "301", "https://shop.example:8443/.well-known/acme-challenge/../a")]
    [InlineData("GET /.well-known/acme-challenge/%2e%2E/a HTTP/1.1\r\nHost: shop.example\r\n", "301", "https://shop.example:8443/.well-known/acme-challenge/%2e%2E/a")]
    [InlineData("GET /.well-known/acme-challenge/..%2fa HTTP/1.1\r\nHost: shop.example\r\n", "301", "https://shop.example:8443/.well-known/acme-challenge/..%2fa")]
    [InlineData("OPTIONS * HTTP/1.1\r\nHost: shop.example\r\n", "200", null)]
    [InlineData("GET /a HTTP/1.0\r\n", "400", null)]
    public async Task Http_Request_IsSentToHttps(string head, string status, string? location)
    {
        await using FrontHost host = await FrontHost.StartAsync(new HttpsRedirect(8443, [MountPlace.At("", "/.well-known/acme-challenge")]));
        string answer = await ExchangeAsync(host, head, status == "200");

        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Equal(location, Value(answer, "Location"));
    }

    [Fact]
    public async Task Https_Request_IsServedAndHasTransportSecurity()
    {
        await using FrontHost host = await FrontHost.StartAsync(
            new ActingPart(static context => context.Facts = context.Facts with { Scheme = "https" }), new AnswerFields([], "max-age=5"), new HttpsRedirect(443, []));
        string answer = await ExchangeAsync(host, "GET /a HTTP/1.1\r\nHost: h\r\n", true);

        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.Equal("max-age=5", Value(answer, "Strict-Transport-Security"));
    }

    [Theory]
    [InlineData("/a", "one, two", null)]
    [InlineData("/static/x", "one, two", "max-age=60")]
    public async Task Fields_OfAllAnswers_ReplaceAndRemove(string path, string expected, string? cache)
    {
        await using FrontHost host = await FrontHost.StartAsync(
            new AnswerFields([Field("X-Test: one"), Field("X-Test: two"), Field("Content-Type:"), Field("/static: Cache-Control: max-age=60")], "max-age=5"));
        string answer = await ExchangeAsync(host, $"GET {path} HTTP/1.1\r\nHost: h\r\n", true);

        Assert.Equal(expected, string.Join(", ", answer.Split("\r\n").Where(static line => line.StartsWith("X-Test: ", StringComparison.Ordinal)).Select(static line => line[8..])));
        Assert.Equal((null, cache, null), (Value(answer, "Content-Type"), Value(answer, "Cache-Control"), Value(answer, "Strict-Transport-Security")));
    }

    [Fact]
    public async Task Fields_OfTheFrontsOwnAnswers_AreThereToo()
    {
        await using FrontHost host = await FrontHost.StartAsync(
            new AnswerFields([Field("X-Test: 1")], null), new PathRedirects([Redirect("/old/*=/new/*,308")]));
        string answer = await ExchangeAsync(host, "GET /old/x?y HTTP/1.1\r\nHost: h\r\n", false);

        Assert.StartsWith("HTTP/1.1 308 ", answer, StringComparison.Ordinal);
        Assert.Equal(("1", "/new/x?y"), (Value(answer, "X-Test"), Value(answer, "Location")));
        Assert.Equal((301, 308), (Redirection.PermanentFor("HEAD"), Redirection.PermanentFor("PUT")));
    }

    private static HostPattern Pattern(string text)
    {
        Assert.Null(HostPattern.Read(text, out HostPattern pattern));
        return pattern;
    }

    private static FieldRule Field(string text)
    {
        Assert.Null(FieldRule.Read(text, out FieldRule rule));
        return rule;
    }

    private static RedirectRule Redirect(string text)
    {
        Assert.Null(RedirectRule.Read(text, out RedirectRule rule));
        return rule;
    }

    private static string? Value(string answer, string name)
        => answer.Split("\r\n").FirstOrDefault(line => line.StartsWith(name + ": ", StringComparison.OrdinalIgnoreCase))?[(name.Length + 2)..];

    private static async Task<string> ExchangeAsync(FrontHost host, string head, bool isServed)
    {
        using RawClient client = host.Connect();
        await client.SendAsync(head + "Connection: close\r\n\r\n");
        if (isServed)
        {
            SentRequest request = await host.Worker.NextRequestAsync();
            host.Worker.Respond(request.Id, 200, "ok");
        }

        return await FrontHost.ReadUntilCutAsync(client);
    }
}
