using Hydra.Configuration;
using Hydra.Primitives;
using Xunit;

namespace Hydra.Tests.Configuration;

public sealed class EnvironmentTests
{
    [Theory]
    [InlineData(null, null, null, 1)]
    [InlineData(null, null, "5", 5)]
    [InlineData(null, "4", "5", 4)]
    [InlineData("3", "4", "5", 3)]
    [InlineData(null, "", "5", 5)]
    [InlineData(null, " ", "", 1)]
    [InlineData("3", "wrong", "wrong", 3)]
    public void Parse_Workers_TakesTheStrongestSource(string? argument, string? own, string? shared, int expected)
    {
        (string, string)[] environment =
        [
            .. own is null ? [] : new[] { ("HYDRA_WORKERS", own) },
            .. shared is null ? [] : new[] { ("WEB_CONCURRENCY", shared) },
        ];
        string[] args = argument is null ? ["main:app"] : ["main:app", "-w", argument];

        Assert.Equal(expected, Parsing.Run(Parsing.Windowless, environment, args).Applications[0].Workers.Count);
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("1", true)]
    [InlineData("YES", true)]
    [InlineData("on", true)]
    [InlineData("false", false)]
    [InlineData("0", false)]
    [InlineData("no", false)]
    [InlineData("Off", false)]
    public void Parse_SwitchInAVariable_TakesTheUsualWords(string text, bool expected)
        => Assert.Equal(expected, Parsing.Run(Parsing.Windowless, [("HYDRA_ACCESS_LOG", text)], "main:app").Server.Logs.Access);

    [Fact]
    public void Parse_SwitchInAVariable_RefusesOtherWords()
        => Assert.Equal(
            "--access-log (variable HYDRA_ACCESS_LOG): \"maybe\" is neither true nor false.",
            Assert.Single(Parsing.Errors([("HYDRA_ACCESS_LOG", "maybe")], "main:app")));

    [Fact]
    public void Parse_ApplicationInAVariable_IsTaken()
        => Assert.Equal("main:app", Parsing.Run(Parsing.Windowless, [("HYDRA_APP", "main:app")]).Applications[0].App);

    [Theory]
    [InlineData("1", null, null, false)]
    [InlineData("", null, null, null)]
    [InlineData("1", "true", null, true)]
    [InlineData("1", null, "--use-colors", true)]
    [InlineData(null, null, "--no-use-colors", false)]
    public void Parse_NoColor_TurnsColorsOffUnlessOverridden(string? noColor, string? own, string? argument, bool? expected)
    {
        (string, string)[] environment =
        [
            .. noColor is null ? [] : new[] { ("NO_COLOR", noColor) },
            .. own is null ? [] : new[] { ("HYDRA_USE_COLORS", own) },
        ];
        string[] args = argument is null ? ["main:app"] : ["main:app", argument];

        Assert.Equal(expected, Parsing.Run(Parsing.Windowless, environment, args).Server.Logs.UseColors);
    }

    [Fact]
    public void Parse_SeveralBindsInAVariable_AreSplit()
        => Assert.Equal(
            [new BindAddress.Tcp("127.0.0.1", 1), new BindAddress.Tcp("0.0.0.0", 2), new BindAddress.Unix("/tmp/x")],
            Parsing.Run(Parsing.Windowless, [("HYDRA_BIND", "127.0.0.1:1, :2 unix:/tmp/x")], "main:app").Server.Addresses.Binds);

    [Fact]
    public void Parse_KubernetesServiceLink_IsNoPort()
        => Assert.Equal(
            [new BindAddress.Tcp("0.0.0.0", 9)],
            Parsing.Run(Parsing.Windowless, [("HYDRA_PORT", "tcp://10.0.0.1:80"), ("PORT", "9")], "main:app").Server.Addresses.Binds);

    [Fact]
    public void Parse_MistypedVariable_IsAWarning()
    {
        var environment = new Dictionary<string, string> { ["HYDRA_WORKRES"] = "4", ["HYDRA_FULL_ERROR"] = "1", ["HYDRA_RUNTIME_DIR"] = "/x", ["HYDRA_BIN"] = "/y" };

        ParseResult.Run run = Assert.IsType<ParseResult.Run>(CommandLine.Parse(["main:app"], environment, Parsing.Windowless));

        Assert.Equal("the variable HYDRA_WORKRES is not one that hydra reads; did you mean HYDRA_WORKERS?", Assert.Single(run.Warnings));
    }
}
