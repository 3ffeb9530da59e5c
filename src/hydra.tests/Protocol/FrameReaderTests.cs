using Hydra.Protocol;
using Xunit;

namespace Hydra.Tests.Protocol;

public sealed class FrameReaderTests
{
    [Fact]
    public void Header_Write_HasTheseBytesAndComesBack()
    {
        var header = new FrameHeader(0x0003_0201, MessageType.Window, FrameFlags.End, 0x1817_1615_1413_1211);
        byte[] bytes = new byte[ProtocolLimits.HeaderSize];
        Array.Fill(bytes, (byte)0xff);

        header.Write(bytes);

        Assert.Equal("01020300" + "13" + "01" + "0000" + "1112131415161718", Convert.ToHexStringLower(bytes));
        Assert.Equal(FrameReadStatus.Ok, FrameHeader.TryRead(bytes, out FrameHeader read));
        Assert.Equal(header, read);
    }

    [Theory]
    [InlineData(0, 0xf0, FrameReadStatus.Ok)] // 262,128: the longest payload.
    [InlineData(0, 0xf1, FrameReadStatus.TooLong)]
    [InlineData(3, 0x80, FrameReadStatus.TooLong)] // Would be negative as an int.
    [InlineData(4, 0x00, FrameReadStatus.UnknownType)]
    [InlineData(4, 0x1f, FrameReadStatus.Ok)]
    [InlineData(4, 0x27, FrameReadStatus.Ok)]
    [InlineData(4, 0x2c, FrameReadStatus.UnknownType)]
    [InlineData(4, 0xff, FrameReadStatus.UnknownType)]
    [InlineData(5, 0x03, FrameReadStatus.Ok)]
    [InlineData(5, 0x40, FrameReadStatus.Ok)]
    [InlineData(5, 0x80, FrameReadStatus.BadFlags)]
    [InlineData(5, 0x81, FrameReadStatus.BadFlags)]
    [InlineData(6, 0x01, FrameReadStatus.BadReserved)]
    [InlineData(7, 0x01, FrameReadStatus.BadReserved)]
    public void Header_OneByteChanged_IsJudged(int offset, byte value, object expected)
    {
        byte[] bytes = Convert.FromHexString("00ff0300" + "11" + "00" + "0000" + "0100000000000000");
        bytes[offset] = value;

        Assert.Equal((FrameReadStatus)expected, FrameHeader.TryRead(bytes, out _));

        ReadOnlySpan<byte> buffer = bytes;
        FrameReadStatus whole = (FrameReadStatus)expected == FrameReadStatus.Ok ? FrameReadStatus.NeedMore : (FrameReadStatus)expected;
        Assert.Equal(whole, FrameReader.TryReadFrame(ref buffer, out _, out _));
        Assert.Equal(bytes.Length, buffer.Length);
    }

    [Fact]
    public void Header_EveryType_IsKnownExactlyWhenDeclared()
    {
        byte[] bytes = new byte[ProtocolLimits.HeaderSize];
        for (int type = 0; type <= byte.MaxValue; type++)
        {
            bytes[4] = (byte)type;
            FrameReadStatus expected = Enum.IsDefined((MessageType)type) ? FrameReadStatus.Ok : FrameReadStatus.UnknownType;

            Assert.Equal(expected, FrameHeader.TryRead(bytes, out _));
            Assert.Equal(expected == FrameReadStatus.Ok, WireSchema.IsKnown((MessageType)type));
        }
    }

    [Fact]
    public void TryReadFrame_EverySplitOfManyFrames_GivesTheSameFrames()
    {
        byte[] stream = [.. FramesInARow()];
        List<string> expected = Split(stream, stream.Length);

        Assert.Equal(WireCatalogue.All.Count + 2, expected.Count);
        for (int split = 0; split <= stream.Length; split++)
        {
            Assert.Equal(expected, Split(stream, split));
        }
    }

    [Fact]
    public void TryReadFrame_ByteByByte_GivesTheSameFrames()
    {
        byte[] stream = [.. FramesInARow()];
        var frames = new List<string>();
        int start = 0;
        for (int end = 0; end <= stream.Length; end++)
        {
            start += Read(stream.AsSpan(start, end - start), frames);
        }

        Assert.Equal(stream.Length, start);
        Assert.Equal(Split(stream, 0), frames);
    }

