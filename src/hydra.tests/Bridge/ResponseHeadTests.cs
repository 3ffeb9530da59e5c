using System.Text;
using Hydra.Bridge;
using Xunit;

namespace Hydra.Tests.Bridge;

public sealed class ResponseHeadTests
{
    [Fact]
    public void TryRead_EverySplit_IsTheSameHead()
    {
        byte[] text = Encoding.Latin1.GetBytes("HTTP/1.1 200 Fine\r\nX-A:  f\u00fcr \r\nX-A: 2\r\nX-Long: a\r\n b\r\n\tc\r\nConnection: X-Hop, keep-alive\r\nx-hop: 1\r\nContent-Length: 5\r\n\r\nhello");
        for (int count = 0; count < text.Length - 5; count++)
        {
            // The same bytes are looked at again when more have come.
            byte[] copy = [.. text];
            Assert.Null(ResponseHead.TryRead(copy.AsSpan(0, count), false, out _));
            ResponseHead head = ResponseHead.TryRead(copy, false, out int used)!;

            Assert.Equal(text.Length - 5, used);
            Assert.Equal(200, head.Status);
            Assert.Equal(":reason|Fine|X-A|f\u00fcr|X-A|2|X-Long|a   b  \tc|Content-Length|5", Text(head));
            Assert.Equal((BodyFraming.Length, 5L, true), (head.Framing, head.Length, head.KeepsConnection));
        }
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", nameof(BodyFraming.UntilClose), false)]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", nameof(BodyFraming.None), true)]
    [InlineData("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", nameof(BodyFraming.None), true)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", nameof(BodyFraming.None), true)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\n", nameof(BodyFraming.Length), false)]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 7\r\n\r\n", nameof(BodyFraming.Length), false)]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 7\r\nConnection: Keep-Alive\r\n\r\n", nameof(BodyFraming.Length), true)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", nameof(BodyFraming.Chunked), true)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n", nameof(BodyFraming.Chunked), true)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", nameof(BodyFraming.Chunked), false)]
    [InlineData("\r\nHTTP/1.1 200\n\n", nameof(BodyFraming.UntilClose), false)]
    public void TryRead_Framing_IsThatOfTheSpecification(string text, string framing, bool keeps)
    {
        ResponseHead head = Read(text)!;

        Assert.Equal((framing, keeps), (head.Framing.ToString(), head.KeepsConnection));
    }

    [Fact]
    public void TryRead_AnswerToHead_HasNoBodyAndKeepsItsLength()
    {
        ResponseHead head = ResponseHead.TryRead(Encoding.Latin1.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"), isHead: true, out _)!;

        Assert.Equal(BodyFraming.None, head.Framing);
        Assert.Equal("Content-Length|7", Text(head));
    }

    [Fact]
    public void TryRead_LengthBesideChunks_IsNotPassedOn()
        => Assert.Equal("X|1", Text(Read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\nX: 1\r\n\r\n")!));

    [Theory]
    [InlineData("SSH-2.0-OpenSSH\r\n\r\n")]
    [InlineData("HTTP/2.0 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 20 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 2000 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nno colon\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\na b: 1\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA: 1\0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n")]
    public void TryRead_BrokenHead_IsRefused(string text) => Assert.Throws<ProgramException>(() => Read(text));

    [Fact]
    public void TryRead_MoreThanTheProtocolCarries_IsRefused()
        => Assert.Throws<ProgramException>(() => Read($"HTTP/1.1 200 OK\r\nX: {new string('a', 130 * 1024)}\r\n\r\n"));

    private static ResponseHead? Read(string text) => ResponseHead.TryRead(Encoding.Latin1.GetBytes(text), false, out _);

    private static string Text(ResponseHead head) => Encoding.Latin1.GetString(head.Block).Replace('\0', '|');
}
