using Hydra.Coding;
using Microsoft.Extensions.Primitives;
using Xunit;

namespace Hydra.Tests.Coding;

public sealed class AcceptEncodingTests
{
    private static readonly ContentCoding[] Offered = [ContentCoding.Zstd, ContentCoding.Brotli, ContentCoding.Gzip];

    [Theory]
    [InlineData("gzip", "gzip")]
    [InlineData("GZIP", "gzip")]
    [InlineData("x-gzip", "gzip")]
    [InlineData("gzip, deflate, br, zstd", "zstd")]
    [InlineData("gzip, deflate, br", "br")]
    [InlineData("gzip;q=1.0, br;q=0.5", "gzip")]
    [InlineData("gzip;q=0.500, br;q=0.501", "br")]
    [InlineData("gzip ; q = 0.2 , br\t;\tq=0.1", "gzip")]
    [InlineData("br;q=0, gzip;q=0.001", "gzip")]
    [InlineData("*", "zstd")]
    [InlineData("*;q=0.1, gzip;q=0.5", "gzip")]
    [InlineData("*, zstd;q=0", "br")]
    [InlineData("identity", "identity")]
    [InlineData("identity, gzip", "gzip")]
    [InlineData("identity;q=1, gzip;q=0.5", "identity")]
    [InlineData("identity;q=0, gzip;q=0.5", "gzip")]
    [InlineData("identity;q=0", "identity")]
    [InlineData("*;q=0", "identity")]
    [InlineData("", "identity")]
    [InlineData(",, ,", "identity")]
    [InlineData("compress, deflate", "identity")]
    [InlineData("gzip;q=2", "identity")]
    [InlineData("gzip;q=1.001", "identity")]
    [InlineData("gzip;q=", "identity")]
    [InlineData("gzip;q=0.5x", "identity")]
    [InlineData("gzip;q=0.1234", "identity")]
    [InlineData("gzip;level=9", "identity")]
    [InlineData("gzip;q=0.5;x=y", "gzip")]
    [InlineData("gzipped, xbr", "identity")]
    public void Choose_Field_GivesTheBestThatIsOffered(string field, string expected)
        => Assert.Equal(expected, AcceptEncoding.Parse(field).Choose(Offered).Name());

    [Fact]
    public void Choose_SeveralLines_AreOneList()
        => Assert.Equal(ContentCoding.Gzip, AcceptEncoding.Parse(new StringValues(["br;q=0.5", "gzip"])).Choose(Offered));

    [Fact]
    public void Choose_NoField_GivesIdentity()
        => Assert.Equal(ContentCoding.Identity, AcceptEncoding.Parse(StringValues.Empty).Choose(Offered));

    [Fact]
    public void Choose_ServersOrder_DecidesBetweenEqualWeights()
        => Assert.Equal(ContentCoding.Gzip, AcceptEncoding.Parse("zstd, br, gzip").Choose([ContentCoding.Gzip, ContentCoding.Zstd]));

    [Theory]
    [InlineData("gzip", false)]
    [InlineData("gzip, identity;q=0", true)]
    [InlineData("gzip, *;q=0", true)]
    [InlineData("*;q=0, identity;q=0.1", false)]
    [InlineData("", false)]
    public void RefusesIdentity_Field_IsWhatItSays(string field, bool expected) => Assert.Equal(expected, AcceptEncoding.Parse(field).RefusesIdentity);

    [Fact]
    public void Parse_AnyText_GivesACodingThatIsOffered()
    {
        string[] parts = ["gzip", "br", "zstd", "*", "identity", ";", "q", "=", ",", "0", ".", "1", "999", " ", "\t", "\u00ff", "x"];
        var random = new Random(20_261_129);
        for (int i = 0; i < 20_000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => parts[random.Next(parts.Length)]));
            AcceptEncoding accept = AcceptEncoding.Parse(text);
            ContentCoding chosen = accept.Choose(Offered);
            Assert.True(chosen is ContentCoding.Identity || text.Contains(chosen.Name(), StringComparison.Ordinal) || text.Contains('*'), text);
        }
    }
}
