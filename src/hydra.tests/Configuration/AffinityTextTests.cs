using Hydra.Configuration;
using Hydra.Primitives;
using Xunit;

namespace Hydra.Tests.Configuration;

/// <summary>How --affinity is written.</summary>
public sealed class AffinityTextTests
{
    [Theory]
    [InlineData("header:X-Tenant", nameof(AffinityKind.Header), "X-Tenant", 0, 0)]
    [InlineData(" Cookie: sessionid ", nameof(AffinityKind.Cookie), "sessionid", 0, 0)]
    [InlineData("query:room", nameof(AffinityKind.Query), "room", 0, 0)]
    [InlineData("client", nameof(AffinityKind.Client), "", 0, 0)]
    [InlineData("path:2", nameof(AffinityKind.Path), "", 2, 2)]
    [InlineData("path:1-3", nameof(AffinityKind.Path), "", 1, 3)]
    public void Read_Source_IsTaken(string text, string kind, string name, int first, int last)
    {
        Assert.Null(AffinityText.Read(text, out AffinitySource? source));
        Assert.Equal(new AffinitySource(Enum.Parse<AffinityKind>(kind), name, first, last), source);
    }

    [Fact]
    public void Read_Off_IsNone()
    {
        Assert.Null(AffinityText.Read("off", out AffinitySource? source));
        Assert.Null(source);
    }

    [Theory]
    [InlineData("")]
    [InlineData("tenant")]
    [InlineData("0")]
    [InlineData("header")]
    [InlineData("header:")]
    [InlineData("header:X Tenant")]
    [InlineData("cookie:a=b")]
    [InlineData("query:")]
    [InlineData("path")]
    [InlineData("path:0")]
    [InlineData("path:33")]
    [InlineData("path:2-1")]
    [InlineData("path:-1")]
    [InlineData("client:x")]
    [InlineData("off:x")]
    public void Read_WhatIsNone_IsASentence(string text) => Assert.Contains($"\"{text}\"", AffinityText.Read(text, out _), StringComparison.Ordinal);

    [Fact]
    public void Parse_Options_AreOfEachApplication()
    {
        IReadOnlyList<ApplicationOptions> applications = Parsing.Run(
            "main:app", "--affinity", "header:x-a", "--affinity-wait", "250ms",
            "--mount", "/b=b:app,affinity=cookie:lb,affinity-cookie,affinity-secret=0123456789abcdef,affinity-wait=0", "--mount", "/c=c:app,affinity=off").Applications;

        Assert.Equal((new AffinitySource(AffinityKind.Header, "x-a"), TimeSpan.FromMilliseconds(250)), (applications[0].Affinity.Source, applications[0].Affinity.Wait));
        AffinityOptions b = applications[1].Affinity;
        Assert.Equal(new AffinityOptions { Source = new AffinitySource(AffinityKind.Cookie, "lb"), MakesCookie = true, Secret = "0123456789abcdef", Wait = TimeSpan.Zero }, b);
        Assert.Null(applications[2].Affinity.Source);
    }

    [Fact]
    public void Parse_CookieOfTheServerAndAPoolWithOtherKeys_GoTogether()
        => Assert.Equal(
            [AffinityKind.Cookie, AffinityKind.Path],
            Parsing.Run("main:app", "--affinity", "cookie:lb", "--affinity-cookie", "--pool", "slow:/x=1,affinity=path:2").Applications.Select(static one => one.Affinity.Source!.Kind));

    [Theory]
    [InlineData("give both", "--affinity-cookie")]
    [InlineData("give both", "--affinity", "client", "--affinity-cookie")]
    [InlineData("fewer than 16", "--affinity", "cookie:lb", "--affinity-cookie", "--affinity-secret", "short")]
    public void Parse_WhatDoesNotGoTogether_IsASentence(string expected, params string[] arguments)
        => Assert.Contains(expected, Assert.Single(Parsing.Errors(["main:app", .. arguments])), StringComparison.Ordinal);
}
