using System.Net;
using Hydra.Configuration;
using Hydra.Primitives;
using Xunit;

namespace Hydra.Tests.Configuration;

public sealed class ProxyOptionsTests
{
    [Theory]
    [InlineData("--proxy-protocol main:app", "One, Two")]
    [InlineData("--proxy-protocol v1 main:app", "One")]
    [InlineData("--proxy-protocol=v2 main:app", "Two")]
    [InlineData("--proxy-protocol off main:app", "None")]
    [InlineData("main:app --proxy-protocol", "One, Two")]
    [InlineData("main:app", "None")]
    public void Parse_ProxyProtocol_NeedsNoValue(string arguments, string expected)
    {
        HydraOptions options = Parsing.Run(arguments.Split(' '));

        Assert.Equal(("main:app", expected), (options.Applications[0].App, options.Server.Proxies.Versions.ToString()));
    }

    [Fact]
    public void Parse_ListOfPeers_TakesThePlaceOfTheDefault()
    {
        ProxyOptions options = Parsing.Run("--forwarded-allow-ips", "10.0.0.0/8, 192.168.1.1", "main:app").Server.Proxies;

        Assert.True(options.Trusted.Contains(IPAddress.Parse("10.1.2.3")));
        Assert.False(options.Trusted.Contains(IPAddress.Loopback));
        Assert.False(options.Trusted.HasUnix);
        Assert.Equal(PeerList.Local, options.ProtocolPeers);
    }

    [Theory]
    [InlineData("for,proto,X-Forwarded-Host", "For, Proto, Host")]
    [InlineData("forwarded for", "For, Standard")]
    public void Parse_ForwardedFields_AreThoseThatAreNamed(string text, string expected)
        => Assert.Equal(expected, Parsing.Run("--forwarded-fields", text, "main:app").Server.Proxies.Aspects.ToString());

    [Theory]
    [InlineData("--forwarded-allow-ips", "proxy", "\"proxy\" is neither an address")]
    [InlineData("--proxy-allow-from", "10.0.0.1/8", "is no network")]
    [InlineData("--forwarded-fields", "for,all", "\"all\" is not for, proto")]
    [InlineData("--header-map", "merge", "\"merge\" is not drop")]
    [InlineData("--proxy-protocol=v3", null, "\"v3\" is not off")]
    [InlineData("--allowed-host", "http://x", "is no host")]
    [InlineData("--allowed-host", ",", "names no host")]
    [InlineData("--hsts", "long", "neither a number of seconds")]
    [InlineData("--header", "X", "is not of the form")]
    [InlineData("--redirect", "/a", "is not of the form")]
    [InlineData("--redirect-https-port", "0", "is not a whole number")]
    [InlineData("--redirect-https-except", "health", "does not begin with a slash")]
    public void Parse_WrongValue_IsASentence(string option, string? value, string expected)
    {
        string error = Assert.Single(Parsing.Errors([option, .. value is null ? Array.Empty<string>() : [value], "main:app"]));

        Assert.StartsWith(option.Split('=')[0] + " (command line)", error, StringComparison.Ordinal);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_WhatMayBeRepeated_IsCollected()
    {
        AnswerOptions options = Parsing.Run(
            "--allowed-host", "a,b", "--allowed-host", ".c.example", "--header", "A: 1", "--header", "B:", "--redirect", "/a=/b", "--redirect", "/c=/d,301",
            "--redirect-https-except", "/health", "--hsts", "5", "main:app").Server.Answers;

        Assert.Equal(["a", "b", "c.example"], options.Hosts.Select(static host => host.Name));
        Assert.Equal(["A", "B"], options.Fields.Select(static field => field.Name));
        Assert.Equal([302, 301], options.Redirects.Select(static rule => rule.Status));
        Assert.Equal(["/.well-known/acme-challenge", "/health"], options.PlainPaths.Select(static place => place.Path));
        Assert.Equal("max-age=5", options.TransportSecurity);
    }
}
