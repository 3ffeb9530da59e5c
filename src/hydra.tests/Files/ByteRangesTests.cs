using Hydra.Files;
using Xunit;

namespace Hydra.Tests.Files;

/// <summary><see cref="ByteRanges"/> and the <see cref="BytePart"/>s that it gives.</summary>
public sealed class ByteRangesTests
{
    [Theory]
    [InlineData("bytes=0-0", "0+1")]
    [InlineData("bytes=0-99", "0+100")]
    [InlineData("BYTES=10-", "10+990")]
    [InlineData("bytes=-10", "990+10")]
    [InlineData("bytes=-5000", "0+1000")]
    [InlineData("bytes=900-5000", "900+100")]
    [InlineData("bytes=999-99999999999999999999999", "999+1")]
    [InlineData("bytes=0-9,500-509", "0+10 500+10")]
    [InlineData("bytes= 500-509 , ,0-9", "500+10 0+10")]
    [InlineData("bytes=0-9,2000-", "0+10")]
    public void Read_Ranges_AreTheirParts(string text, string expected) => Assert.Equal(expected, Text(ByteRanges.Read(text, 1000)!));

    [Theory]
    [InlineData("bytes=1000-")]
    [InlineData("bytes=-0")]
    [InlineData("bytes=1000-1001,2000-")]
    public void Read_NothingOfItIsThere_IsEmpty(string text) => Assert.Empty(ByteRanges.Read(text, 1000)!);

    [Fact]
    public void Read_EmptyFile_HasNoParts() => Assert.Empty(ByteRanges.Read("bytes=0-", 0)!);

    // RFC 9110, section 14.2: who cannot make sense of it ignores it.
    [Theory]
    [InlineData("")]
    [InlineData("bytes")]
    [InlineData("bytes=")]
    [InlineData("bytes=,")]
    [InlineData("bytes=a-b")]
    [InlineData("bytes=5-4")]
    [InlineData("bytes=-")]
    [InlineData("bytes=--5")]
    [InlineData("bytes=+1-2")]
    [InlineData("bytes=1 - 2")]
    [InlineData("bytes=0-1,x")]
    [InlineData("lines=0-1")]
    [InlineData("0-1")]
    public void Read_Nonsense_IsIgnored(string text) => Assert.Null(ByteRanges.Read(text, 1000));

    [Theory]
    [InlineData("bytes=0-9,5-20", "0+21")]
    [InlineData("bytes=0-9,10-19", "0+20")]
    [InlineData("bytes=0-9,50-59", "0+60")]
    [InlineData("bytes=0-,0-,0-,0-", "0+1000")]
    [InlineData("bytes=500-600,0-9,550-700", "0+10 500+201")]
    public void Read_OverlappingOrNear_AreJoined(string text, string expected) => Assert.Equal(expected, Text(ByteRanges.Read(text, 1000)!));

    [Fact]
    public void Read_MoreThanAnybodyNeeds_IsIgnored()
    {
        Assert.Equal(16, ByteRanges.Read(Many(16), 1_000_000)!.Count);
        Assert.Null(ByteRanges.Read(Many(17), 1_000_000));
    }

    [Fact]
    public void Read_RandomText_GivesPartsOfTheFileOnly()
    {
        var random = new Random(4711);
        const string Letters = "0123456789-, =bytes";
        for (int i = 0; i < 100_000; i++)
        {
            string text = "bytes=" + string.Concat(Enumerable.Range(0, random.Next(30)).Select(_ => Letters[random.Next(Letters.Length)]));
            IReadOnlyList<BytePart> parts = ByteRanges.Read(text, 1000) ?? [];

            Assert.All(parts, static part => Assert.True(part.Start >= 0 && part.Length > 0 && part.End <= 1000));
            Assert.InRange(parts.Sum(static part => part.Length), 0, 1000);
        }
    }

    private static string Many(int count) => "bytes=" + string.Join(',', Enumerable.Range(0, count).Select(static i => $"{i * 1000}-{(i * 1000) + 9}"));

    private static string Text(IReadOnlyList<BytePart> parts) => string.Join(' ', parts.Select(static part => $"{part.Start}+{part.Length}"));
}
