using Hydra.Configuration;
using Xunit;

namespace Hydra.Tests.Configuration;

/// <summary>An option that says nothing without another is answered with a sentence.</summary>
public sealed class LoneOptionsTests
{
    [Theory]
    [InlineData("--reload-include says nothing without --reload", "--reload-include", "*.html")]
    [InlineData("--reload-dir says nothing without --reload", "--reload-dir", ".", "--no-reload")]
    [InlineData("--metrics-routes says nothing without --metrics, --control-socket or --dashboard", "--metrics-routes")]
    [InlineData("--dashboard-token says nothing without --dashboard", "--dashboard-token", "0123456789abcdef")]
    [InlineData("--trace-sample says nothing without --trace", "--trace-sample", "1%")]
    [InlineData("--statsd-prefix says nothing without --statsd-host", "--statsd-prefix", "shop")]
    public void Warnings_OptionAlone_IsASentence(string expected, params string[] arguments)
        => Assert.Equal([expected], Warnings([], arguments));

    [Theory]
    [InlineData("--reload-include", "*.html", "--reload")]
    [InlineData("--metrics-routes", "--dashboard", "9300")]
    [InlineData("--metrics-routes", "--control-socket", "s")]
    [InlineData("--dashboard-token", "0123456789abcdef", "--dashboard", "9300")]
    [InlineData("--no-metrics-routes")]
    public void Warnings_WithWhatItNeeds_AreNone(params string[] arguments) => Assert.Empty(Warnings([], arguments));

    [Fact]
    public void Warnings_VariableOfOtherPrograms_IsNoSignOfIt() => Assert.Empty(Warnings([("OTEL_SERVICE_NAME", "shop")]));

    [Fact]
    public void Warnings_VariableOfItsOwn_IsOne() => Assert.Single(Warnings([("HYDRA_TRACE_SERVICE", "shop")]));

    private static IReadOnlyList<string> Warnings((string Name, string Value)[] environment, params string[] arguments)
        => Assert.IsType<ParseResult.Run>(CommandLine.Parse(["main:app", .. arguments], environment.ToDictionary(static v => v.Name, static v => v.Value), Parsing.Windowless)).Warnings;
}
