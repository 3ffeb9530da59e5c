using Hydra.Edge;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Hydra.Tests.Edge;

public sealed class EntityTagTests
{
    [Theory]
    [InlineData("\"abc\"", "W/\"abc\"")]
    [InlineData("W/\"abc\"", "W/\"abc\"")]
    [InlineData("abc", "abc")]
    public void Weaken_Tag_IsWeak(string tag, string expected)
    {
        IHeaderDictionary headers = new HeaderDictionary { ["ETag"] = tag };
        EntityTag.Weaken(headers);
        Assert.Equal(expected, headers.ETag.ToString());
    }

    [Theory]
    [InlineData("W/\"abc\"", "W/\"abc\"")]
    [InlineData("\"abc\"", "\"abc\"")]
    [InlineData("\"x\", W/\"abc\"", "W/\"abc\"")]
    [InlineData("W/\"x\", \"abc\"", "\"abc\"")]
    [InlineData("*", "\"abc\"")]
    [InlineData("", "\"abc\"")]
    public void Follow_WhatTheClientKnows_IsTheFormOfTheTag(string asked, string expected)
    {
        IHeaderDictionary headers = new HeaderDictionary { ["ETag"] = "\"abc\"" };
        EntityTag.Follow(headers, asked);
        Assert.Equal(expected, headers.ETag.ToString());
    }

    [Theory]
    [InlineData("W/\"abc\"", "\"abc\"")]
    [InlineData("W/\"a\", \"b\", W/\"c\"", "\"a\", \"b\", \"c\"")]
    [InlineData("\"abc\"", null)]
    [InlineData("*", null)]
    public void Strengthen_WeakTags_AreStrong(string asked, string? expected) => Assert.Equal(expected, EntityTag.Strengthen(asked));
}
