using Hydra.Coding;
using Xunit;

namespace Hydra.Tests.Coding;

public sealed class ContentCodingTests
{
    [Fact]
    public void TryParse_EveryName_GivesItsCoding()
    {
        foreach (ContentCoding coding in Enum.GetValues<ContentCoding>())
        {
            Assert.True(ContentCodings.TryParse(coding.Name().ToUpperInvariant(), out ContentCoding parsed));
            Assert.Equal(coding, parsed);
        }

        Assert.Equal(ContentCodings.Count, Enum.GetValues<ContentCoding>().Length);
        Assert.False(ContentCodings.TryParse("compress", out _));
    }

    [Fact]
    public void Range_Default_IsWithin()
    {
        foreach (ContentCoding coding in (ContentCoding[])[ContentCoding.Gzip, ContentCoding.Brotli, ContentCoding.Zstd])
        {
            (int least, int highest) = CodingLevels.Range(coding);
            Assert.NotEqual(CodingLevels.Default, CodingLevels.Default.With(coding, highest));
            Assert.InRange(coding switch
            {
                ContentCoding.Gzip => CodingLevels.Default.Gzip,
                ContentCoding.Brotli => CodingLevels.Default.Brotli,
                _ => CodingLevels.Default.Zstd,
            }, least, highest);
        }
    }
}
