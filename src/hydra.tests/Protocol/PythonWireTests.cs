using System.Globalization;
using System.Text.Json.Nodes;
using Hydra.Protocol;
using Hydra.Workers.Processes;
using Hydra.Workers.Supervision;
using Xunit;

namespace Hydra.Tests.Protocol;

/// <summary>Both sides agree on every byte.</summary>
public sealed class PythonWireTests(PythonWire python) : IClassFixture<PythonWire>
{
    public static TheoryData<byte> Types => WireCatalogue.Types;

    [Theory]
    [MemberData(nameof(Types))]
    public void Pack_RandomValues_GivesTheBytesOfWriteFrame(byte type)
    {
        WireCase item = WireCatalogue.Of(type);
        var random = new Random(type);
        for (int round = 0; round < 20; round++)
        {
            object[] values = item.Values(random, longest: round * 10);
            ulong stream = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
            byte[] frame = item.Frame(values, FrameFlags.End, stream);

            Assert.Equal(frame, python.Pack(item.Type, FrameFlags.End, stream, values));
            Assert.Equal(values, python.Unpack(item.Type, frame.AsSpan(ProtocolLimits.HeaderSize)));
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Unpack_EveryTruncation_IsRefused(byte type)
    {
        WireCase item = WireCatalogue.Of(type);
        byte[] payload = item.Layout.Payload(item.Values(new Random(type), longest: 10));
        for (int length = 0; length < payload.Length; length++)
        {
            Assert.Null(python.Unpack(item.Type, payload.AsSpan(0, length)));
        }

        Assert.Null(python.Unpack(item.Type, [.. payload, 0]));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Unpack_CorruptedPayload_IsReadAsInCSharp(byte type)
    {
        WireCase item = WireCatalogue.Of(type);
        var random = new Random(type);
        for (int round = 0; round < 100; round++)
        {
            byte[] payload = item.Layout.Payload(item.Values(random, longest: 10));
            payload[random.Next(item.Layout.FixedSize())] = (byte)random.Next(16);

            Assert.Equal(item.Read(payload), python.Unpack(item.Type, payload));
        }
    }

    [Fact]
    public void PackBody_Data_IsAHeaderAndTheData()
    {
        byte[] expected = new byte[ProtocolLimits.HeaderSize + 3];
        new FrameHeader(3, MessageType.Body, FrameFlags.End, 5).Write(expected);
        "abc"u8.CopyTo(expected.AsSpan(ProtocolLimits.HeaderSize));

        Assert.Equal(expected, python.Pack(MessageType.Body, FrameFlags.End, 5, ["abc"u8.ToArray()]));
    }

    [Fact]
    public void Constants_OfTheModule_AreThoseOfTheDeclaration()
    {
        Assert.Equal(WireSchema.Hash, python.Constant("SCHEMA_HASH").GetValue<ulong>());
        Assert.Equal(ProtocolLimits.HeaderSize, python.Constant("HEADER_SIZE").GetValue<int>());
        Assert.Equal(ProtocolLimits.MaxPayload, python.Constant("MAX_PAYLOAD").GetValue<int>());
        Assert.Equal(ProtocolLimits.MaxBody, python.Constant("MAX_BODY").GetValue<int>());
        Assert.Equal(ProtocolLimits.MaxHeaders, python.Constant("MAX_HEADERS").GetValue<int>());
        AssertEnum<MessageType>("");
        AssertEnum<FrameFlags>("FLAG_");
        AssertEnum<InterfaceFeatures>("FEATURE_");
        AssertEnum<LinkKind>("LINK_");
        AssertEnum<StartFailure>("FAILURE_");
        AssertEnum<CancelReason>("CANCEL_");
        AssertEnum<ResetReason>("RESET_");
        AssertEnum<WireLogLevel>("LOG_");
        AssertEnum<StateOperation>("STATE_");
        AssertEnum<StateOptions>("WITH_");
        AssertEnum<StateStatus>("STATUS_");
        AssertEnum<SlowPolicy>("SLOW_");
        AssertEnum<TopicKind>("TOPIC_");
    }

    [Fact]
    public void Directions_OfTheModule_AreThoseOfTheDeclaration()
    {
        MessageType[] types = Enum.GetValues<MessageType>();

        Assert.Equal(types.Where(WireSchema.CanReceiveFromFront), TypesIn("FROM_FRONT"));
        Assert.Equal(types.Where(WireSchema.CanReceiveFromWorker), TypesIn("FROM_WORKER"));
    }

    [Fact]
    public void Fields_OfTheBootDocument_AreThoseOfItsJson()
    {
        var document = new BootDocument
        {
            Address = "",
            Token = "",
            Worker = 0,
            App = "",
            Factory = false,
            AppDir = "",
            Interface = "",
            Loop = "",
            Lifespan = "",
            Threads = 1,
            DataLinks = 1,
            LogLevel = "",
            GraceMilliseconds = 0,
            Interruptible = false,
            Version = "",
        };

        JsonObject json = JsonNode.Parse(BootDocumentJson.ToLine(document))!.AsObject();

        Assert.Equal(python.Constant("BOOT").AsArray().Select(name => name!.GetValue<string>()), json.Select(field => field.Key).Order(StringComparer.Ordinal));
        Assert.Equal(WireSchema.Hash.ToString(CultureInfo.InvariantCulture), json["schema"]!.GetValue<string>());
    }

    private IEnumerable<MessageType> TypesIn(string name) =>
        python.Constant(name).AsArray().Select(item => (MessageType)item!.GetValue<byte>());

    private void AssertEnum<T>(string prefix)
        where T : struct, Enum
    {
        foreach (T value in Enum.GetValues<T>())
        {
            string name = prefix + string.Concat(value.ToString().Select((letter, i) =>
                i > 0 && char.IsUpper(letter) ? "_" + letter : char.ToUpperInvariant(letter).ToString()));

            Assert.Equal(Convert.ToByte(value), python.Constant(name).GetValue<byte>());
        }
    }
}