    [Fact]
    public void TryReadFrame_ErrorAfterAGoodFrame_IsReportedAfterIt()
    {
        byte[] good = WireCatalogue.Of((byte)MessageType.Ping).Frame([7UL]);
        byte[] bad = [.. good];
        bad[6] = 1;
        ReadOnlySpan<byte> buffer = (byte[])[.. good, .. bad];

        Assert.Equal(FrameReadStatus.Ok, FrameReader.TryReadFrame(ref buffer, out _, out _));
        Assert.Equal(FrameReadStatus.BadReserved, FrameReader.TryReadFrame(ref buffer, out _, out ReadOnlySpan<byte> payload));
        Assert.Equal(bad.Length, buffer.Length);
        Assert.True(payload.IsEmpty);
    }

    [Fact]
    public void TryReadFrame_PayloadNotComplete_GivesTheHeader()
    {
        ReadOnlySpan<byte> buffer = WireCatalogue.Of((byte)MessageType.Ping).Frame([7UL]).AsSpan(0, ProtocolLimits.HeaderSize + 3);

        Assert.Equal(FrameReadStatus.NeedMore, FrameReader.TryReadFrame(ref buffer, out FrameHeader header, out _));
        Assert.Equal((MessageType.Ping, 4), (header.Type, header.Length));
    }

    [Fact]
    public void Directions_OfTheTypes_AreTheDeclaredOnes()
    {
        MessageType[] both = [MessageType.Body, MessageType.Window, MessageType.Data, MessageType.Close, MessageType.StatePart];
        MessageType[] fromFront =
        [
            MessageType.Welcome, MessageType.Drain, MessageType.Ping, MessageType.Interrupt, MessageType.Fork, MessageType.Kill,
            MessageType.Request, MessageType.Cancel, MessageType.Finished, MessageType.Part, MessageType.Opened, MessageType.Inspect,
            MessageType.Collect, MessageType.StateReply, MessageType.Subscribed, MessageType.Leave, MessageType.Resume,
        ];
        for (int type = 0; type <= byte.MaxValue; type++)
        {
            var message = (MessageType)type;
            bool known = Enum.IsDefined(message);

            Assert.Equal(both.Contains(message) || fromFront.Contains(message), WireSchema.CanReceiveFromFront(message));
            Assert.Equal(known && !fromFront.Contains(message), WireSchema.CanReceiveFromWorker(message));
        }
    }

    private static IEnumerable<byte> FramesInARow()
    {
        var random = new Random(1);
        foreach (WireCase item in WireCatalogue.All)
        {
            foreach (byte value in item.Frame(item.Values(random, longest: 30), FrameFlags.End, (ulong)random.NextInt64()))
            {
                yield return value;
            }
        }

        // A BODY of 3 bytes and an empty one.
        const string Body = "0300000011000000" + "0100000000000000" + "616263";
        const string EmptyBody = "0000000011010000" + "0100000000000000";
        foreach (byte value in Convert.FromHexString(Body + EmptyBody))
        {
            yield return value;
        }
    }

    /// <summary>Reads the bytes as if they had come in two parts.</summary>
    private static List<string> Split(byte[] stream, int split)
    {
        var frames = new List<string>();
        int taken = Read(stream.AsSpan(0, split), frames);
        taken += Read(stream.AsSpan(taken), frames);
        Assert.Equal(stream.Length, taken);
        return frames;
    }

    /// <summary>Reads all complete frames and returns the bytes they took.</summary>
    private static int Read(ReadOnlySpan<byte> buffer, List<string> frames)
    {
        int before = buffer.Length;
        FrameReadStatus status = FrameReader.TryReadFrame(ref buffer, out FrameHeader header, out ReadOnlySpan<byte> payload);
        while (status == FrameReadStatus.Ok)
        {
            frames.Add($"{header} {Convert.ToHexString(payload)}");
            status = FrameReader.TryReadFrame(ref buffer, out header, out payload);
        }

        Assert.Equal(FrameReadStatus.NeedMore, status);
        return before - buffer.Length;
    }
}
