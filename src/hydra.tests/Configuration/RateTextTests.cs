using Hydra.Configuration;
using Hydra.Primitives;
using Xunit;

namespace Hydra.Tests.Configuration;

/// <summary>How rates are written, on the command line and in a variable.</summary>
public sealed class RateTextTests
{
    [Theory]
    [InlineData("100/s", "", 100, 1, 100)]
    [InlineData(" 5 / min ", "", 5, 60, 5)]
    [InlineData("1000/h,burst=20", "", 1000, 3600, 20)]
    [InlineData("/login: 5/m", "/login", 5, 60, 5)]
    [InlineData("/a:b/:1/s, burst=2", "/a:b/", 1, 1, 2)]
    [InlineData("/: 1/s", "", 1, 1, 1)]
    public void Read_Rate_IsTaken(string text, string path, int count, int seconds, int burst)
    {
        Assert.Null(RateText.Read(text, out RateLimit limit));
        Assert.Equal(new RateLimit(path, count, TimeSpan.FromSeconds(seconds), burst), limit);
    }

    [Theory]
    [InlineData("100")]
    [InlineData("0/s")]
    [InlineData("-1/s")]
    [InlineData("1/d")]
    [InlineData("/login")]
    [InlineData("/login: 5")]
    [InlineData("5/m,burst=0")]
    [InlineData("5/m,10")]
    [InlineData("5/m,burst=1,burst=2")]
    [InlineData("")]
    public void Read_WhatIsNone_IsASentence(string text) => Assert.Contains($"\"{text}\"", RateText.Read(text, out _), StringComparison.Ordinal);

    [Theory]
    [InlineData("/x 5/s", "write \"/x: 5/s\".")]
    [InlineData("/x  5/s, burst=9", "write \"/x: 5/s, burst=9\".")]
    [InlineData("/x", "write /x:5/m.")]
    public void Read_PathWithoutAColon_ShowsWhatToWrite(string text, string expected) => Assert.EndsWith(expected, RateText.Read(text, out _), StringComparison.Ordinal);

    [Fact]
    public void Read_AnyText_GivesARateOrASentence()
    {
        var random = new Random(5);
        const string Alphabet = "/sm h019,=burst:-\0é";
        for (int i = 0; i < 20_000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => Alphabet[random.Next(Alphabet.Length)]));
            if (RateText.Read(text, out RateLimit limit) is null)
            {
                Assert.InRange(limit.Count, 1, RateText.Most);
                Assert.InRange(limit.Burst, 1, RateText.Most);
            }
        }
    }

    [Fact]
    public void Option_SeveralInAVariable_AreThoseOfTheCommandLine()
    {
        LimitOptions given = Parsing.Run("main:app", "--rate-limit", "100/s,burst=200", "--rate-limit", "/login: 5/m").Server.Limits;
        LimitOptions variable = Parsing.Run(Parsing.Windowless, [("HYDRA_RATE_LIMIT", "100/s,burst=200 /login:5/m")], "main:app").Server.Limits;

        Assert.Equal([new RateLimit("", 100, TimeSpan.FromSeconds(1), 200), new RateLimit("/login", 5, TimeSpan.FromMinutes(1), 5)], given.Rates);
        Assert.Equal(given.Rates, variable.Rates);
    }

    [Theory]
    [InlineData("X-API-Key", "X-API-Key")]
    [InlineData("header:X-API-Key", "X-API-Key")]
    [InlineData("address", null)]
    public void Option_RateLimitBy_IsAFieldOrTheAddress(string text, string? expected)
        => Assert.Equal(expected, Parsing.Run("main:app", "--rate-limit-by", text).Server.Limits.RateBy);

    [Fact]
    public void Option_RateLimitByWhatIsNoName_IsRefused()
        => Assert.Contains("nor the name of a header field", Assert.Single(Parsing.Errors("main:app", "--rate-limit-by", "a b")), StringComparison.Ordinal);

    [Fact]
    public void Option_NamesOfOthers_AreTaken()
    {
        LimitOptions limits = Parsing.Run("main:app", "--maxconn", "3", "--maxconnperip", "2", "--maxreqperconn", "1").Server.Limits;

        Assert.Equal((3, 2, 1), (limits.Connections, limits.ConnectionsPerAddress, limits.RequestsPerConnection));
        Assert.Equal(1024, Parsing.Run("main:app", "--maxreqsize", "1k").Applications[0].Bodies.Limit);
    }
}
