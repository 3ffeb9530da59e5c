using System.Text;
using Hydra.Bridge;
using Xunit;

namespace Hydra.Tests.Bridge;

public sealed class SocketFrameTests
{
    [Theory]
    [InlineData(new byte[] { 0x81, 5 }, SocketFrame.Text, true, 5, 2)]
    [InlineData(new byte[] { 0x02, 126, 1, 0 }, SocketFrame.Binary, false, 256, 4)]
    [InlineData(new byte[] { 0x80, 127, 0, 0, 0, 0, 0, 1, 0, 0 }, SocketFrame.Continuation, true, 65536, 10)]
    [InlineData(new byte[] { 0x88, 0 }, SocketFrame.Close, true, 0, 2)]
    public void TryRead_Header_IsReadWhenItIsWhole(byte[] data, int opcode, bool isFinal, long length, int size)
    {
        for (int count = 0; count < data.Length; count++)
        {
            Assert.False(SocketFrame.TryRead(data.AsSpan(0, count), out _, out _));
        }

        Assert.True(SocketFrame.TryRead(data, out SocketFrame frame, out int used));
        Assert.Equal((new SocketFrame(opcode, isFinal, length), size), (frame, used));
    }

    [Theory]
    [InlineData(new byte[] { 0xc1, 5 })]
    [InlineData(new byte[] { 0x81, 0x85 })]
    [InlineData(new byte[] { 0x83, 0 })]
    [InlineData(new byte[] { 0x09, 0 })]
    [InlineData(new byte[] { 0x89, 126, 0, 126 })]
    [InlineData(new byte[] { 0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0 })]
    public void TryRead_FrameThatAServerMayNotSend_IsRefused(byte[] data)
        => Assert.Throws<ProgramException>(() => SocketFrame.TryRead(data, out _, out _));

    [Theory]
    [InlineData(0, 2)]
    [InlineData(125, 2)]
    [InlineData(126, 4)]
    [InlineData(65_535, 4)]
    [InlineData(65_536, 10)]
    public void Make_Frame_IsMaskedAndSaysItsLength(int length, int size)
    {
        byte[] payload = [.. Enumerable.Range(0, length).Select(i => (byte)i)];
        byte[] frame = SocketFrame.Make(SocketFrame.Binary, isFinal: true, payload);

        Assert.Equal((0x82, 0x80), (frame[0], frame[1] & 0x80));
        byte[] unmasked = [.. frame];
        unmasked[1] &= 0x7f;
        Assert.True(SocketFrame.TryRead(unmasked, out SocketFrame read, out int used));
        Assert.Equal((length, size), (read.Length, used));
        byte[] mask = frame[size..(size + 4)];
        Assert.Equal(payload, frame[(size + 4)..].Select((b, i) => (byte)(b ^ mask[i % 4])));
    }

    [Fact]
    public void MakeClose_WithoutACode_HasNoPayload()
    {
        Assert.Equal([0x88, 0x80], SocketFrame.MakeClose(SocketFrame.NoCode, "x"u8)[..2]);
        Assert.Equal([0x88, 0x83], SocketFrame.MakeClose(1000, "x"u8)[..2]);
    }

    // The example of RFC 6455, section 1.3.
    [Fact]
    public void AnswerTo_Key_IsThatOfTheSpecification()
        => Assert.Equal("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", Encoding.ASCII.GetString(SocketFrame.AnswerTo("dGhlIHNhbXBsZSBub25jZQ=="u8)));
}
