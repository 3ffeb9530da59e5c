using System.Buffers;
using System.Buffers.Binary;
using System.Reflection;
using Hydra.Protocol;
using Xunit;

namespace Hydra.Tests.Protocol;

public sealed class MessageTests
{
    public static TheoryData<byte> Types => WireCatalogue.Types;

    [Fact]
    public void Catalogue_AllMessages_IsComplete()
    {
        IEnumerable<Type> declared = typeof(WireMessageAttribute).Assembly.GetTypes()
            .Where(type => type.GetCustomAttribute<WireMessageAttribute>() is not null && type != typeof(BodyMessage) && type != typeof(DataMessage));

        Assert.Equal(
            declared.Select(type => type.Name).Order(StringComparer.Ordinal),
            WireCatalogue.All.Select(item => item.Struct.Name).Order(StringComparer.Ordinal));
        Assert.Equal(MessageType.Body, BodyMessage.Type);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void WriteFrame_RandomValues_AreWhatTheLayoutSaysAndComeBack(byte type)
    {
        WireCase item = WireCatalogue.Of(type);
        var random = new Random(type);
        for (int round = 0; round < 200; round++)
        {
            object[] values = item.Values(random, longest: round == 0 ? 0 : 255);
            byte[] frame = item.Frame(values, FrameFlags.End, stream: 0x8877_6655_4433_2211);
            ReadOnlySpan<byte> rest = frame;

            Assert.Equal(FrameReadStatus.Ok, FrameReader.TryReadFrame(ref rest, out FrameHeader header, out ReadOnlySpan<byte> payload));

            Assert.True(rest.IsEmpty);
            Assert.Equal(new FrameHeader(payload.Length, (MessageType)type, FrameFlags.End, 0x8877_6655_4433_2211), header);
            Assert.Equal(item.Layout.Payload(values), payload.ToArray());
            Assert.Equal(values, item.Read(payload));
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void TryRead_EveryTruncation_IsRefused(byte type)
    {
        WireCase item = WireCatalogue.Of(type);
        byte[] payload = item.Layout.Payload(item.Values(new Random(type), longest: 40));

        for (int length = 0; length < payload.Length; length++)
        {
            Assert.Null(item.Read(payload.AsSpan(0, length)));
        }

        Assert.NotNull(item.Read(payload));
        Assert.Null(item.Read([.. payload, 0]));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void TryRead_EveryCorruptLength_IsRefused(byte type)
    {
        WireCase item = WireCatalogue.Of(type);
        byte[] payload = item.Layout.Payload(item.Values(new Random(type), longest: 40));
        foreach (WireLayoutField field in item.Layout.Where(field => field.IsBytes))
        {
            byte[] corrupt = [.. payload];
            ulong right = Number(payload, field);
            foreach (ulong wrong in WrongLengths(field).Where(value => value != right))
            {
                SetNumber(corrupt, field, wrong);
                Assert.Null(item.Read(corrupt));
            }
        }
    }

    [Fact]
    public void TryRead_LengthsThatWrapAroundToTheSize_AreRefused()
    {
        byte[] payload = new byte[ResponseMessage.FixedSize + 30];
        for (uint headers = 0; headers <= 40; headers++)
        {
            // headers + body = 30 in 32 bits for each of these, in 64 bits only for those of up to 30.
            BinaryPrimitives.WriteUInt32LittleEndian(payload.AsSpan(2), headers);
            BinaryPrimitives.WriteUInt32LittleEndian(payload.AsSpan(6), unchecked(30 - headers));

            Assert.Equal(headers <= 30, ResponseMessage.TryRead(payload, out _));
        }
    }

    [Fact]
    public void Request_Frame_HasTheseBytes()
    {
        var request = new RequestMessage
        {
            QueueMicroseconds = 0x01020304,
            Method = "GET"u8,
            RawPath = "/a%20b"u8,
            Query = "q=1"u8,
            Connection = "http\01.1\0::1\08080\0::1\080"u8,
            Headers = "host\0x"u8,
            Body = "hi"u8,
        };
        var output = new ArrayBufferWriter<byte>();

        request.WriteFrame(output, FrameFlags.End | FrameFlags.ExpectContinue, stream: 0x0000_0002_0000_0007);

        const string Expected =
            "3f000000" + "10" + "03" + "0000" + "0700000002000000"
            + "04030201" + "03" + "0600" + "0300" + "1800" + "06000000" + "02000000"
            + "474554" + "2f6125323062" + "713d31" + "68747470" + "00312e31" + "003a3a31" + "0038303830" + "003a3a31" + "003830"
            + "686f73740078" + "6869";
        Assert.Equal(Expected, Hex(output.WrittenSpan));
    }

    [Fact]
    public void Response_Frame_HasTheseBytes()
    {
        var response = new ResponseMessage { Status = 404, Headers = "A\0b"u8, Body = "no"u8 };
        var output = new ArrayBufferWriter<byte>();

        response.WriteFrame(output, FrameFlags.End, stream: 0x0000_0002_0000_0007);

        Assert.Equal(
            "0f000000" + "12" + "01" + "0000" + "0700000002000000" + "9401" + "03000000" + "02000000" + "410062" + "6e6f",
            Hex(output.WrittenSpan));
    }

    [Fact]
    public void WriteFixed_ThenVariableBytes_IsWhatWriteWrites()
    {
        byte[] expected = new byte[ResponseMessage.FixedSize + 5];
        new ResponseMessage { Status = 200, Headers = "a\0b"u8, Body = "no"u8 }.Write(expected);
        byte[] actual = new byte[expected.Length];

        ResponseMessage.WriteFixed(actual, 200, headersLength: 3, bodyLength: 2);
        "a\0bno"u8.CopyTo(actual.AsSpan(ResponseMessage.FixedSize));

        Assert.Equal(expected, actual);
    }

    [Fact]
    public void Write_FieldLongerThanItsLengthAllows_Throws()
    {
        Assert.Throws<ArgumentException>(() => new HelloMessage { Token = new byte[256] }.Write(new byte[1000]));
        Assert.Throws<ArgumentException>(() => new ResetMessage { Message = new byte[65_536] }.Write(new byte[100_000]));
        Assert.Throws<ArgumentException>(() => HelloMessage.WriteFixed(new byte[100], 0, 0, 0, 0, 0, tokenLength: -1));
        Assert.Throws<ArgumentException>(() => new ResetMessage().Write(new byte[ResetMessage.FixedSize - 1]));
    }

    [Fact]
    public void WriteFrame_PayloadOfMaxPayload_IsTheLongestThatIsWritten()
    {
        byte[] body = new byte[ProtocolLimits.MaxPayload - ResponseMessage.FixedSize];
        var output = new ArrayBufferWriter<byte>();
        new ResponseMessage { Body = body }.WriteFrame(output, FrameFlags.None, 1);
        ReadOnlySpan<byte> written = output.WrittenSpan;

        Assert.Equal(FrameReadStatus.Ok, FrameReader.TryReadFrame(ref written, out FrameHeader header, out _));
        Assert.Equal(ProtocolLimits.MaxPayload, header.Length);
        Assert.Throws<ArgumentException>(() =>
            new ResponseMessage { Headers = "a"u8, Body = body }.WriteFrame(output, FrameFlags.None, 1));
        Assert.Equal(ProtocolLimits.HeaderSize + ProtocolLimits.MaxPayload, output.WrittenCount);
    }

    private static IEnumerable<ulong> WrongLengths(WireLayoutField field)
    {
        // All values of the narrow ones; of 32 bits the first 65,536, then around each power of two.
        for (ulong value = 0; value <= Math.Min(field.Max, ushort.MaxValue); value++)
        {
            yield return value;
        }

        for (int bit = 16; bit < field.Width * 8; bit++)
        {
            yield return 1UL << bit;
            yield return (1UL << bit) + 20;
            yield return field.Max - (1UL << (bit - 16));
            yield return field.Max >> (bit - 16);
        }
    }

    private static ulong Number(byte[] payload, WireLayoutField field)
    {
        ulong number = 0;
        for (int i = field.Width - 1; i >= 0; i--)
        {
            number = (number << 8) | payload[field.Offset + i];
        }

        return number;
    }

    private static void SetNumber(byte[] payload, WireLayoutField field, ulong number)
    {
        for (int i = 0; i < field.Width; i++)
        {
            payload[field.Offset + i] = (byte)(number >> (i * 8));
        }
    }

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
