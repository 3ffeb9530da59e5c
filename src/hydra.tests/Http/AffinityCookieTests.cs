using System.Text;
using Hydra.Http;
using Hydra.Tests.Http.Fakes;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>The cookie that the front makes itself.</summary>
public sealed class AffinityCookieTests
{
    private static readonly byte[] Secret = [1, 2, 3];

    private readonly AffinityCookie _cookie = new("lb", Secret);

    [Fact]
    public void TryRead_WhatWasWritten_IsTheNumberAgain()
    {
        byte[] number = _cookie.ReadOrMake(Request());

        Assert.True(_cookie.TryRead(_cookie.Write(number), out byte[] read));
        Assert.Equal(number, read);
        Assert.Equal(number, _cookie.ReadOrMake(Request($"a=b; lb=forged; lb={_cookie.Write(number)}")));
    }

    [Fact]
    public void ReadOrMake_ClientWithoutOne_GetsANewOneEachTime()
        => Assert.NotEqual(_cookie.ReadOrMake(Request()), _cookie.ReadOrMake(Request()));

    [Fact]
    public void TryRead_OfAnotherSecretNameOrNumber_IsNone()
    {
        byte[] number = _cookie.ReadOrMake(Request());
        byte[] other = _cookie.ReadOrMake(Request());
        string value = _cookie.Write(number);

        Assert.False(new AffinityCookie("lb", [3, 2, 1]).TryRead(value, out _));
        Assert.False(new AffinityCookie("lb2", Secret).TryRead(value, out _));
        Assert.False(_cookie.TryRead(Encoding.ASCII.GetString(other) + value[value.IndexOf('.', StringComparison.Ordinal)..], out _));
        for (int i = 0; i < value.Length; i++)
        {
            Assert.False(_cookie.TryRead(value[..i], out _));
            Assert.False(_cookie.TryRead(value[..i] + (value[i] == 'A' ? 'B' : 'A') + value[(i + 1)..], out _), $"{i}");
        }

        Assert.False(_cookie.TryRead("\u00e4." + value, out _));
        Assert.False(_cookie.TryRead("", out _));
    }

    private static RequestContext Request(string? cookie = null)
        => ExchangeSetup.Accept(new FakeRequest("GET", "/", cookie is null ? [("Host", "h")] : [("Host", "h"), ("Cookie", cookie)]));
}
