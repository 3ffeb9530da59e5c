using System.Buffers.Binary;
using System.Net;
using System.Numerics;
using System.Text;
using Hydra.Primitives;
using Hydra.Transport;
using Xunit;

namespace Hydra.Tests.Transport;

public sealed class ProxyPreambleTests
{
    private const ProxyVersions Both = ProxyVersions.One | ProxyVersions.Two;
    private static readonly byte[] V4 = [1, 2, 3, 4, 10, 0, 0, 1, 0x11, 0x5c, 0x01, 0xbb];

    [Theory]
    [InlineData("PROXY TCP4 1.2.3.4 10.0.0.1 4444 443\r\n", "1.2.3.4:4444", "10.0.0.1:443")]
    [InlineData("PROXY TCP6 2001:db8::1 ::1 65535 0\r\n", "[2001:db8::1]:65535", "[::1]:0")]
    [InlineData("PROXY UNKNOWN\r\n", null, null)]
    [InlineData("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", null, null)]
    public void Read_Line_NamesTheClient(string line, string? source, string? destination)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(line + "GET / HTTP/1.1\r\n");
        for (int cut = 0; cut < line.Length; cut++)
        {
            Assert.Equal(PreambleStatus.Incomplete, ProxyPreamble.Read(bytes.AsSpan(0, cut), Both, out _, out _));
        }

