using Hydra.Files;
using Xunit;

namespace Hydra.Tests.Files;

/// <summary><see cref="ContentCodings"/>: RFC 9110, section 12.5.3.</summary>
public sealed class ContentCodingsTests
{
    private const int All = 0b111;
    private const int GzipOnly = 1 << (int)ContentCoding.Gzip;

    [Theory]
    [InlineData("gzip, deflate, br, zstd", All, "br")]
    [InlineData("gzip, deflate, br, zstd", GzipOnly, "gzip")]
    [InlineData("gzip, deflate", All, "gzip")]
    [InlineData("x-gzip", All, "gzip")]
    [InlineData("GZIP", All, "gzip")]
    [InlineData("br;q=0.5, gzip;q=0.9", All, "gzip")]
    [InlineData("br;q=0, gzip", All, "gzip")]
    [InlineData("br ; q=1.0", All, "br")]
    [InlineData("zstd, gzip", All, "zstd")]
    [InlineData("*", All, "br")]
    [InlineData("*;q=0.5, gzip;q=1", All, "gzip")]
    [InlineData("*, br;q=0", All, "zstd")]
    [InlineData("gzip;q=0.5, identity", All, null)]
    [InlineData("identity;q=0.5, gzip;q=0.6", All, "gzip")]
    [InlineData("*;q=0", All, null)]
    [InlineData("deflate", All, null)]
    [InlineData("identity", All, null)]
    [InlineData("", All, null)]
    [InlineData("gzip;q=x", All, null)]
    [InlineData("gzip;q=5", All, null)]
    [InlineData("br", GzipOnly, null)]
    [InlineData("gzip", 0, null)]
    [InlineData(",;,=;q", All, null)]
    public void Choose_Accepted_IsTheBestThatIsThere(string accepted, int available, string? expected)
        => Assert.Equal(expected, ContentCodings.Choose(accepted, available)?.Name());
}
