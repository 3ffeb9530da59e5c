using System.Text;
using Hydra.Transport;
using Xunit;

namespace Hydra.Tests.Transport;

public sealed class HostRulesTests
{
    [Theory]
    [InlineData("", true)]
    [InlineData("a", true)]
    [InlineData("a.b-c.example", true)]
    [InlineData("127.0.0.1:8000", true)]
    [InlineData("a:", true)]
    [InlineData("a:65535", true)]
    [InlineData("a:0000080", true)]
    [InlineData("a:65536", false)]
    [InlineData("a:99999", false)]
    [InlineData("a:4294967376", false)]
    [InlineData("[::1]:65536", false)]
    [InlineData("a_b~c!$&'()*+;=", true)]
    [InlineData("%2Frun%2fa.sock", true)]
    [InlineData("[::]", true)]
    [InlineData("[::]:8000", true)]
    [InlineData("[::1]:", true)]
    [InlineData("[::ffff:1.2.3.4]", true)]
    [InlineData("[fe80::1%25eth0]", true)]
    [InlineData("[fe80::1%eth0]:80", true)]
    [InlineData("[v1.foo]", true)]
    [InlineData("[vA.a:b]:1", true)]
    [InlineData(":80", false)]
    [InlineData("a:b", false)]
    [InlineData("a:80:80", false)]
    [InlineData("a b", false)]
    [InlineData("a,b", false)]
    [InlineData("a, b", false)]
    [InlineData("user@a", false)]
    [InlineData("\u00e4", false)]
    [InlineData("a/b", false)]
    [InlineData("a?b", false)]
    [InlineData("%", false)]
    [InlineData("%2", false)]
    [InlineData("%zz", false)]
    [InlineData("[]", false)]
    [InlineData("[::1", false)]
    [InlineData("[::1]a", false)]
    [InlineData("[1.2.3.4]", false)]
    [InlineData("[::1%]", false)]
    [InlineData("[::g]", false)]
    [InlineData("[v.a]", false)]
    [InlineData("[v1.]", false)]
    [InlineData("[v1]", false)]
    [InlineData("::1", false)]
    public void IsValid_Host_IsANameOrAnAddress(string host, bool expected)
    {
        Assert.Equal(expected, HostRules.IsValid(Encoding.Latin1.GetBytes(host), takesPath: false));
        Assert.True(expected || !HostRules.IsPlain(Encoding.Latin1.GetBytes(host)));
    }

    [Theory]
    [InlineData("/run/a.sock", true)]
    [InlineData("/run/\u00e4", false)]
    [InlineData("/run/a b", false)]
    [InlineData("/a,/b", false)]
    [InlineData("u@/b", false)]
    [InlineData("a b", false)]
    public void IsValid_OnAUnixSocket_MayBeAPath(string host, bool expected)
        => Assert.Equal(expected, HostRules.IsValid(Encoding.Latin1.GetBytes(host), takesPath: true));

    [Theory]
    [InlineData("a:", false)]
    [InlineData(":1", false)]
    [InlineData("a_b", false)]
    [InlineData("a:1", true)]
    [InlineData("", true)]
    public void IsPlain_WhatKestrelTakesToo_IsPlain(string host, bool expected) => Assert.Equal(expected, HostRules.IsPlain(Encoding.Latin1.GetBytes(host)));
}
