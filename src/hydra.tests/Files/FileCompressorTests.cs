using System.IO.Compression;
using System.Text;
using Hydra.Coding;
using Hydra.Files;
using Xunit;

namespace Hydra.Tests.Files;

public sealed class FileCompressorTests
{
    private static readonly string[] Accepted = ["", "br", "zstd", "gzip"];
    private static readonly byte[] Text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("all work and no play\n", 100)));

    [Fact]
    public void Complete_Text_HasEachCodingWithATagOfItsOwn()
    {
        FoundFile file = Compressor().Complete(File(Text), "/app.js");

        Assert.True(file.IsCoded);
        Assert.Equal("br", file.For("gzip, br, zstd").Coding.Name());
        Assert.Equal(Text, Gunzip(file.For("gzip").Content!));
        Assert.Same(file.Plain, file.For(""));
        Assert.Equal(4, Accepted.Select(accepted => file.For(accepted).Validators.ETag).Distinct().Count());
        Assert.Equal(file.For("gzip").Content!.Length, file.For("gzip").Size);
    }

    [Fact]
    public void Complete_FormBesideTheFile_StaysThatOne()
    {
        var beside = new Representation(new FileMark(3, 1_000_000_000, 2), ContentCoding.Gzip, [1, 2, 3], null);
        FoundFile file = Compressor().Complete(File(Text, beside), "/app.js");

        Assert.Same(beside, file.For("gzip"));
        Assert.Equal("br", file.For("br").Coding.Name());
    }

    [Fact]
    public void IsSameAs_FormsThatWereMade_DoNotCount()
    {
        FoundFile looked = File(Text);

        Assert.True(Compressor().Complete(File(Text), "/a").IsSameAs(looked));
        Assert.False(File(Text, new Representation(new FileMark(3, 1, 2), ContentCoding.Gzip, [1, 2, 3], null)).IsSameAs(looked));
    }

    [Theory]
    [InlineData("image/png", "no-cache", "/a")]
    [InlineData("text/css", "public, no-transform", "/a")]
    [InlineData("text/css", "no-cache", "/excluded")]
    public void Complete_WhatIsNotForIt_IsLeftAlone(string type, string cacheControl, string path)
    {
        FoundFile file = File(Text, type: type, cacheControl: cacheControl);

        Assert.Same(file, Compressor().Complete(file, path));
    }

    [Fact]
    public void Complete_ShortOrNotCompressible_IsLeftAlone()
    {
        FoundFile small = File(Text[..50]);
        byte[] noise = new byte[2000];
        new Random(1).NextBytes(noise);
        FoundFile random = File(noise);

        Assert.Same(small, Compressor().Complete(small, "/a"));
        Assert.Same(random, Compressor().Complete(random, "/a"));
    }

    private static FileCompressor Compressor() => new(
        [ContentCoding.Zstd, ContentCoding.Brotli, ContentCoding.Gzip], CodingLevels.Default, 100, static type => type.StartsWith("text/", StringComparison.Ordinal),
        static path => path != "/excluded");

    private static FoundFile File(byte[] content, Representation? beside = null, string type = "text/javascript", string cacheControl = "no-cache")
        => new(
            new Representation(new FileMark(content.Length, 1_000_000_000_000, 1), ContentCoding.Identity, content, null),
            beside is null ? [] : [beside], type, cacheControl);

    private static byte[] Gunzip(byte[] content)
    {
        using var stream = new GZipStream(new MemoryStream(content), CompressionMode.Decompress);
        using var result = new MemoryStream();
        stream.CopyTo(result);
        return result.ToArray();
    }
}
