using Hydra.Configuration;
using Xunit;

namespace Hydra.Tests.Configuration;

public sealed class DurationTextTests
{
    [Theory]
    [InlineData("30", 30_000)]
    [InlineData("1.5", 1_500)]
    [InlineData("500ms", 500)]
    [InlineData("30s", 30_000)]
    [InlineData("5m", 300_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("0", 0)]
    public void TryParse_Duration_IsRead(string text, int milliseconds)
    {
        Assert.True(DurationText.TryParse(text, out TimeSpan duration));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("-1")]
    [InlineData("1d")]
    [InlineData("1 2")]
    [InlineData("NaN")]
    [InlineData("1e9")]
    [InlineData("999999999999999999999h")]
    public void TryParse_Nonsense_IsRefused(string text) => Assert.False(DurationText.TryParse(text, out _));

    [Theory]
    [InlineData("0s")]
    [InlineData("30s")]
    [InlineData("5m")]
    [InlineData("1h")]
    [InlineData("1500ms")]
    public void Format_Duration_IsItsShortestForm(string text)
    {
        Assert.True(DurationText.TryParse(text, out TimeSpan duration));
        Assert.Equal(text, DurationText.Format(duration));
    }
}
