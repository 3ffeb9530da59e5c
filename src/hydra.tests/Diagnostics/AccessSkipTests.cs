using Hydra.Diagnostics;
using Xunit;

namespace Hydra.Tests.Diagnostics;

public sealed class AccessSkipTests
{
    [Theory]
    [InlineData("/health", "/health", 200, true)]
    [InlineData("/health", "/healthy", 200, false)]
    [InlineData("/static/*", "/static/a/b.css", 200, true)]
    [InlineData("/static/*", "/static", 200, false)]
    [InlineData("*.png", "/a/b.png", 200, true)]
    [InlineData("/a*b*c", "/aXbYbZc", 200, true)]
    [InlineData("/a*b*c", "/aXbYbZ", 200, false)]
    [InlineData("304", "/", 304, true)]
    [InlineData("304", "/", 200, false)]
    [InlineData("3xx", "/", 399, true)]
    [InlineData("3XX", "/", 400, false)]
    public void Takes_Request_ByPathOrStatus(string pattern, string path, int status, bool expected)
    {
        Assert.Null(AccessSkip.TryRead(pattern, out AccessSkip skip));

        Assert.Equal(expected, skip.Takes(path, status));
    }

    [Theory]
    [InlineData("health")]
    [InlineData("30x")]
    [InlineData("099")]
    [InlineData("")]
    public void TryRead_NeitherPathNorStatus_IsSaid(string pattern)
        => Assert.Equal($"\"{pattern}\" is neither a path such as /health or /static/* nor a status such as 304 or 3xx.", AccessSkip.TryRead(pattern, out _));
}
