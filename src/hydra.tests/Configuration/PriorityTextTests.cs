using Hydra.Configuration;
using Hydra.Primitives;
using Xunit;

namespace Hydra.Tests.Configuration;

/// <summary>How --priority and --queue-fair are written.</summary>
public sealed class PriorityTextTests
{
    [Theory]
    [InlineData("/health=high", "/health", "High")]
    [InlineData(" /export/* = low ", "/export", "Low")]
    [InlineData("/export/=normal", "/export", "Normal")]
    [InlineData("example.org/x=HIGH", "example.org/x", "High")]
    [InlineData("/a=b=low", "/a=b", "Low")]
    [InlineData("/*=low", "/", "Low")]
    [InlineData("intranet/=low", "intranet", "Low")]
    [InlineData("*.example.org/a=low", "*.example.org/a", "Low")]
    public void Read_Rule_IsTaken(string text, string place, string priority)
    {
        Assert.Null(PriorityText.Read(text, out PriorityRule rule));
        Assert.Equal((place, priority), (rule.Place.ToString(), rule.Priority.ToString()));
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("=high")]
    [InlineData("/health=urgent")]
    [InlineData("/a/../b=high")]
    [InlineData("/a/*/b=high")]
    [InlineData("/a*=high")]
    [InlineData("health=high")]
    [InlineData("")]
    public void Read_WhatIsNone_IsASentence(string text) => Assert.NotNull(PriorityText.Read(text, out _));

    [Fact]
    public void Parse_Options_AreOfEachApplication()
    {
        IReadOnlyList<ApplicationOptions> applications = Parsing.Run(
            "main:app", "--priority", "/health=high", "--priority", "/export=low", "--queue-fair", "client", "--mount", "/b=b:app,queue-fair=off,priority=/b/x=low").Applications;

        Assert.Equal(["/health", "/export"], applications[0].Queue.Priorities.Select(static rule => rule.Place.ToString()));
        Assert.Equal(new AffinitySource(AffinityKind.Client), applications[0].Queue.FairBy);
        Assert.Equal("/b/x", applications[1].Queue.Priorities[^1].Place.ToString());
        Assert.Null(applications[1].Queue.FairBy);
    }
}
