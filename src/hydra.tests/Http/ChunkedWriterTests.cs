using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Hydra.Bridge;
using Hydra.Http;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class ChunkedWriterTests
{
    private readonly Pipe _pipe = new();

    [Theory]
    [InlineData("", "0\r\n\r\n")]
    [InlineData("x-sum\07", "0\r\nx-sum: 7\r\n\r\n")]
    [InlineData("X-Sum\07\0x\0", "0\r\nX-Sum: 7\r\nx: \r\n\r\n")]
    public async Task End_Trailers_AreBehindTheLastChunk(string block, string expected)
    {
        var writer = new ChunkedWriter(_pipe.Writer);
        writer.End(Encoding.Latin1.GetBytes(block));

        Assert.Equal(expected, await LeaveAsync());
    }

    [Fact]
    public async Task Flush_WhatWasWritten_IsAChunk()
    {
        var writer = new ChunkedWriter(_pipe.Writer);
        await writer.FlushAsync();
        writer.Write("hello"u8);
        writer.Write(" world"u8);
        await writer.FlushAsync();
        await writer.FlushAsync();
        Assert.Equal("b\r\nhello world\r\n", Take());

        writer.Write("more"u8);
        writer.End([]);
        Assert.Equal("4\r\nmore\r\n0\r\n\r\n", await LeaveAsync());
    }

    [Fact]
    public async Task Write_OfAnySize_IsDecodedToTheSameBytes()
    {
        var random = new Random(7);
        for (int round = 0; round < 200; round++)
        {
            var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
            var writer = new ChunkedWriter(pipe.Writer);
            var written = new MemoryStream();
            for (int i = random.Next(6); i > 0; i--)
            {
                byte[] piece = new byte[random.Next(3) == 0 ? random.Next(70_000) : random.Next(20)];
                random.NextBytes(piece);
                written.Write(piece);
                if (random.Next(2) == 0)
                {
                    writer.Write(piece);
                }
                else
                {
                    // In one piece, as those want it that read into it.
                    piece.CopyTo(writer.GetMemory(piece.Length));
                    writer.Advance(piece.Length);
                }

                if (random.Next(2) == 0)
                {
                    await writer.FlushAsync();
                }
            }

            writer.End("x-sum\07"u8);
            await pipe.Writer.CompleteAsync();
            byte[] framed = (await pipe.Reader.ReadAtLeastAsync(int.MaxValue)).Buffer.ToArray();
            Assert.Equal((Convert.ToHexString(written.ToArray()), "x-sum\07"), Decode(framed));
        }
    }

    [Fact]
    public void Advance_BeyondItsMemory_IsRefused()
    {
        var writer = new ChunkedWriter(_pipe.Writer);
        int size = writer.GetMemory(10).Length;

        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Advance(size + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Advance(-1));
    }

    private static (string Body, string Trailers) Decode(byte[] framed)
    {
        var decoder = new BodyDecoder(BodyFraming.Chunked, 0);
        var body = new MemoryStream();
        for (int at = 0; ;)
        {
            BodyStep step = decoder.Next(framed.AsSpan(at), out int skip, out int count);
            body.Write(framed, at + skip, count);
            at += skip + count;
            if (step is BodyStep.End)
            {
                Assert.Equal(framed.Length, at);
                return (Convert.ToHexString(body.ToArray()), Encoding.Latin1.GetString([.. decoder.Trailers]));
            }

            Assert.Equal(BodyStep.Data, step);
        }
    }

    private async Task<string> LeaveAsync()
    {
        await _pipe.Writer.FlushAsync();
        return Take();
    }

    private string Take()
    {
        Assert.True(_pipe.Reader.TryRead(out ReadResult read));
        string text = Encoding.Latin1.GetString(read.Buffer);
        _pipe.Reader.AdvanceTo(read.Buffer.End);
        return text;
    }
}
