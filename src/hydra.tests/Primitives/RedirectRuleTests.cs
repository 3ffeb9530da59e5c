using Hydra.Primitives;
using Xunit;

namespace Hydra.Tests.Primitives;

public sealed class RedirectRuleTests
{
    [Theory]
    [InlineData("/old=/new", "/old", "", "/new")]
    [InlineData("/old=/new", "/old", "a=1", "/new?a=1")]
    [InlineData("/old=/new?b", "/old", "a=1", "/new?b")]
    [InlineData("/old=/new", "/old/", "", null)]
    [InlineData("/old/*=/new/*", "/old/x/y", "q", "/new/x/y?q")]
    [InlineData("/old/*=/new", "/old/x", "", "/new")]
    [InlineData("/old/*=/new/*", "/older", "", null)]
    [InlineData("/old/*=/*", "/old//evil.example", "", "/evil.example")]
    [InlineData("/old/*=/*", "/old/\\evil.example", "", "/evil.example")]
    [InlineData("/docs=https://docs.example/", "/docs", "", "https://docs.example/")]
    public void Target_Path_GoesWhereTheRuleSays(string text, string path, string query, string? expected)
    {
        Assert.Null(RedirectRule.Read(text, out RedirectRule rule));
        Assert.Equal((expected, 302), (rule.Target(path, query), rule.Status));
    }

    [Theory]
    [InlineData("/old=/new,308", 308)]
    [InlineData("/old=/a,b", 302)]
    public void Read_Status_IsWhatFollowsTheComma(string text, int expected)
    {
        Assert.Null(RedirectRule.Read(text, out RedirectRule rule));
        Assert.Equal(expected, rule.Status);
    }

    [Theory]
    [InlineData("/old", "is not of the form")]
    [InlineData("old=/new", "is not of the form")]
    [InlineData("/old=new", "is not of the form")]
    [InlineData("/old=/new/*", "is not of the form")]
    [InlineData("/old/*=https://new.example*", "leaves the host to who asks")]
    [InlineData("/a*b=/new", "is not of the form")]
    [InlineData("/old=/n w", "is not of the form")]
    [InlineData("/old=/new,200", "200 redirects nobody")]
    public void Read_WhatIsNone_IsASentence(string text, string expected) => Assert.Contains(expected, RedirectRule.Read(text, out _), StringComparison.Ordinal);
}
