using Hydra.Primitives;
using Xunit;

namespace Hydra.Tests.Primitives;

public sealed class HostPatternTests
{
    [Theory]
    [InlineData("example.org", "example.org", true)]
    [InlineData("Example.org", "EXAMPLE.org.", true)]
    [InlineData("example.org", "a.example.org", false)]
    [InlineData("*.example.org", "a.b.example.org", true)]
    [InlineData("*.example.org", "example.org", false)]
    [InlineData("*.example.org", "evilexample.org", false)]
    [InlineData(".example.org", "example.org", true)]
    [InlineData(".example.org", "a.example.org", true)]
    [InlineData(".example.org", ".example.org", false)]
    [InlineData("*", "", true)]
    [InlineData("*", "any", true)]
    [InlineData("example.org", "", false)]
    [InlineData("::1", "[::1]", true)]
    [InlineData("[::1]", "[::1]", true)]
    [InlineData("10.0.0.7", "10.0.0.7", true)]
    [InlineData("b\u00fccher.example", "xn--bcher-kva.example", true)]
    public void Takes_Host_IsWhatThePatternSays(string text, string host, bool expected)
    {
        Assert.Null(HostPattern.Read(text, out HostPattern pattern));
        Assert.Equal(expected, pattern.Takes(host));
    }

    [Theory]
    [InlineData("example.org:80")]
    [InlineData("http://example.org")]
    [InlineData("a..b")]
    [InlineData("*.")]
    [InlineData("a*b")]
    [InlineData("")]
    public void Read_WhatIsNone_IsASentence(string text) => Assert.Contains("is no host", HostPattern.Read(text, out _), StringComparison.Ordinal);
}
