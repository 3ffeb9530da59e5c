using Hydra.Configuration;
using Xunit;

namespace Hydra.Tests.Configuration;

/// <summary>--mount: further applications.</summary>
public sealed class MountsTests
{
    [Fact]
    public void Parse_Mounts_FollowTheApplication()
    {
        IReadOnlyList<ApplicationOptions> applications = Parsing.Run("main:app", "--mount", "/api=shop.api:app", "--mount=example.org=old.wsgi").Applications;

        Assert.Equal(["main:app", "shop.api:app", "old.wsgi"], applications.Select(static application => application.App));
        Assert.Equal(["/", "/api", "example.org"], applications.Select(static application => application.Place.ToString()));
    }

    [Fact]
    public void Parse_MountsAlone_NeedNoOtherApplication()
    {
        ApplicationOptions only = Assert.Single(Parsing.Run("--mount", "/api=shop.api:app").Applications);

        Assert.Equal(("shop.api:app", "/api"), (only.App, only.Place.ToString()));
    }

    [Fact]
    public void Parse_OptionsOfAll_HoldForMountsThatHaveNoneOfTheirOwn()
    {
        IReadOnlyList<ApplicationOptions> applications = Parsing.Run(
            "--mount", "/b=b:app,workers=1,env=B=2,limit-body=1k,interface=wsgi,name=bee,factory,no-preload",
            "main:app", "-w", "3", "--preload", "--env", "A=1", "--interface", "asgi", "--name", "main", "--lifespan", "on", "--threads", "4",
            "--mount", "/c=c:app").Applications;

        ApplicationOptions b = applications[1];
        Assert.Equal((1, 4, "wsgi", "bee", true, false), (b.Workers.Count, b.Python.Threads, b.Interface, b.Name, b.Factory, b.Python.Preload));
        Assert.Equal(1024, b.Bodies.Limit);
        Assert.Equal(["A=1", "B=2"], b.Variables.Select(static pair => $"{pair.Key}={pair.Value}"));
        ApplicationOptions c = applications[2];
        Assert.Equal((3, 4, "auto", "", false, true), (c.Workers.Count, c.Python.Threads, c.Interface, c.Name, c.Factory, c.Python.Preload));
        Assert.Equal(Lifespan.Auto, c.Lifespan);
        Assert.Equal(["A=1"], c.Variables.Select(static pair => $"{pair.Key}={pair.Value}"));
        Assert.Equal(Lifespan.On, applications[0].Lifespan);
    }

    [Fact]
    public void Parse_LastOfAnOption_Counts()
        => Assert.Equal(5, Parsing.Run("--mount", "/a=a:app,workers=2,workers=5").Applications[0].Workers.Count);

    [Fact]
    public void Parse_CommasBetweenParentheses_AreAFactorysArguments()
    {
        ApplicationOptions options = Parsing.Run("--mount", "/a=a:create(\"x\",workers=7),workers=2").Applications[0];

        Assert.Equal(("a:create(\"x\",workers=7)", 2), (options.App, options.Workers.Count));
    }

    [Fact]
    public void Parse_Program_TakesNothingOfPythonFromTheOthers()
    {
        ApplicationOptions program = Parsing.Run(
            "main:app", "--preload", "--threads", "4", "--on-worker-exit", "a:b", "--mount", "/grafana=node server.js --list=a,b,interface=proxy,workers=2").Applications[1];

        Assert.Equal(["node", "server.js", "--list=a,b"], program.Command);
        Assert.Equal((2, false, 1, ""), (program.Workers.Count, program.Python.Preload, program.Python.Threads, program.OnWorkerExit));
    }

    [Theory]
    [InlineData("/api", "\"/api\" is not of the form PLACE=MODULE:ATTR, such as /api=shop.api:app.")]
    [InlineData("=a:app", "\"=a:app\" is not of the form PLACE=MODULE:ATTR, such as /api=shop.api:app.")]
    [InlineData("/api=a.py:app", "\"a.py:app\" names a file; name the module: \"a:app\".")]
    [InlineData("/api/*=a:app", "\"/api/*\" has a *, which stands for nothing in a path here: write /api, which takes all that is below it, too.")]
    [InlineData("/api=a:app,wokers=2", "wokers is not an option; did you mean workers?")]
    [InlineData("/api=a:app,", "\"a:app,\" ends with a comma that nothing follows.")]
    [InlineData("/api=a:app,workers=0", "workers: \"0\" is neither a whole number from 1 to 1024, nor \"auto\", nor a range such as 1:4.")]
    [InlineData("/api=a:app,workers", "workers needs a value: workers=N|auto|MIN:MAX.")]
    [InlineData("/api=a:app,preload=yes", "preload takes no value.")]
    [InlineData("/api=a:app,port=80", "port is the server's, not an application's: give it as --port.")]
    [InlineData("/api=a:app,app=b:app", "app cannot be said within a mount.")]
    [InlineData("example.org:80=a:app", "\"example.org:80\" has a port: a mount is at a host's name, whatever port the server listens at.")]
    public void Parse_OtherText_SaysWhatIsWrong(string text, string problem)
        => Assert.Equal($"--mount (command line): {problem}", Assert.Single(Parsing.Errors("main:app", "--mount", text)));

    [Fact]
    public void Parse_MountThatPreloadsWithoutAUnixSocket_IsRefused()
        => Assert.Contains("--preload needs", Assert.Single(Parsing.Errors("main:app", "--worker-transport", "tcp", "--mount", "/a=a:app,preload")), StringComparison.Ordinal);
}
