using System.IO.Compression;
using Hydra.Coding;
using Xunit;

namespace Hydra.Tests.Coding;

/// <summary>
/// <see cref="BodyDecoder"/> as each coding has it, and the <see cref="DecoderChain"/> of several: <see cref="InflateDecoder"/> with its <see cref="Inflater"/>,
/// <see cref="InflateWindow"/>, <see cref="HuffmanTable"/> and <see cref="BitReader"/>, and those of libraries.
/// </summary>
public sealed class BodyDecoderTests
{
    private const int Seed = 20_261_201;

    public static TheoryData<string> Codings => ["gzip", "deflate", "br", "zstd", "gzip, br", "zstd, deflate, gzip", "x-gzip, identity, BR"];

    [Theory]
    [MemberData(nameof(Codings))]
    public void Decode_PiecesOfAnySize_AreTheBody(string codings)
    {
        foreach (int size in (int[])[0, 1, 300, 70_000, 300_000])
        {
            byte[] body = Decoded.Sample(size);
            byte[] encoded = Encode(codings, body);
            foreach (int piece in (int[])[1, 7, 4096, int.MaxValue])
            {
                foreach (int room in (int[])[1, 1000, 32 * 1024])
                {
                    if (piece < 10 || room > 1 || size < 1000)
                    {
                        Assert.Equal(body, Decode(codings, encoded, piece, room));
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Codings))]
    public void Decode_BodyThatBreaksOff_IsNotDone(string codings)
    {
        byte[] encoded = Encode(codings, Decoded.Sample(3000));
        for (int length = 1; length < encoded.Length; length += length < 40 || length > encoded.Length - 40 ? 1 : 17)
        {
            byte[] part = encoded[..length];
            Assert.False(IsWhole(codings, part), $"{length} of {encoded.Length} bytes were taken for all");
        }
    }

    [Theory]
    [MemberData(nameof(Codings))]
    public void Decode_BodyThatGoesOnBehindItsEnd_IsRefused(string codings)
    {
        byte[] encoded = [.. Encode(codings, Decoded.Sample(3000)), .. "garbage!"u8];
        Assert.False(IsWhole(codings, encoded));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public void Decode_SeveralBodiesInOne_AreOneBody(string coding)
    {
        byte[] encoded = [.. Encode(coding, Decoded.Sample(3000)), .. Encode(coding, []), .. Encode(coding, "tail"u8.ToArray())];
        Assert.Equal([.. Decoded.Sample(3000), .. "tail"u8], Decode(coding, encoded, 5, 1000));
    }

    [Fact]
    public void Decode_HeaderOfGzipWithAllItsParts_IsPassedOver()
    {
        byte[] plain = Encode("gzip", "hello"u8.ToArray());
        byte[] full = [0x1f, 0x8b, 8, 0x1f, 1, 2, 3, 4, 0, 255, 3, 0, 9, 9, 9, .. "name\0"u8, .. "a comment\0"u8, 5, 5, .. plain[10..]];

        Assert.Equal("hello"u8.ToArray(), Decode("gzip", full, 1, 100));
        full[3] = 0x3f;
        Assert.False(IsWhole("gzip", full));
    }

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.Fastest)]
    [InlineData(CompressionLevel.SmallestSize)]
    public void Decode_DeflateWithoutAFrame_IsTakenAsMostHaveIt(CompressionLevel level)
    {
        byte[] body = Decoded.Sample(200_000);
        Assert.Equal(body, Decode("deflate", Encoded.Bare(body, level), 4096, 32 * 1024));
        Assert.Equal(body, Decode("deflate", Encoded.Whole(ContentCoding.Deflate, body, level), 3, 999));
        Assert.Equal(body, Decode("gzip", Encoded.Whole(ContentCoding.Gzip, body, level), 999, 3));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("zstd")]
    public void Decode_AnyBitOfAChecksumIsAnother_IsRefused(string coding)
    {
        byte[] encoded = coding == "zstd" ? ZstdWithChecksum() : Encode(coding, Decoded.Sample(1000));
        for (int bit = 0; bit < 32; bit++)
        {
            byte[] changed = [.. encoded];
            changed[changed.Length - 1 - (bit / 8)] ^= (byte)(1 << (bit % 8));
            Assert.False(IsWhole(coding, changed));
        }
    }

    // What is no body, or a damaged one: as .NET's decoder reads it, or refused; never anything else, and never without an end.
    [Fact]
    public void Decode_DamagedBodies_AreReadAsOthersReadThemOrRefused()
    {
        var random = new Random(Seed);
        int taken = 0;
        int refused = 0;
        for (int i = 0; i < 4000; i++)
        {
            byte[] body = Decoded.Sample(random.Next(4000));
            byte[] encoded = Encoded.Bare(body, (CompressionLevel)random.Next(4));
            for (int change = random.Next(3); change > 0 && encoded.Length > 0; change--)
            {
                encoded[random.Next(encoded.Length)] ^= (byte)(1 << random.Next(8));
            }

            if (random.Next(4) == 0)
            {
                random.NextBytes(encoded);
            }

            byte[]? ours = TryInflate(encoded, random);
            byte[]? theirs = TryReadAll(encoded);
            if (ours is null)
            {
                refused++;
                continue;
            }

            Assert.True(theirs is not null && ours.AsSpan().SequenceEqual(theirs), $"body {i} of seed {Seed}");
            taken++;
        }

        Assert.True(taken > 1000 && refused > 500, $"{taken} taken, {refused} refused");
    }

    [Theory]
    [InlineData("br")]
    [InlineData("zstd")]
    [InlineData("gzip")]
    [InlineData("gzip, zstd, br")]
    public void Decode_AnyBytes_EndWithABodyOrARefusal(string codings)
    {
        var random = new Random(Seed);
        int refused = 0;
        for (int i = 0; i < 500; i++)
        {
            byte[] encoded = Encode(codings, Decoded.Sample(random.Next(3000)));
            encoded[random.Next(encoded.Length)] ^= (byte)(1 << random.Next(8));
            refused += IsWhole(codings, encoded) ? 0 : 1;
        }

        Assert.True(refused > 100, $"only {refused} were refused");
    }

    [Theory]
    [InlineData("gzip", "Gzip")]
    [InlineData("br , zstd,, identity", "Brotli Zstd")]
    [InlineData("identity", "")]
    [InlineData("gzip, compress", null)]
    [InlineData("gzip gzip", null)]
    [InlineData("gzip, gzip, gzip, gzip", "Gzip Gzip Gzip Gzip")]
    [InlineData("gzip, gzip, gzip, gzip, gzip", null)]
    public void ReadList_Field_IsTheCodingsThatWereApplied(string value, string? expected)
        => Assert.Equal(expected, ContentCodings.ReadList(value) is { } codings ? string.Join(' ', codings) : null);

    [Fact]
    public void Checksums_PieceByPiece_AreThoseOfTheWhole()
    {
        byte[] data = [.. "123456789"u8];
        Assert.Equal((0xcbf43926u, 0x091e01deu), (Checksums.Crc32(0, data), Checksums.Adler32(1, data)));
        Assert.Equal((0xcbf43926u, 0x091e01deu), (Checksums.Crc32(Checksums.Crc32(0, data.AsSpan(0, 5)), data.AsSpan(5)), Checksums.Adler32(Checksums.Adler32(1, data.AsSpan(0, 2)), data.AsSpan(2))));
        Assert.Equal(Checksums.Adler32(Checksums.Adler32(1, new byte[20_000]), Decoded.Sample(20_000)), Checksums.Adler32(1, [.. new byte[20_000], .. Decoded.Sample(20_000)]));
    }

    [Theory]
    [InlineData(new byte[] { 1, 1 }, false, true)]
    [InlineData(new byte[] { 1, 1, 1 }, true, false)]
    [InlineData(new byte[] { 1, 2 }, true, false)]
    [InlineData(new byte[] { 0, 1 }, true, true)]
    [InlineData(new byte[] { 0, 1 }, false, false)]
    [InlineData(new byte[] { 0, 0 }, true, true)]
    [InlineData(new byte[] { 2, 2, 2, 3, 3 }, false, true)]
    public void TryBuild_Lengths_MakeACodeOrNone(byte[] lengths, bool mayLack, bool expected)
        => Assert.Equal(expected, new HuffmanTable().TryBuild(lengths, mayLack));

    private static byte[] Encode(string codings, byte[] body)
        => ContentCodings.ReadList(codings)!.Aggregate(body, static (data, coding) => Encoded.Whole(coding, data));

    private static byte[] ZstdWithChecksum()
    {
        using var zstd = new ZstdSharp.Compressor();
        zstd.SetParameter(ZstdSharp.Unsafe.ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
        return zstd.Wrap(Decoded.Sample(1000)).ToArray();
    }

    private static byte[] Decode(string codings, byte[] encoded, int piece, int room)
    {
        using var chain = new DecoderChain(ContentCodings.ReadList(codings)!);
        byte[] target = new byte[room];
        using var result = new MemoryStream();
        int at = 0;
        int written;
        do
        {
            int taken = chain.Decode(encoded.AsSpan(at, Math.Min(piece, encoded.Length - at)), target, out written);
            at += taken;
            result.Write(target, 0, written);
        }
        while (written > 0 || at < encoded.Length);
        Assert.True(chain.IsDone);
        return result.ToArray();
    }

    private static bool IsWhole(string codings, byte[] encoded)
    {
        using var chain = new DecoderChain(ContentCodings.ReadList(codings)!);
        byte[] target = new byte[5000];
        try
        {
            int written;
            do
            {
                encoded = encoded[chain.Decode(encoded, target, out written)..];
            }
            while (written > 0 || encoded.Length > 0);
            return chain.IsDone;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private static byte[]? TryInflate(byte[] encoded, Random random)
    {
        using var inflater = new Inflater();
        using var result = new MemoryStream();
        byte[] target = new byte[1 + random.Next(40_000)];
        ReadOnlySpan<byte> rest = encoded;
        try
        {
            int written;
            do
            {
                ReadOnlySpan<byte> piece = rest[..Math.Min(rest.Length, 1 + random.Next(500))];
                int size = piece.Length;
                written = inflater.Decode(ref piece, target);
                rest = rest[(size - piece.Length)..];
                result.Write(target, 0, written);
            }
            while (!inflater.IsDone && (written > 0 || rest.Length > 0));
            return inflater.IsDone ? result.ToArray() : null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static byte[]? TryReadAll(byte[] encoded)
    {
        using var stream = new DeflateStream(new MemoryStream(encoded), CompressionMode.Decompress);
        using var result = new MemoryStream();
        try
        {
            stream.CopyTo(result);
            return result.ToArray();
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
