using Hydra.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>Heads of HTTP/2 that could not have come by HTTP/1.1 (RFC 9113, section 8.2).</summary>
public sealed class MultiplexedRulesTests
{
    [Theory]
    [InlineData("/x?a=%20b", "x-a", "1", false)]
    [InlineData("*", "Content-Length", "5", false)]
    [InlineData("/x", "te", "trailers", false)]
    [InlineData("/x", "te", "gzip", true)]
    [InlineData("/x", "x-real-ip: 6.6.6.6", "z", true)]
    [InlineData("/x", "x y", "1", true)]
    [InlineData("/x", "x\ty", "1", true)]
    [InlineData("/x", "content-length: 5 ", "5", true)]
    [InlineData("/x", "x\u00e9", "1", true)]
    [InlineData("/x", "transfer-encoding", "chunked", true)]
    [InlineData("/x", "Keep-Alive", "5", true)]
    [InlineData("/x", "upgrade", "h2c", true)]
    [InlineData("/x", "proxy-connection", "close", true)]
    [InlineData("/x", "x", "a b\tc", false)]
    [InlineData("/x", "x", "\u00e9\u0080", false)]
    [InlineData("/x", "x", "", false)]
    [InlineData("/x", "x", "a\u0001b", true)]
    [InlineData("/x", "x", "a\u007f", true)]
    [InlineData("/x", "x", " a", true)]
    [InlineData("/x", "x", "a\t", true)]
    [InlineData("", "a", "1", true)]
    [InlineData("/x HTTP/1.1", "a", "1", true)]
    [InlineData("/x\ty", "a", "1", true)]
    [InlineData("/\u00ff", "a", "1", true)]
    [InlineData("/\u007f", "a", "1", true)]
    public void Break_TargetAndField_AreHeldAgainstTheRules(string target, string name, string value, bool breaks)
    {
        IHttpRequestFeature request = new HttpRequestFeature { Scheme = "http", RawTarget = target, Headers = new HeaderDictionary { [name] = value } };

        Assert.Equal(breaks, MultiplexedRules.Break(request));
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("", true)]
    [InlineData("test", false)]
    public void LacksHost_Head_NamesOne(string? host, bool expected)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.Host = host;
        Assert.Equal(expected, MultiplexedRules.LacksHost(context.Request));
    }

    [Theory]
    [InlineData("http", false, false)]
    [InlineData("https", false, false)]
    [InlineData("https", true, false)]
    [InlineData("http", true, true)]
    [InlineData("ftp", false, true)]
    public void Break_Scheme_IsOneOfHttpAndOverTlsItsOwn(string scheme, bool isTls, bool breaks)
        => Assert.Equal(breaks, MultiplexedRules.Break(new HttpRequestFeature { Scheme = scheme, RawTarget = "/" }, isTls));
}
