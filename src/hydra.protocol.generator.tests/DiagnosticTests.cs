using Microsoft.CodeAnalysis;
using Xunit;

namespace Hydra.Protocol.Generator.Tests;

public sealed class DiagnosticTests
{
    private const string Messages = "Messages.cs";
    private const string Enums = "Enums.cs";
    private const string Limits = "ProtocolLimits.cs";

    [Theory]
    [InlineData("HYWIRE001", Messages, "readonly ref partial struct PingMessage", "ref partial struct PingMessage")]
    [InlineData("HYWIRE001", Messages, "readonly ref partial struct PingMessage", "readonly partial struct PingMessage")]
    [InlineData("HYWIRE001", Messages, "readonly ref partial struct PingMessage", "readonly ref struct PingMessage")]
    [InlineData("HYWIRE001", Messages, "readonly ref partial struct PingMessage", "readonly ref partial struct PingMessage<T>")]
    [InlineData("HYWIRE001", Messages, "namespace Hydra.Protocol;", "using Hydra.Protocol; namespace Other;")]
    [InlineData("HYWIRE002", Messages, "public uint GraceMilliseconds { get; init; }", "public int GraceMilliseconds { get; init; }")]
    [InlineData("HYWIRE002", Messages, "public uint GraceMilliseconds { get; init; }", "public string GraceMilliseconds { get; init; }")]
    [InlineData("HYWIRE002", Messages, "public uint GraceMilliseconds { get; init; }", "public uint GraceMilliseconds => 1;")]
    [InlineData("HYWIRE003", Messages, "[WireBytes(WireLength.U8)]\n    public ReadOnlySpan<byte> Token", "public ReadOnlySpan<byte> T")]
    [InlineData("HYWIRE004", Messages, "MessageType.Pong,", "MessageType.Ping,")]
    [InlineData("HYWIRE004", Enums, "Pong = 0x07", "Pong = 0x06")]
    [InlineData("HYWIRE005", Enums, "Reset = 0x15,", "Reset = 0x15, Extra = 0x2F,")]
    [InlineData("HYWIRE006", Messages, "MessageType.Pong,", "(MessageType)0x77,")]
    [InlineData("HYWIRE007", Limits, "HeaderSize = 16", "HeaderSize = 12")]
    [InlineData("HYWIRE007", Limits, "MaxBody", "MostBody")]
    [InlineData("HYWIRE007", Limits, "class ProtocolLimits", "class OtherLimits")]
    [InlineData("HYWIRE007", Enums, "[WireEnum]\ninternal enum MessageType", "internal enum MessageType")]
    [InlineData("HYWIRE007", Enums, "enum FrameFlags", "enum OtherFlags")]
    [InlineData("HYWIRE008", Enums, "LOG_", "LINK_", "Debug", "Control")]
    [InlineData("HYWIRE008", Enums, "LOG_", "HELLO_", "Debug", "Fields")]
    [InlineData("HYWIRE008", Enums, "Data = 1", "Data = 1, Header = 2", "PythonPrefix = \"LINK_\"", "PythonPrefix = \"\"")]
    [InlineData("HYWIRE008", Messages, "public uint GraceMilliseconds", "public uint Fixed")]
    [InlineData("HYWIRE009", Messages, "public uint GraceMilliseconds", "[WireBytes(WireLength.U8)] public uint GraceMilliseconds")]
    [InlineData("HYWIRE012", "BootDocument.cs", "public required bool Factory", "public required double Factory")]
    [InlineData("HYWIRE011", Messages, "GraceMilliseconds", "FixedSize")]
    public void Declaration_Broken_IsRefusedWith(string id, string file, params string[] changes)
    {
        WireRun run = WireRun.Of([.. changes.Chunk(2).Select(pair => new Edit(file, pair[0], pair[1]))]);

        Assert.Contains(id, run.Ids);
        Assert.All(run.Result.Diagnostics, item => Assert.Equal(DiagnosticSeverity.Error, item.Severity));
        Assert.Empty(run.Result.GeneratedTrees);
    }

    [Fact]
    public void Diagnostic_OfAProperty_StandsAtThePropertyAndNamesIt()
    {
        WireRun run = WireRun.Of(new Edit(Messages, "public uint BusyMicroseconds", "public int BusyMicroseconds"));

        Diagnostic found = Assert.Single(run.Result.Diagnostics);
        Assert.Contains("TakenMessage.BusyMicroseconds", found.GetMessage(), StringComparison.Ordinal);
        Assert.Equal(Messages, found.Location.GetLineSpan().Path);
        SyntaxTree tree = run.Input.SyntaxTrees.Single(item => item.FilePath == Messages);
        Assert.Equal("BusyMicroseconds", tree.GetText().ToString(found.Location.SourceSpan));
    }

    [Fact]
    public void Diagnostics_OfSeveralMistakes_AreAllReported()
    {
        WireRun run = WireRun.Of(
            new Edit(Messages, "public uint BusyMicroseconds", "public int BusyMicroseconds"),
            new Edit(Messages, "public uint Credit", "public long Credit"),
            new Edit(Limits, "HeaderSize = 16", "HeaderSize = 12"));

        Assert.Equal(["HYWIRE002", "HYWIRE002", "HYWIRE007"], run.Ids.Order());
    }
}
