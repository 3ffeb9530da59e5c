using Hydra.Configuration;
using Hydra.Tracing;
using Xunit;

namespace Hydra.Tests.Configuration;

/// <summary>--trace, and what the variables of OpenTelemetry add to it.</summary>
public sealed class TraceVariablesTests
{
    private static readonly string[] On = ["main:app", "--trace", "on"];

    [Fact]
    public void Trace_NotAskedFor_IsNot() => Assert.Null(Run([("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1"), ("OTEL_TRACES_EXPORTER", "otlp")], "main:app"));

    [Fact]
    public void Trace_On_GoesToTheUsualPlaceWithEverything()
    {
        TraceSettings settings = Run([], On)!;

        Assert.Equal("http://localhost:4318/v1/traces", settings.Endpoint.ToString());
        Assert.Equal(new TraceSampler(true, 1), settings.Sampler);
        Assert.Equal("main:app", Attribute(settings, "service.name"));
        Assert.Equal("hydra", Attribute(settings, "telemetry.sdk.name"));
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1/x", "http://a:1/x/v1/traces")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://a:1/x", "http://a:1/x")]
    public void Trace_On_GoesWhereTheVariablesSay(string name, string value, string expected)
        => Assert.Equal(expected, Run([(name, value)], On)!.Endpoint.ToString());

    [Fact]
    public void Trace_Url_CountsMoreThanVariables()
        => Assert.Equal("https://b/v1/traces", Run([("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://a"), ("OTEL_TRACES_EXPORTER", "none"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")], "main:app", "--trace=https://b")!.Endpoint.ToString());

    [Theory]
    [InlineData("OTEL_SDK_DISABLED", "TRUE")]
    [InlineData("OTEL_TRACES_EXPORTER", "none")]
    [InlineData("OTEL_TRACES_EXPORTER", "console")]
    public void Trace_TurnedOffByAVariable_IsOffAndSaysSo(string name, string value)
    {
        ParseResult.Run run = Parse([(name, value)], On);

        Assert.Null(run.Options.Server.Trace.Settings);
        Assert.Contains(run.Warnings, warning => warning.Contains(name, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("always_off", null, false, 0)]
    [InlineData("traceidratio", "0.25", false, 0.25)]
    [InlineData("traceidratio", null, false, 1)]
    [InlineData("parentbased_traceidratio", "1e-2", true, 0.01)]
    [InlineData("parentbased_always_on", "0.5", true, 1)]
    public void Trace_Sampler_IsThatOfTheVariables(string name, string? argument, bool follows, double ratio)
        => Assert.Equal(new TraceSampler(follows, ratio), Run(argument is null ? [("OTEL_TRACES_SAMPLER", name)] : [("OTEL_TRACES_SAMPLER", name), ("OTEL_TRACES_SAMPLER_ARG", argument)], On)!.Sampler);

    [Theory]
    [InlineData("0.01", 0.01)]
    [InlineData("1%", 0.01)]
    [InlineData("0", 0)]
    [InlineData("100%", 1)]
    public void TraceSample_ARatio_CountsMoreThanVariables(string text, double expected)
        => Assert.Equal(new TraceSampler(true, expected), Run([("OTEL_TRACES_SAMPLER", "always_off")], [.. On, "--trace-sample", text])!.Sampler);

    [Fact]
    public void Trace_Resource_IsWhatTheVariablesSay()
    {
        TraceSettings settings = Run([("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=prod%20eu, service.name=other,x=a=b"), ("OTEL_SERVICE_NAME", "shop")], On)!;

        Assert.Equal(["prod eu", "shop", "a=b"], [Attribute(settings, "deployment.environment.name"), Attribute(settings, "service.name"), Attribute(settings, "x")]);
        Assert.Equal("own", Attribute(Run([("OTEL_SERVICE_NAME", "shop")], [.. On, "--trace-service", "own"])!, "service.name"));
        Assert.Equal("other", Attribute(Run([("OTEL_RESOURCE_ATTRIBUTES", "service.name=other")], On)!, "service.name"));
    }

    [Fact]
    public void Trace_Headers_AreOfBothAndTheOptionsCountMore()
    {
        TraceSettings settings = Run([("OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Bearer%20x, api-key=1")], [.. On, "--trace-header", "API-Key=2", "--trace-header", "b: c=d"])!;

        Assert.Equal([new("Authorization", "Bearer x"), new("API-Key", "2"), new("b", "c=d")], settings.Headers);
    }

    [Fact]
    public void Trace_Bounds_AreThoseOfTheVariables()
    {
        TraceSettings settings = Run(
            [("OTEL_BSP_SCHEDULE_DELAY", "100"), ("OTEL_BSP_MAX_QUEUE_SIZE", "300"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "2000"), ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")], On)!;

        Assert.Equal((100, 300, 300, 2000, true), (settings.Delay.TotalMilliseconds, settings.MostWaiting, settings.Batch, settings.Timeout.TotalMilliseconds, settings.UsesGzip));
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]
    [InlineData("OTEL_TRACES_SAMPLER", "some")]
    [InlineData("OTEL_RESOURCE_ATTRIBUTES", "nothing")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "nothing")]
    [InlineData("OTEL_EXPORTER_OTLP_TIMEOUT", "10s")]
    [InlineData("OTEL_BSP_MAX_QUEUE_SIZE", "0")]
    [InlineData("OTEL_EXPORTER_OTLP_CERTIFICATE", "/no/such/file")]
    public void Trace_AVariableThatIsWrong_IsASentence(string name, string value)
        => Assert.Contains(name, Assert.Single(Parsing.Errors([(name, value)], On)), StringComparison.Ordinal);

    [Theory]
    [InlineData("--trace", "http://a:b@c")]
    [InlineData("--trace", "collector:4318")]
    [InlineData("--trace-sample", "2")]
    [InlineData("--trace-sample", "a lot")]
    [InlineData("--trace-header", "nothing")]
    [InlineData("--trace-header", "a b=c")]
    [InlineData("--trace-header", "a=b\nc")]
    public void Trace_AnOptionThatIsWrong_IsASentence(string option, string value)
        => Assert.StartsWith(option + " (command line): ", Assert.Single(Parsing.Errors("main:app", option, value)), StringComparison.Ordinal);

    private static TraceSettings? Run((string Name, string Value)[] environment, params string[] arguments) => Parsing.Run(Parsing.Windowless, environment, arguments).Server.Trace.Settings;

    private static ParseResult.Run Parse((string Name, string Value)[] environment, string[] arguments)
        => Assert.IsType<ParseResult.Run>(CommandLine.Parse(arguments, environment.ToDictionary(static v => v.Name, static v => v.Value), Parsing.Windowless));

    private static string Attribute(TraceSettings settings, string name) => settings.Resource.Single(one => one.Key == name).Value;
}
