using Hydra.Tracing;
using Xunit;

namespace Hydra.Tests.Tracing;

/// <summary>The rules of the OTLP exporter specification for endpoint URLs.</summary>
public sealed class OtlpEndpointTests
{
    [Theory]
    [InlineData("http://localhost:4318", false, "http://localhost:4318/v1/traces")]
    [InlineData("http://localhost:4318/", false, "http://localhost:4318/v1/traces")]
    [InlineData("https://otel.example.org/otlp/", false, "https://otel.example.org/otlp/v1/traces")]
    [InlineData("https://otel.example.org/v1/traces", false, "https://otel.example.org/v1/traces")]
    [InlineData("http://[::1]:4318", false, "http://[::1]:4318/v1/traces")]
    [InlineData("http://localhost:4318", true, "http://localhost:4318/")]
    [InlineData("http://localhost:4318/in", true, "http://localhost:4318/in")]
    [InlineData(" http://a?key=secret", false, "http://a/v1/traces")]
    public void TryRead_AnAddress_HasThePathOfTraces(string text, bool isWhole, string expected)
    {
        Assert.Null(OtlpEndpoint.TryRead(text, isWhole, out OtlpEndpoint endpoint));
        Assert.Equal(expected, endpoint.ToString());
    }

    [Theory]
    [InlineData("localhost:4318")]
    [InlineData("grpc://localhost:4317")]
    [InlineData("http://")]
    [InlineData("")]
    [InlineData("http://user:word@localhost:4318")]
    public void TryRead_WhatIsNone_IsASentence(string text) => Assert.EndsWith(".", OtlpEndpoint.TryRead(text, false, out _) ?? "", StringComparison.Ordinal);
}
