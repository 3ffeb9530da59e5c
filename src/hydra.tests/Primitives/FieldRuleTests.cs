using Hydra.Primitives;
using Xunit;

namespace Hydra.Tests.Primitives;

public sealed class FieldRuleTests
{
    [Theory]
    [InlineData("X-A: b", "", "X-A", "b")]
    [InlineData("X-A:b: c", "", "X-A", "b: c")]
    [InlineData("Server:", "", "Server", null)]
    [InlineData("/static: Cache-Control: max-age=60", "/static", "Cache-Control", "max-age=60")]
    [InlineData("/static/*: X-A: b", "/static", "X-A", "b")]
    [InlineData("/: X-A: b", "", "X-A", "b")]
    public void Read_Rule_HasItsParts(string text, string path, string name, string? value)
    {
        Assert.Null(FieldRule.Read(text, out FieldRule rule));
        Assert.Equal((path, name, value), (rule.Place.Path, rule.Name, rule.Value));
    }

    [Theory]
    [InlineData("X-A", "is not of the form")]
    [InlineData("X A: b", "is not of the form")]
    [InlineData(": b", "is not of the form")]
    [InlineData("/a X-A:b", "is not of the form")]
    [InlineData("Content-Length: 1", "for the server to say")]
    [InlineData("X-A: a\u0001b", "no field may have")]
    [InlineData("X-A: \u20ac", "no field may have")]
    public void Read_WhatIsNone_IsASentence(string text, string expected) => Assert.Contains(expected, FieldRule.Read(text, out _), StringComparison.Ordinal);
}
