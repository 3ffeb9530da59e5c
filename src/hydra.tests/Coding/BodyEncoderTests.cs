using System.Buffers;
using Hydra.Coding;
using Xunit;

namespace Hydra.Tests.Coding;

/// <summary><see cref="BodyEncoder"/> as each coding has it.</summary>
public sealed class BodyEncoderTests
{
    [Theory]
    [InlineData(ContentCoding.Gzip)]
    [InlineData(ContentCoding.Brotli)]
    [InlineData(ContentCoding.Zstd)]
    internal void Write_PiecesOfAnySize_AreTheBody(ContentCoding coding)
    {
        foreach (int size in (int[])[0, 1, 5_000, 300_000])
        {
            byte[] body = Decoded.Sample(size);
            foreach (int piece in (int[])[1, 999, 70_000])
            {
                var target = new ArrayBufferWriter<byte>();
                using BodyEncoder encoder = BodyEncoder.Create(coding, CodingLevels.Default);
                for (int at = 0; at < Math.Min(size, piece * 1000); at += piece)
                {
                    encoder.Write(body.AsSpan(at, Math.Min(piece, size - at)), target);
                }

                encoder.Finish(target);
                Assert.Equal(body[..Math.Min(size, piece * 1000)], Decoded.Whole(coding, target.WrittenMemory));
                Assert.Equal(target.WrittenCount, encoder.BytesOut);
            }
        }
    }

    [Theory]
    [InlineData(ContentCoding.Gzip)]
    [InlineData(ContentCoding.Brotli)]
    [InlineData(ContentCoding.Zstd)]
    internal void Flush_EachPiece_CanBeDecodedAtOnce(ContentCoding coding)
    {
        var target = new ArrayBufferWriter<byte>();
        using BodyEncoder encoder = BodyEncoder.Create(coding, CodingLevels.Default);
        byte[] body = Decoded.Sample(20_000);
        for (int at = 0; at < body.Length; at += 4_000)
        {
            encoder.Write(body.AsSpan(at, 4_000), target);
            encoder.Flush(target);
            Assert.Equal(body[..(at + 4_000)], Decoded.First(coding, target.WrittenMemory, at + 4_000));
        }
    }

    [Theory]
    [InlineData(ContentCoding.Gzip)]
    [InlineData(ContentCoding.Brotli)]
    [InlineData(ContentCoding.Zstd)]
    internal void Create_BehindOneThatBrokeOff_BeginsAnew(ContentCoding coding)
    {
        byte[] body = Decoded.Sample(3_000);
        for (int i = 0; i < 10; i++)
        {
            using (BodyEncoder broken = BodyEncoder.Create(coding, CodingLevels.Default.With(coding, 1 + (i % 3))))
            {
                broken.Write(body.AsSpan(0, 1_500), new ArrayBufferWriter<byte>());
            }

            var target = new ArrayBufferWriter<byte>();
            using BodyEncoder encoder = BodyEncoder.Create(coding, CodingLevels.Default);
            encoder.Write(body, target);
            encoder.Finish(target);
            Assert.Equal(body, Decoded.Whole(coding, target.WrittenMemory));
        }
    }

    [Fact]
    public void Create_Identity_IsNoCoding()
        => Assert.Throws<ArgumentOutOfRangeException>(() => BodyEncoder.Create(ContentCoding.Identity, CodingLevels.Default));
}
