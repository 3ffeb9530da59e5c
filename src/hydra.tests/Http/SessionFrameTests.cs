using System.Buffers;
using Hydra.Http;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class SessionFrameTests
{
    [Theory]
    [InlineData("8180" + "01020304", 0x81, 0)]
    [InlineData("02fd" + "01020304", 0x02, 125)]
    [InlineData("81fe" + "007e" + "01020304", 0x81, 126)]
    [InlineData("81fe" + "ffff" + "01020304", 0x81, 65535)]
    [InlineData("81ff" + "0000000000010000" + "01020304", 0x81, 65536)]
    [InlineData("81ff" + "7fffffffffffffff" + "01020304", 0x81, long.MaxValue)]
    public void TryTake_HeadCutAnywhere_IsTakenWhole(string hex, int first, long length)
    {
        byte[] head = Convert.FromHexString(hex);
        byte[] bytes = [.. head, 9, 9];
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            ReadOnlySequence<byte> data = Segments.Of(bytes[..cut], bytes[cut..]);
            Assert.True(SessionFrame.TryTake(ref data, out SessionFrame frame));
            Assert.Equal((first, length, true), (frame.First, frame.Length, frame.IsMasked));
            Assert.Equal(2, data.Length);

            ReadOnlySequence<byte> part = new(bytes, 0, Math.Min(cut, head.Length - 1));
            long before = part.Length;
            Assert.False(SessionFrame.TryTake(ref part, out _));
            Assert.Equal(before, part.Length);
        }
    }

    [Theory]
    [InlineData(0x81, true, 5, true)]
    [InlineData(0x00, true, 5, true)]
    [InlineData(0x89, true, 125, true)]
    [InlineData(0x81, false, 5, false)]
    [InlineData(0x89, true, 126, false)]
    [InlineData(0x09, true, 0, false)]
    [InlineData(0xA1, true, 0, false)]
    [InlineData(0x91, true, 0, false)]
    [InlineData(0xC1, true, 0, false)]
    [InlineData(0x83, true, 0, false)]
    [InlineData(0x87, true, 0, false)]
    [InlineData(0x8B, true, 0, false)]
    [InlineData(0x8F, true, 0, false)]
    [InlineData(0x82, true, -1, false)]
    public void IsValid_Head_KeepsTheRules(int first, bool isMasked, long length, bool expected)
        => Assert.Equal(expected, new SessionFrame((byte)first, isMasked, 0, length).IsValid(deflates: false));

    [Theory]
    [InlineData(0xC1, true)]
    [InlineData(0x42, true)]
    [InlineData(0xC0, false)]
    [InlineData(0xC9, false)]
    public void IsValid_Compressed_OnlyTheFirstFrameOfAMessage(int first, bool expected)
        => Assert.Equal(expected, new SessionFrame((byte)first, true, 0, 5).IsValid(deflates: true));

    [Fact]
    public void Unmask_AnyLengthFromAnyPlace_IsTheMaskTakenOff()
    {
        byte[] head = [0x82, 0xFE, 0, 200, 0xA1, 0xB2, 0xC3, 0xD4];
        var data = new ReadOnlySequence<byte>(head);
        Assert.True(SessionFrame.TryTake(ref data, out SessionFrame frame));
        for (int length = 0; length < 100; length++)
        {
            for (int at = 0; at < 5; at++)
            {
                byte[] bytes = [.. Enumerable.Range(0, length).Select(i => (byte)(i ^ head[4 + ((at + i) & 3)]))];
                frame.Unmask(bytes, at);
                Assert.Equal(Enumerable.Range(0, length).Select(static i => (byte)i), bytes);
            }
        }
    }
}
