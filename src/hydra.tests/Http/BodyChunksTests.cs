using System.Buffers;
using Hydra.Http;
using Hydra.Protocol;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class BodyChunksTests : IDisposable
{
    private const int Chunk = BodyChunks.ChunkSize;

    private readonly BodyChunks _chunks = new();
    private readonly Random _random = new(20_250_201);

    public void Dispose() => _chunks.Clear();

    [Fact]
    public void ChunkSize_OfAnArray_FillsABodyFrameAndStaysOutOfTheLargeObjectHeap()
    {
        Assert.Equal(ProtocolLimits.MaxBody, Chunk);

        // From 85,000 bytes on an array is collected with the oldest generation only.
        Assert.InRange(Chunk, 1, 85_000 - 1);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Chunk - 1)]
    [InlineData(Chunk)]
    [InlineData(Chunk + 1)]
    [InlineData((3 * Chunk) + 17)]
    public void Append_SequenceOfSeveralSegments_IsReadBackInOrder(int size)
    {
        byte[] body = Bytes(size);
        _chunks.Append(Segments.Cut(body, _random));

        Assert.Equal(size, _chunks.Length);
        Assert.Equal(body, ReadAll());
    }

    [Fact]
    public void PieceAt_LimitBorderOrEnd_EndsAtTheFirstOfThem()
    {
        byte[] body = Bytes(Chunk + 10);
        _chunks.Append(new ReadOnlySequence<byte>(body));

        Assert.Equal(body[5..12], _chunks.PieceAt(5, 7).ToArray());
        Assert.Equal(body[(Chunk - 1)..Chunk], _chunks.PieceAt(Chunk - 1, 100).ToArray());
        Assert.Equal(body[Chunk..], _chunks.PieceAt(Chunk, 100).ToArray());
        Assert.Equal(body[(Chunk + 9)..], _chunks.PieceAt(Chunk + 9, 1).ToArray());
    }

    [Fact]
    public void Clear_ThenAppend_BeginsAnew()
    {
        _chunks.Append(new ReadOnlySequence<byte>(Bytes(Chunk + 1)));
        _chunks.Clear();
        Assert.Equal(0, _chunks.Length);

        byte[] body = Bytes(100);
        _chunks.Append(new ReadOnlySequence<byte>(body));
        Assert.Equal(body, ReadAll());
    }

    [Fact]
    public void PieceAt_AnywhereInWhatWasAppendedAnyhow_IsThatPartOfTheBody()
    {
        var model = new MemoryStream();
        for (int i = 0; i < 60; i++)
        {
            byte[] part = Bytes(_random.Next(10_000));
            model.Write(part);
            _chunks.Append(Segments.Cut(part, _random));
        }

        byte[] body = model.ToArray();
        Assert.Equal(body.Length, _chunks.Length);
        for (int i = 0; i < 1000; i++)
        {
            int at = _random.Next(body.Length);
            int limit = _random.Next(1, 2 * Chunk);
            ReadOnlyMemory<byte> piece = _chunks.PieceAt(at, limit);

            Assert.InRange(piece.Length, 1, limit);
            Assert.True(piece.Span.SequenceEqual(body.AsSpan(at, piece.Length)), $"{piece.Length} bytes at {at}");
        }
    }

    private byte[] ReadAll()
    {
        var read = new MemoryStream();
        while (read.Length < _chunks.Length)
        {
            read.Write(_chunks.PieceAt(read.Length, int.MaxValue).Span);
        }

        return read.ToArray();
    }

    private byte[] Bytes(int size)
    {
        byte[] bytes = new byte[size];
        _random.NextBytes(bytes);
        return bytes;
    }
}
