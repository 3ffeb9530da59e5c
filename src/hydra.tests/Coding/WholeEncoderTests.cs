using Hydra.Coding;
using Hydra.Primitives;
using Xunit;

namespace Hydra.Tests.Coding;

public sealed class WholeEncoderTests
{
    [Theory]
    [InlineData(ContentCoding.Gzip)]
    [InlineData(ContentCoding.Brotli)]
    [InlineData(ContentCoding.Zstd)]
    internal void Encode_Text_IsShorterAndTheSame(ContentCoding coding)
    {
        foreach (int size in (int[])[200, 1_024, 10_000, 250_000])
        {
            byte[] body = Decoded.Sample(size);
            byte[] encoded = Assert.IsType<byte[]>(WholeEncoder.Encode(coding, CodingLevels.Default, body, out int length));
            Assert.True(length < size);
            Assert.Equal(body, Decoded.Whole(coding, encoded.AsMemory(0, length)));
            BufferPool.Return(encoded);
        }
    }

    [Theory]
    [InlineData(ContentCoding.Gzip)]
    [InlineData(ContentCoding.Brotli)]
    [InlineData(ContentCoding.Zstd)]
    internal void Encode_WhatDoesNotBecomeShorter_IsNull(ContentCoding coding)
    {
        byte[] noise = new byte[5_000];
        new Random(7).NextBytes(noise);
        Assert.Null(WholeEncoder.Encode(coding, CodingLevels.Default, noise, out _));
        Assert.Null(WholeEncoder.Encode(coding, CodingLevels.Default, "a"u8, out _));
        Assert.Null(WholeEncoder.Encode(coding, CodingLevels.Default, [], out _));
    }

    [Fact]
    public void Encode_AnotherLevel_IsHeeded()
    {
        byte[] body = Decoded.Sample(100_000);
        foreach (ContentCoding coding in (ContentCoding[])[ContentCoding.Gzip, ContentCoding.Brotli, ContentCoding.Zstd])
        {
            WholeEncoder.Encode(coding, CodingLevels.Default.With(coding, 1), body, out int fast);
            WholeEncoder.Encode(coding, CodingLevels.Default.With(coding, 9), body, out int small);
            Assert.True(small < fast, $"{coding}: {small} and {fast}");
        }
    }
}
