using System.Text;
using Hydra.Bridge;
using Xunit;

namespace Hydra.Tests.Bridge;

public sealed class BodyDecoderTests
{
    [Theory]
    [InlineData("5\r\nhello\r\n6;a=b\r\n world\r\n0\r\n\r\n", "hello world")]
    [InlineData("00A\nhello worl\n1 \r\nd\r\n000\r\nX: y\r\nZ: 1\r\n\r\n", "hello world")]
    [InlineData("0\r\n\r\n", "")]
    public void Next_Chunks_AreTheirBytesHoweverTheyCome(string text, string expected)
    {
        for (int size = 1; size <= text.Length; size++)
        {
            var decoder = new BodyDecoder(BodyFraming.Chunked, 0);

            Assert.Equal((expected, ""), Decode(decoder, text, size));
            Assert.True(decoder.IsOver);
        }
    }

    [Theory]
    [InlineData("X: y\r\n", "X\0y")]
    [InlineData("X:y\r\nx:  z \n", "X\0y\0x\0z")]
    [InlineData("X:\r\n", "X\0")]
    [InlineData("Content-Length: 5\r\nX: y\r\nset-cookie: a=b\r\n", "X\0y")]
    [InlineData("no field\r\n: none\r\na b: c\r\n folded: d\r\nX: a\u0001b\r\n", "")]
    [InlineData("", "")]
    public void Trailers_BehindTheLastChunk_AreThoseThatMayBeHandedOn(string fields, string expected)
    {
        string text = "5\r\nhello\r\n0\r\n" + fields + "\r\nHTTP";
        for (int size = 1; size <= text.Length; size++)
        {
            var decoder = new BodyDecoder(BodyFraming.Chunked, 0);

            Assert.Equal("hello", Decode(decoder, text, size).Body);
            Assert.Equal(expected, Encoding.Latin1.GetString([.. decoder.Trailers]));
        }
    }

    [Theory]
    [InlineData(20_000, 1)]
    [InlineData(10_000, 14)]
    public void Trailers_ThatAreTooLong_AreRefused(int size, int count)
    {
        string fields = string.Concat(Enumerable.Repeat($"X: {new string('y', size)}\r\n", count));

        Assert.Throws<ProgramException>(() => Decode(new BodyDecoder(BodyFraming.Chunked, 0), "0\r\n" + fields + "\r\n", size));
    }

    [Fact]
    public void Next_BehindTheEnd_LeavesWhatComes()
    {
        Assert.Equal(("hello", "HTTP"), Decode(new BodyDecoder(BodyFraming.Chunked, 0), "5\r\nhello\r\n0\r\n\r\nHTTP", 100));
        Assert.Equal(("hello", "HTTP"), Decode(new BodyDecoder(BodyFraming.Length, 5), "helloHTTP", 100));
        Assert.Equal(("", "HTTP"), Decode(new BodyDecoder(BodyFraming.None, 0), "HTTP", 100));
    }

    [Fact]
    public void Next_UntilClose_IsOverWithTheConnection()
    {
        var decoder = new BodyDecoder(BodyFraming.UntilClose, 0);

        Assert.Equal(("all of it", ""), Decode(decoder, "all of it", 4));
        Assert.False(decoder.IsOver);
        Assert.True(decoder.EndsWithConnection);
        decoder.EndWithConnection();
        Assert.Equal(BodyStep.End, decoder.Next([], out _, out _));
    }

    [Theory]
    [InlineData("x\r\n")]
    [InlineData("\r\n")]
    [InlineData("-1\r\n")]
    [InlineData("fffffffffffffffff\r\n")]
    [InlineData("5\r\nhelloworld\r\n")]
    public void Next_BrokenChunk_IsRefused(string text)
        => Assert.Throws<ProgramException>(() => Decode(new BodyDecoder(BodyFraming.Chunked, 0), text, 100));

    [Fact]
    public void Next_ChunkWithoutASize_IsRefusedBeforeItIsKeptForLong()
        => Assert.Throws<ProgramException>(() => Decode(new BodyDecoder(BodyFraming.Chunked, 0), new string('0', 5000), 5000));

    // Gives the body, and what was left.
    private static (string Body, string Left) Decode(BodyDecoder decoder, string text, int size)
    {
        var body = new StringBuilder();
        byte[] all = Encoding.Latin1.GetBytes(text);
        int start = 0;
        for (int end = Math.Min(size, all.Length); ; end = Math.Min(end + size, all.Length))
        {
            BodyStep step;
            do
            {
                step = decoder.Next(all.AsSpan(start, end - start), out int skip, out int count);
                body.Append(Encoding.Latin1.GetString(all, start + skip, count));
                start += skip + count;
            }
            while (step is BodyStep.Data);

            if (step is BodyStep.End || end == all.Length)
            {
                return (body.ToString(), Encoding.Latin1.GetString(all, start, all.Length - start));
            }
        }
    }
}
