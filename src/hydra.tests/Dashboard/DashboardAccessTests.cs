using System.Net;
using Hydra.Dashboard;
using Hydra.Primitives;
using Hydra.Tests.Dispatch;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Hydra.Tests.Dashboard;

public sealed class DashboardAccessTests
{
    private const string Token = "0123456789abcdef";

    private readonly ManualTime _time = new();

    [Theory]
    [InlineData("localhost:9100", true)]
    [InlineData("LOCALHOST", true)]
    [InlineData("127.0.0.1:9100", true)]
    [InlineData("10.1.2.3", true)]
    [InlineData("[::1]:9100", true)]
    [InlineData("[2001:db8::1]", true)]
    [InlineData("hydra.example:9100", true)]
    [InlineData("hydra.example.", true)]
    [InlineData("evil.example:9100", false)]
    [InlineData("hydra.example.evil.example", false)]
    [InlineData("localhost.evil.example", false)]
    [InlineData("127.0.0.1.evil.example", false)]
    [InlineData("2130706433", false)]
    [InlineData("0x7f.1", false)]
    [InlineData("foo.localhost", false)]
    [InlineData("", false)]
    public void Check_Host_IsAnAddressOrANameThatIsMeant(string host, bool isKnown)
    {
        DashboardRefusal? refusal = Access().Check(Request(host), DashboardWish.Page);

        Assert.Equal(isKnown ? null : 403, refusal?.Status);
    }

    [Theory]
    [InlineData(null, null, null, DashboardWish.Act, true)]
    [InlineData("http://localhost:9100", "same-origin", "cors", DashboardWish.Act, true)]
    [InlineData("https://localhost:9100", null, null, DashboardWish.Act, true)]
    [InlineData("http://localhost:8000", null, null, DashboardWish.Act, false)]
    [InlineData("http://localhost", null, null, DashboardWish.Act, false)]
    [InlineData("http://evil.example", null, null, DashboardWish.Act, false)]
    [InlineData("null", null, null, DashboardWish.Act, false)]
    [InlineData(null, "same-site", "cors", DashboardWish.Act, false)]
    [InlineData(null, "cross-site", "no-cors", DashboardWish.Read, false)]
    [InlineData(null, "cross-site", "navigate", DashboardWish.Read, false)]
    [InlineData(null, "none", "navigate", DashboardWish.Read, true)]
    [InlineData(null, "cross-site", "navigate", DashboardWish.Page, true)]
    [InlineData(null, "cross-site", "no-cors", DashboardWish.Page, false)]
    public void Check_WhatABrowserSaysOfItsPage_IsHeldAgainstTheHost(string? origin, string? site, string? mode, object wish, bool isTaken)
    {
        HttpContext context = Request("localhost:9100", Token, ("Origin", origin), ("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode));

        Assert.Equal(isTaken ? null : 403, Access().Check(context, (DashboardWish)wish)?.Status);
    }

    [Theory]
    [InlineData(DashboardWish.Page, false, null, null)]
    [InlineData(DashboardWish.Read, true, null, null)]
    [InlineData(DashboardWish.Read, false, null, 401)]
    [InlineData(DashboardWish.Read, false, Token, null)]
    [InlineData(DashboardWish.Read, true, "wrong", 401)]
    [InlineData(DashboardWish.Act, true, null, 401)]
    [InlineData(DashboardWish.Act, true, "wrong", 401)]
    [InlineData(DashboardWish.Act, true, Token, null)]
    [InlineData(DashboardWish.Act, false, Token, null)]
    public void Check_Token_IsNeededToActAndElsewhereToRead(object wish, bool isLocal, string? token, int? status)
        => Assert.Equal(status, Access(isLocal).Check(Request("127.0.0.1:9100", token), (DashboardWish)wish)?.Status);

    [Theory]
    [InlineData("hydra.example", null)]
    [InlineData("10.1.2.3", null)]
    [InlineData("localhost", "X-Forwarded-For")]
    [InlineData("localhost", "Forwarded")]
    [InlineData("localhost", "Via")]
    public void Check_ReadingThroughAProxy_NeedsTheTokenOnALocalAddressToo(string host, string? field)
    {
        HttpContext context = Request(host, null, (field ?? "X", "1"));

        Assert.Equal(401, Access().Check(context, DashboardWish.Read)?.Status);
    }

    [Fact]
    public void Check_ManyWrongTokens_AreToldToWaitAndTheRightOneIsNot()
    {
        DashboardAccess access = Access();
        for (int i = 1; i < TokenGuesses.Most; i++)
        {
            DashboardRefusal wrong = access.Check(Request("localhost", "wrong"), DashboardWish.Act)!;
            Assert.Equal((401, true), (wrong.Status, wrong.IsGuess));
        }

        Assert.Equal(429, access.Check(Request("localhost", "wrong"), DashboardWish.Act)!.Status);
        DashboardRefusal refusal = access.Check(Request("localhost", "wrong"), DashboardWish.Act)!;
        Assert.Equal((429, TokenGuesses.Span), (refusal.Status, refusal.RetryAfter));
        Assert.Null(access.Check(Request("localhost", Token), DashboardWish.Act));
        Assert.Equal(401, access.Check(Request("localhost", "wrong", peer: "10.0.0.9"), DashboardWish.Act)!.Status);
        _time.Advance(TokenGuesses.Span);
        Assert.Equal(401, access.Check(Request("localhost", "wrong"), DashboardWish.Act)!.Status);
    }

    [Fact]
    public void PeerOf_Addresses_AreOneForANetworkOfIPv6()
    {
        Assert.Equal("10.0.0.1", DashboardAccess.PeerOf(IPAddress.Parse("::ffff:10.0.0.1")));
        Assert.Equal(DashboardAccess.PeerOf(IPAddress.Parse("2001:db8::1")), DashboardAccess.PeerOf(IPAddress.Parse("2001:db8::ffff")));
        Assert.NotEqual(DashboardAccess.PeerOf(IPAddress.Parse("2001:db8::1")), DashboardAccess.PeerOf(IPAddress.Parse("2001:db8:0:1::1")));
        Assert.Equal("", DashboardAccess.PeerOf(null));
    }

    private static DefaultHttpContext Request(string host, string? token = null, params (string Name, string? Value)[] fields) => Request(host, token, "127.0.0.1", fields);

    private static DefaultHttpContext Request(string host, string? token, string peer, params (string Name, string? Value)[] fields)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse(peer);
        context.Request.Headers.Host = host;
        foreach ((string name, string? value) in fields.Append((DashboardAccess.TokenField, token)))
        {
            if (value is not null)
            {
                context.Request.Headers[name] = value;
            }
        }

        return context;
    }

    private DashboardAccess Access(bool isLocal = true)
    {
        Assert.Null(HostPattern.Read("hydra.example", out HostPattern named));
        return new DashboardAccess(new DashboardToken(Token), [named], new TokenGuesses(_time)) { IsLocal = isLocal };
    }
}
