using System.Text;
using Hydra.Http;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class HeaderNamesTests
{
    // RFC 9110, section 5.1: names are case-insensitive, so whatever an application writes is the same header.
    [Theory]
    [InlineData("content-type", "Content-Type")]
    [InlineData("CONTENT-LENGTH", "Content-Length")]
    [InlineData("transfer-encoding", "Transfer-Encoding")]
    [InlineData("connection", "Connection")]
    [InlineData("KEEP-alive", "Keep-Alive")]
    [InlineData("proxy-connection", "Proxy-Connection")]
    [InlineData("upgrade", "Upgrade")]
    [InlineData("etag", "ETag")]
    [InlineData("www-authenticate", "WWW-Authenticate")]
    [InlineData("x-request-id", "X-Request-ID")]
    [InlineData("age", "Age")]
    [InlineData("access-control-allow-credentials", "Access-Control-Allow-Credentials")]
    public void Get_UsualNameInAnySpelling_IsOneSharedStringInTheUsualOne(string given, string usual)
    {
        string name = Get(given);

        Assert.Equal(usual, name);
        Assert.Same(name, Get(usual));
        Assert.Same(name, Get(given.ToUpperInvariant()));
    }

    [Theory]
    [InlineData("x-MyHeader")]
    [InlineData("a")]
    [InlineData("conten_-type")]
    [InlineData("content-typf")]
    [InlineData("")]
    [InlineData("access-control-allow-credentialS-and-then-some-more-that-makes-it-longer-than-any-other")]
    [InlineData("x-\u00e4\u00ff")]
    public void Get_AnyOtherName_KeepsTheSpellingOfTheApplication(string given) => Assert.Equal(given, Get(given));

    private static string Get(string name) => HeaderNames.Get(Encoding.Latin1.GetBytes(name));
}
