using Hydra.Configuration;
using Xunit;

namespace Hydra.Tests.Configuration;

/// <summary>--pool: parts of an application with workers of their own.</summary>
public sealed class PoolsTests
{
    [Fact]
    public void Parse_Pool_IsItsApplicationWithWorkersOfItsOwn()
    {
        IReadOnlyList<ApplicationOptions> applications = Parsing.Run(
            "main:app", "-w", "4", "--threads", "3", "--env", "A=1", "--root-path", "/shop", "--pool", "slow:/export/*,/reports=2,threads=8,queue-size=50,env=B=2").Applications;

        Assert.Equal(["", "slow"], applications.Select(static one => one.Pool));
        ApplicationOptions pool = applications[1];
        Assert.Equal(("main:app", "/shop", "/"), (pool.App, pool.RootPath, pool.Place.ToString()));
        Assert.Equal((2, 8, 50), (pool.Workers.Count, pool.Python.Threads, pool.Queue.Size));
        Assert.Equal(["/export", "/reports"], pool.Routes.Select(static place => place.ToString()));
        Assert.Equal(["A=1", "B=2"], pool.Variables.Select(static pair => $"{pair.Key}={pair.Value}"));
        Assert.Equal((4, 3), (applications[0].Workers.Count, applications[0].Python.Threads));
        Assert.Equal(["/"], applications[0].Routes.Select(static place => place.ToString()));
    }

    [Fact]
    public void Parse_PoolBelowAMount_IsAPartOfThatApplication()
    {
        IReadOnlyList<ApplicationOptions> applications = Parsing.Run(
            "main:app", "--mount", "/api=api:app", "--mount", "admin.example=admin:app", "--pool", "a:/api/slow=1", "--pool", "b:admin.example/slow=1:3", "--pool", "c:other.example/apis=auto").Applications;

        Assert.Equal([("a", "api:app"), ("b", "admin:app"), ("c", "main:app")], applications.Skip(3).Select(static one => (one.Pool, one.App)));
        Assert.Equal((1, 3), (applications[4].Workers.Count, applications[4].Workers.Maximum));
        Assert.Equal("/api", applications[3].Place.ToString());
    }

    [Theory]
    [InlineData("slow", "is not of the form")]
    [InlineData("/export=2", "is not of the form")]
    [InlineData("a b:/export=2", "is not of the form")]
    [InlineData("slow:/export", "is not of the form")]
    [InlineData("slow:/*=2", "all of main:app")]
    [InlineData("slow:/a/../b=2", "not a path")]
    [InlineData("slow:/a/*/b=2", "behind the last slash")]
    [InlineData("slow:export=2", "write /export")]
    [InlineData("slow:/a=2,state-memory=1m", "is said of the application")]
    [InlineData("slow:/a=2,state-eviction=lru", "is said of the application")]
    [InlineData("slow:/a=none", "workers")]
    [InlineData("slow:/a=2,interface=wsgi", "is said of the application")]
    [InlineData("slow:/a=2,bind=:80", "is the server's")]
    [InlineData("slow:/a=2,pool=x:/y=1", "cannot be said within a pool")]
    [InlineData("slow:/a,/api/b=2", "several applications")]
    public void Parse_WhatIsNone_IsASentence(string text, string expected)
        => Assert.Contains(expected, Assert.Single(Parsing.Errors("main:app", "--mount", "/api=api:app", "--pool", text)), StringComparison.Ordinal);

    [Fact]
    public void Parse_VariableWithSeveral_HasSpacesBetweenThem()
    {
        IReadOnlyList<ApplicationOptions> applications = Parsing.Run(Parsing.Windowless, [("HYDRA_POOL", "slow:/export/*,/reports=2,threads=8 health:/health=1")], "main:app").Applications;

        Assert.Equal(["", "slow", "health"], applications.Select(static one => one.Pool));
        Assert.Equal(["/export", "/reports"], applications[1].Routes.Select(static place => place.ToString()));
        Assert.Equal(8, applications[1].Python.Threads);
    }

    [Fact]
    public void Parse_TwoOfOneName_IsASentence()
        => Assert.Contains("two pools called slow", Assert.Single(Parsing.Errors("main:app", "--pool", "slow:/a=1", "--pool", "slow:/b=1")), StringComparison.Ordinal);

    [Fact]
    public void OwnOptions_Split_IsAtCommasThatAnOptionFollows()
        => Assert.Equal(["2", "threads=8", "env=A=1,2", "no-preload"], OwnOptions.Split("2,threads=8,env=A=1,2,no-preload"));
}
