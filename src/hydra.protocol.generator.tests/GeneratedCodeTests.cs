using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace Hydra.Protocol.Generator.Tests;

public sealed class GeneratedCodeTests
{
    /// <summary>
    /// Variable fields before and between fixed ones, and names that are keywords, or that the generated functions use
    /// themselves, in one of the languages.
    /// </summary>
    private const string OddMessage = """
        using System.Buffers;

        namespace Hydra.Protocol;

        [WireMessage(MessageType.Odd, WireDirection.Both)]
        internal readonly ref partial struct OddMessage
        {
            [WireBytes(WireLength.U16)]
            public ReadOnlySpan<byte> From { get; init; }

            public byte Class { get; init; }

            [WireBytes(WireLength.U32)]
            public ReadOnlySpan<byte> Size1 { get; init; }

            public ulong Stream { get; init; }

            [WireBytes(WireLength.U8)]
            public ReadOnlySpan<byte> Payload { get; init; }

            public ushort Message { get; init; }

            public static int Ignored => 1;
        }

        public static class Harness
        {
            public static byte[] Frame()
            {
                var output = new ArrayBufferWriter<byte>();
                var message = new OddMessage
                {
                    From = [1, 2], Class = 3, Size1 = [4, 5, 6], Stream = 0x0102030405060708, Payload = [7], Message = 0x0a0b,
                };
                message.WriteFrame(output, FrameFlags.End, 9);
                return output.WrittenSpan.ToArray();
            }

            public static bool ReadsBack(byte[] payload) => OddMessage.TryRead(payload, out OddMessage m)
                && m.From.SequenceEqual(new byte[] { 1, 2 }) && m.Class == 3 && m.Size1.SequenceEqual(new byte[] { 4, 5, 6 })
                && m.Stream == 0x0102030405060708 && m.Payload.SequenceEqual(new byte[] { 7 }) && m.Message == 0x0a0b
                && m.PayloadSize == payload.Length;
        }
        """;

    private const string OddFrame =
        "18000000" + "2e" + "01" + "0000" + "0900000000000000"
        + "0200" + "03" + "03000000" + "0807060504030201" + "01" + "0b0a" + "0102" + "040506" + "07";

    private static readonly Edit[] Odd = [new("Enums.cs", "Reset = 0x15,", "Reset = 0x15, Odd = 0x2E,"), Edit.Add(OddMessage)];

    [Fact]
    public void Declaration_OfHydra_CompilesWithoutAnyDiagnostic()
    {
        WireRun run = WireRun.Of();

        Assert.Empty(run.Result.Diagnostics);
        Assert.Empty(run.Output.GetDiagnostics().Where(item => item.Severity >= DiagnosticSeverity.Warning));
    }

    [Fact]
    public void Message_WithoutProperties_HasNothingButItsType()
    {
        string source = WireRun.Of().Source("BodyMessage.g.cs");

        Assert.Contains("const MessageType Type = MessageType.Body;", source, StringComparison.Ordinal);
        Assert.DoesNotContain("(", source, StringComparison.Ordinal);
    }

    [Fact]
    public void Compilation_WithoutADeclaration_GetsNothing()
    {
        var input = CSharpCompilation.Create("empty", [WireRun.Parse("class C;", "C.cs")]);

        WireRun run = WireRun.Of(input, WireRun.Driver());

        Assert.Empty(run.Result.Diagnostics);
        Assert.Empty(run.Result.GeneratedTrees);
    }

    [Fact]
    public void OddMessage_InCSharp_HasTheseBytesAndComesBack()
    {
        WireRun run = WireRun.Of(Odd);
        using var image = new MemoryStream();
        Assert.Empty(run.Output.Emit(image).Diagnostics.Where(item => item.Severity >= DiagnosticSeverity.Warning));
        Type harness = Assembly.Load(image.ToArray()).GetType("Hydra.Protocol.Harness")!;

        byte[] frame = (byte[])harness.GetMethod("Frame")!.Invoke(null, null)!;

        Assert.Equal(OddFrame, Convert.ToHexStringLower(frame));
        Assert.True((bool)harness.GetMethod("ReadsBack")!.Invoke(null, [frame[16..]])!);
        Assert.False((bool)harness.GetMethod("ReadsBack")!.Invoke(null, [frame[16..^1]])!);
    }

    [Fact]
    public void OddMessage_InPython_HasTheSameBytesAndComesBack()
    {
        const string Script = """
            import sys
            module = {"__name__": "wire"}
            exec(sys.stdin.read(), module)
            frame = module["pack_odd"](9, 1, from_=b"\1\2", class_=3, size1_=b"\4\5\6", stream_=0x0102030405060708,
                                       payload_=b"\7", message=0x0a0b)
            print(frame.hex(), module["unpack_odd"](frame[16:]))
            """;

        string? output = ToolProcess.Python(Script, WireRun.Of(Odd).Python);

        if (output is not null)
        {
            Assert.Equal(OddFrame + @" (b'\x01\x02', 3, b'\x04\x05\x06', 72623859790382856, b'\x07', 2571)", output);
        }
    }
}
