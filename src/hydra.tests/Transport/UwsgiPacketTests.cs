using System.Text;
using Hydra.Tests.Http;
using Hydra.Transport;
using Xunit;

namespace Hydra.Tests.Transport;

public sealed class UwsgiPacketTests
{
    private static readonly byte[] Whole = UwsgiBytes.Packet("A=1", "BC=");

    [Fact]
    public void Read_EachLengthOfAPacket_WaitsForItsEnd()
    {
        for (int i = 0; i < Whole.Length; i++)
        {
            Assert.Equal(UwsgiStatus.Incomplete, UwsgiPacket.Read(Whole.AsSpan(0, Math.Min(i, 4)), i, out _));
        }

        Assert.Equal(UwsgiStatus.Complete, UwsgiPacket.Read(Whole.AsSpan(0, 4), Whole.Length + 7, out int length));
        Assert.Equal(Whole.Length, length);
    }

    [Theory]
    [InlineData("\u0000\u0000\u0000\u0000", UwsgiStatus.Complete)]
    [InlineData("\u001e\u0000\u0000\u0000", UwsgiStatus.Complete)]
    [InlineData("\u0000\u0000\u0000\u0001", UwsgiStatus.Modifier)]
    [InlineData("\u0005\u0000\u0000\u0000", UwsgiStatus.Modifier)]
    [InlineData("\u0016\u0003\u0001\u0000", UwsgiStatus.Modifier)]
    [InlineData("GET ", UwsgiStatus.Http)]
    [InlineData("P", UwsgiStatus.Http)]
    internal void Read_Header_SaysWhatItIs(string bytes, UwsgiStatus expected)
        => Assert.Equal(expected, UwsgiPacket.Read(Encoding.Latin1.GetBytes(bytes), bytes.Length, out _));

    [Fact]
    public void TryTake_Variables_AreTakenInOrder()
    {
        ReadOnlySpan<byte> rest = Whole.AsSpan(4);
        Assert.True(UwsgiPacket.TryTake(ref rest, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value));
        Assert.Equal(("A", "1"), (Encoding.ASCII.GetString(name), Encoding.ASCII.GetString(value)));
        Assert.True(UwsgiPacket.TryTake(ref rest, out name, out value));
        Assert.Equal(("BC", ""), (Encoding.ASCII.GetString(name), Encoding.ASCII.GetString(value)));
        Assert.True(rest.IsEmpty);
    }

    [Theory]
    [InlineData("\u0001")]
    [InlineData("\u0002\u0000A")]
    [InlineData("\u0001\u0000A")]
    [InlineData("\u0001\u0000A\u0001")]
    [InlineData("\u0001\u0000A\u0002\u0000B")]
    [InlineData("\u0000\u0000\u0001\u0000B")]
    [InlineData("\u0001\u0000A\u00ff\u00ffB")]
    public void TryTake_LengthsThatDoNotAddUp_AreRefused(string block)
    {
        ReadOnlySpan<byte> rest = Encoding.Latin1.GetBytes(block);
        Assert.False(UwsgiPacket.TryTake(ref rest, out _, out _));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(30, true)]
    public void HasWholePath_Modifier_SaysSo(byte modifier, bool expected) => Assert.Equal(expected, UwsgiPacket.HasWholePath(UwsgiBytes.Packet(modifier)));
}