        Assert.Equal(PreambleStatus.Complete, ProxyPreamble.Read(bytes, Both, out ProxyPreamble preamble, out int length));
        Assert.Equal((line.Length, source, destination, false), (length, preamble.Source?.ToString(), preamble.Destination?.ToString(), preamble.IsTls));
        Assert.Equal(PreambleStatus.Malformed, ProxyPreamble.Read(bytes, ProxyVersions.Two, out _, out _));
    }

    [Theory]
    [InlineData("PROXY TCP4 1.2.3.4 10.0.0.1 4444\r\n")]
    [InlineData("PROXY TCP4 1.2.3.4 10.0.0.1 4444 443 \r\n")]
    [InlineData("PROXY TCP4  1.2.3.4 10.0.0.1 4444 443\r\n")]
    [InlineData("PROXY TCP4 1.2.3.4 10.0.0.1 04444 443\r\n")]
    [InlineData("PROXY TCP4 1.2.3.4 10.0.0.1 65536 443\r\n")]
    [InlineData("PROXY TCP4 ::1 10.0.0.1 1 443\r\n")]
    [InlineData("PROXY TCP6 1.2.3.4 ::1 1 443\r\n")]
    [InlineData("PROXY TCP4 1.2.3 10.0.0.1 1 443\r\n")]
    [InlineData("PROXY UDP4 1.2.3.4 10.0.0.1 1 443\r\n")]
    [InlineData("PROXY \r\n")]
    [InlineData("PROXY TCP4\t1.2.3.4 10.0.0.1 1 443\r\n")]
    public void Read_LineThatBreaksTheRules_IsMalformed(string line)
        => Assert.Equal(PreambleStatus.Malformed, ProxyPreamble.Read(Encoding.ASCII.GetBytes(line), Both, out _, out _));

    [Fact]
    public void Read_LineWithoutAnEnd_IsMalformed()
        => Assert.Equal(PreambleStatus.Malformed, ProxyPreamble.Read(Encoding.ASCII.GetBytes("PROXY UNKNOWN " + new string('x', 100)), Both, out _, out _));

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("POST / HTTP/1.1\r\n")]
    [InlineData("\u0016\u0003\u0001")]
    [InlineData("\r\nGET /")]
    [InlineData("proxy TCP4")]
    public void Read_SomethingElse_IsMissing(string text)
        => Assert.Equal(PreambleStatus.Missing, ProxyPreamble.Read(Encoding.Latin1.GetBytes(text), Both, out _, out _));

    [Fact]
    public void Read_Binary_NamesTheClientAtEveryCut()
    {
        byte[] bytes = [.. Binary(0x21, 0x11, [.. V4, 0x04, 0, 1, 7]), .. "GET"u8];
        for (int cut = 0; cut < bytes.Length - 3; cut++)
        {
            Assert.Equal(PreambleStatus.Incomplete, ProxyPreamble.Read(bytes.AsSpan(0, cut), Both, out _, out _));
        }

        Assert.Equal(PreambleStatus.Complete, ProxyPreamble.Read(bytes, Both, out ProxyPreamble preamble, out int length));
        Assert.Equal((bytes.Length - 3, "1.2.3.4:4444", "10.0.0.1:443"), (length, preamble.Source!.ToString(), preamble.Destination!.ToString()));
        Assert.Equal(PreambleStatus.Malformed, ProxyPreamble.Read(bytes, ProxyVersions.One, out _, out _));
    }

    [Fact]
    public void Read_BinaryOfOtherFamilies_IsTaken()
    {
        byte[] v6 = [.. IPAddress.Parse("2001:db8::1").GetAddressBytes(), .. IPAddress.IPv6Loopback.GetAddressBytes(), 0, 1, 0, 2];
        Assert.Equal("[2001:db8::1]:1", Complete(Binary(0x21, 0x21, v6)).Source!.ToString());
        Assert.Null(Complete(Binary(0x21, 0x31, new byte[216])).Source);
        Assert.Null(Complete(Binary(0x21, 0x00, [])).Source);
        Assert.Null(Complete(Binary(0x21, 0x00, V4)).Source);
        Assert.Null(Complete(Binary(0x20, 0x11, V4)).Source);
        Assert.Null(Complete(Binary(0x20, 0xff, [1, 2, 3])).Source);
    }

    [Theory]
    [InlineData(0x11, 0x11, 12)]
    [InlineData(0x22, 0x11, 12)]
    [InlineData(0x21, 0x12, 12)]
    [InlineData(0x21, 0x11, 11)]
    [InlineData(0x21, 0x11, 14)]
    [InlineData(0x21, 0x21, 35)]
    [InlineData(0x21, 0x31, 215)]
    [InlineData(0x21, 0x41, 12)]
    public void Read_BinaryThatBreaksTheRules_IsMalformed(int command, int family, int size)
        => Assert.Equal(PreambleStatus.Malformed, ProxyPreamble.Read(Binary((byte)command, (byte)family, new byte[size]), Both, out _, out _));

    [Fact]
    public void Read_BinaryThatIsTooLong_IsMalformedAtOnce()
        => Assert.Equal(PreambleStatus.Malformed, ProxyPreamble.Read(Binary(0x21, 0x11, new byte[40_000]).AsSpan(0, 16), Both, out _, out _));

    [Theory]
    [InlineData(1, true)]
    [InlineData(0, false)]
    public void Read_TlsOfTheClient_IsNoted(byte flags, bool expected)
        => Assert.Equal(expected, Complete(Binary(0x21, 0x11, [.. V4, 0x20, 0, 5, flags, 0, 0, 0, 0])).IsTls);

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void Read_Checksum_IsCompared(bool isWrong, bool isTaken)
    {
        byte[] bytes = Binary(0x21, 0x11, [.. V4, 0x03, 0, 4, 0, 0, 0, 0]);
        uint checksum = uint.MaxValue;
        foreach (byte one in bytes)
        {
            checksum = BitOperations.Crc32C(checksum, one);
        }

        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(^4), isWrong ? checksum : ~checksum);
        Assert.Equal(isTaken ? PreambleStatus.Complete : PreambleStatus.Malformed, ProxyPreamble.Read(bytes, Both, out _, out _));
    }

    [Fact]
    public void Read_AnyBytes_IsDecidedWithoutFault()
    {
        var random = new Random(20_26);
        byte[][] seeds = [Encoding.ASCII.GetBytes("PROXY TCP4 1.2.3.4 10.0.0.1 4444 443\r\n"), Binary(0x21, 0x11, [.. V4, 0x20, 0, 5, 1, 0, 0, 0, 0])];
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. seeds[random.Next(2)]];
            for (int n = random.Next(4); n >= 0; n--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            int cut = random.Next(bytes.Length + 1);
            PreambleStatus status = ProxyPreamble.Read(bytes.AsSpan(0, cut), Both, out ProxyPreamble preamble, out int length);
            Assert.True(status is PreambleStatus.Complete ? length <= cut && length > 0 : preamble == default);

            // What was decided stays so, whatever follows.
            PreambleStatus later = ProxyPreamble.Read(bytes, Both, out _, out _);
            Assert.True(status is PreambleStatus.Incomplete || status == later);
        }
    }

    private static ProxyPreamble Complete(byte[] bytes)
    {
        Assert.Equal(PreambleStatus.Complete, ProxyPreamble.Read(bytes, Both, out ProxyPreamble preamble, out int length));
        Assert.Equal(bytes.Length, length);
        return preamble;
    }

    private static byte[] Binary(byte command, byte family, byte[] rest)
        => [.. "\r\n\r\n\0\r\nQUIT\n"u8, command, family, (byte)(rest.Length >> 8), (byte)rest.Length, .. rest];
}
