using Hydra.Configuration;
using Xunit;

namespace Hydra.Tests.Configuration;

public sealed class SizeTextTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("65536", 65_536)]
    [InlineData("10b", 10)]
    [InlineData("64k", 65_536)]
    [InlineData("64 KB", 65_536)]
    [InlineData("1KiB", 1_024)]
    [InlineData("1.5m", 1_572_864)]
    [InlineData(" 1MB ", 1_048_576)]
    [InlineData("10g", 10_737_418_240)]
    [InlineData("1GiB", 1_073_741_824)]
    public void TryParse_Size_IsRead(string text, long bytes)
    {
        Assert.True(SizeText.TryParse(text, out long read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("k")]
    [InlineData("-1")]
    [InlineData("1e3")]
    [InlineData("1x")]
    [InlineData("1mbit")]
    [InlineData("1,5m")]
    [InlineData("99999999999g")]
    public void TryParse_SomethingElse_IsRefused(string text) => Assert.False(SizeText.TryParse(text, out _));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(1_000, "1000")]
    [InlineData(65_536, "64k")]
    [InlineData(1_048_576, "1m")]
    [InlineData(10_737_418_240, "10g")]
    public void Format_Size_IsShortestAndReadsBack(long bytes, string text)
    {
        Assert.Equal(text, SizeText.Format(bytes));
        Assert.True(SizeText.TryParse(text, out long read));
        Assert.Equal(bytes, read);
    }
}
