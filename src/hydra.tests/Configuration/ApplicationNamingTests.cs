using Hydra.Configuration;
using Xunit;

namespace Hydra.Tests.Configuration;

public sealed class ApplicationNamingTests
{
    [Theory]
    [InlineData("--interface", "proxy", "--app", "node 'my server.js' -v")]
    [InlineData("--app", "node 'my server.js' -v", "--interface", "proxy")]
    [InlineData("node 'my server.js' -v", "--interface=proxy")]
    [InlineData("--interface", "proxy", "--", "node", "my server.js", "-v")]
    public void Parse_Command_IsItsWordsWhereverTheInterfaceIsSaid(params string[] args)
    {
        ApplicationOptions options = Parsing.Run(args).Applications[0];

        Assert.True(options.IsProgram);
        Assert.Equal(["node", "my server.js", "-v"], options.Command);
        Assert.Equal("node 'my server.js' -v", options.App);
    }

    [Fact]
    public void Parse_OneWordBehindTwoDashes_IsACommandOrAnApplication()
    {
        Assert.Equal(["my server"], Parsing.Run("--interface", "proxy", "--", "my server").Applications[0].Command);
        Assert.Equal("main:create(1)", Parsing.Run("--", "main:create(1)").Applications[0].App);
        Assert.Empty(Parsing.Run("--", "main:app").Applications[0].Command);
    }

    [Theory]
    [InlineData("has a quote (') that is not closed", "--interface", "proxy", "--app", "node 'a")]
    [InlineData("the command is empty", "--interface", "proxy", "--app", " ")]
    [InlineData("No command is named", "--interface", "proxy")]
    [InlineData("is a command, which --interface proxy takes", "--", "node", "server.js")]
    [InlineData("A command needs --interface proxy", "--app", "node server")]
    [InlineData("one too many", "--interface", "proxy", "main:app", "--", "node", "server.js")]
    [InlineData("--preload forks workers", "--interface", "proxy", "--preload", "--", "node")]
    [InlineData("--factory calls an attribute", "--interface", "proxy", "--factory", "--", "node")]
    [InlineData("--lifespan on needs", "--interface", "proxy", "--lifespan", "on", "--", "node")]
    [InlineData("--on-worker-exit calls", "--interface", "proxy", "--on-worker-exit", "a:b", "--", "node")]
    public void Parse_CommandThatCannotBe_IsSaid(string expected, params string[] args)
        => Assert.Contains(expected, Assert.Single(Parsing.Errors(args)), StringComparison.Ordinal);

    [Theory]
    [InlineData("--threads", "4")]
    [InlineData("--loop", "uvloop")]
    [InlineData("--speedups", "off")]
    [InlineData("--python", "python3")]
    public void Parse_OptionThatAProgramDoesNotHave_IsAWarning(string option, string value)
    {
        ParseResult.Run run = Assert.IsType<ParseResult.Run>(Parsing.Parse("--interface", "proxy", option, value, "--", "node"));

        Assert.Equal($"{option} says nothing to a program of --interface proxy, and is not used", Assert.Single(run.Warnings));
        Assert.Empty(Assert.IsType<ParseResult.Run>(Parsing.Parse(option, value, "main:app")).Warnings);
    }
}
