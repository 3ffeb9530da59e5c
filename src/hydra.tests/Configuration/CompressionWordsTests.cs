using Hydra.Coding;
using Hydra.Configuration;
using Xunit;

namespace Hydra.Tests.Configuration;

/// <summary><see cref="CompressionWords"/> and <see cref="MediaTypePattern"/>, by the options that they read.</summary>
public sealed class CompressionWordsTests
{
    private static CompressionOptions Of(params string[] arguments) => Parsing.Run(["main:app", .. arguments]).Server.Compression;

    [Fact]
    public void Codings_Bare_AreAllThree()
    {
        Assert.Empty(Of().Codings);
        Assert.Equal([ContentCoding.Zstd, ContentCoding.Brotli, ContentCoding.Gzip], Of("--compress").Codings);
        Assert.Equal([ContentCoding.Brotli, ContentCoding.Gzip], Of("--compress=br,gzip").Codings);
        Assert.Equal([ContentCoding.Gzip], Of("--compress=gzip,gzip").Codings);
        Assert.Equal([ContentCoding.Brotli], Of("--compress=brotli").Codings);
        Assert.Empty(Of("--compress", "--no-compress").Codings);
    }

    [Fact]
    public void Levels_OfSome_LeaveTheOthers()
    {
        CodingLevels levels = Of("--compress-level", "gzip:9,br:11").Levels;
        Assert.Equal((9, 11, CodingLevels.Default.Zstd), (levels.Gzip, levels.Brotli, levels.Zstd));
    }

    [Fact]
    public void TypesAndPaths_Repeated_AreAll()
    {
        CompressionOptions options = Of(
            "--compress-types", "application/x-thing", "--compress-types=-text/csv,*+cbor", "--compress-exclude", "/login/",
            "--compress-exclude", "/account", "--compress-min-size", "100");
        Assert.Equal(["application/x-thing", "-text/csv", "*+cbor"], options.Types);
        Assert.Equal(["/login", "/account"], options.Excluded);
        Assert.Equal(100, options.MinimumSize);
    }

    [Theory]
    [InlineData("--compress=lzma", "\"lzma\" is not zstd, br or gzip.")]
    [InlineData("--compress=deflate", "\"deflate\" is not zstd, br or gzip.")]
    [InlineData("--compress=,", "no coding is named")]
    [InlineData("--compress-level=6", "\"6\" is not a coding with its level, such as gzip:6.")]
    [InlineData("--compress-level=gzip:10", "\"gzip:10\": the levels of gzip are 1 to 9.")]
    [InlineData("--compress-level=zstd:22", "\"zstd:22\": the levels of zstd are 1 to 19.")]
    [InlineData("--compress-level=", "no level is given")]
    [InlineData("--compress-types=json", "\"json\" is not a media type such as")]
    [InlineData("--compress-types=*/*", "\"*/*\" is not a media type such as")]
    [InlineData("--compress-types=", "no media type is given")]
    [InlineData("--compress-exclude=login", "\"login\" does not begin with a slash.")]
    [InlineData("--compress-exclude=", "the path is empty")]
    public void Value_Wrong_IsASentence(string argument, string expected)
        => Assert.Contains(expected, Assert.Single(Parsing.Errors("main:app", argument)), StringComparison.Ordinal);

    [Theory]
    [InlineData("text/csv", true)]
    [InlineData("-text/csv", true)]
    [InlineData("application/vnd.api+json", true)]
    [InlineData("image/*", true)]
    [InlineData("*+cbor", true)]
    [InlineData("*", false)]
    [InlineData("text", false)]
    [InlineData("text/", false)]
    [InlineData("/csv", false)]
    [InlineData("text/a/b", false)]
    [InlineData("text/c*", false)]
    [InlineData("*+", false)]
    [InlineData("text/html;x=y", false)]
    [InlineData("", false)]
    public void IsValid_Pattern_IsAType(string text, bool expected) => Assert.Equal(expected, MediaTypePattern.IsValid(text));
}
