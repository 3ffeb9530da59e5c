using Hydra.Edge;
using Xunit;

namespace Hydra.Tests.Edge;

public sealed class CompressibleTypesTests
{
    [Theory]
    [InlineData("text/html; charset=utf-8", true)]
    [InlineData("TEXT/HTML", true)]
    [InlineData("text/anything", true)]
    [InlineData("application/json", true)]
    [InlineData(" application/json ;charset=utf-8", true)]
    [InlineData("application/problem+json", true)]
    [InlineData("image/svg+xml", true)]
    [InlineData("application/wasm", true)]
    [InlineData("font/ttf", true)]
    [InlineData("text/event-stream", false)]
    [InlineData("font/woff2", false)]
    [InlineData("image/png", false)]
    [InlineData("video/mp4", false)]
    [InlineData("application/zip", false)]
    [InlineData("application/octet-stream", false)]
    [InlineData("application/grpc", false)]
    [InlineData("multipart/x-mixed-replace", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData(";", false)]
    public void Contains_BuiltIn_IsWhatIsTextInItself(string? type, bool expected) => Assert.Equal(expected, new CompressibleTypes([]).Contains(type));

    [Fact]
    public void Contains_Changes_AreHeeded()
    {
        var types = new CompressibleTypes(["application/x-thing", "image/*", "-image/png", "*+cbor", "-text/csv", "text/event-stream", "-*+yaml"]);
        Assert.True(types.Contains("application/x-thing"));
        Assert.True(types.Contains("image/tiff"));
        Assert.False(types.Contains("image/png"));
        Assert.True(types.Contains("application/thing+cbor"));
        Assert.False(types.Contains("text/csv; charset=utf-8"));
        Assert.True(types.Contains("text/html"));
        Assert.True(types.Contains("text/event-stream"));
        Assert.False(types.Contains("application/x+yaml"));
    }

    [Fact]
    public void Contains_AllTextTakenAway_LeavesTheRest()
    {
        var types = new CompressibleTypes(["-text/*", "text/html"]);
        Assert.True(types.Contains("text/html"));
        Assert.False(types.Contains("text/plain"));
        Assert.True(types.Contains("application/json"));
    }
}
