using Xunit;

namespace Hydra.Protocol.Generator.Tests;

public sealed class SchemaHashTests
{
    private static readonly ulong Unchanged = WireRun.Of().Hash;

    [Theory]
    [InlineData("ProtocolLimits.cs", "256 * 1024", "128 * 1024")]
    [InlineData("ProtocolLimits.cs", "MaxBody = 64", "MaxBody = 32")]
    [InlineData("ProtocolLimits.cs", "MaxHeaders = 128", "MaxHeaders = 64")]
    [InlineData("Enums.cs", "Reset = 0x15", "Reset = 0x2F")]
    [InlineData("Enums.cs", "ExpectContinue = 2", "ExpectContinue = 4")]
    [InlineData("Enums.cs", "ExpectContinue = 2", "ExpectContinue = 2, Third = 4")]
    [InlineData("Enums.cs", "Timeout = 2", "TimedOut = 2")]
    [InlineData("Enums.cs", "NoResponse = 3", "NoResponse = 7")]
    [InlineData("Enums.cs", "enum LinkKind : byte", "enum LinkKind : ushort")]
    [InlineData("Messages.cs", "MessageType.Window, WireDirection.Both", "MessageType.Window, WireDirection.ToFront")]
    [InlineData("Messages.cs", "WireDirection.Both, Flags = FrameFlags.End |", "WireDirection.Both, Flags =")]
    [InlineData("BootDocument.cs", "public required bool Factory", "public required int Factory")]
    [InlineData("BootDocument.cs", "required bool Factory", "required bool IsFactory")]
    [InlineData("BootDocument.cs", "    public required bool Factory { get; init; }", "")]
    [InlineData("Messages.cs", "public uint Credit", "public ulong Credit")]
    [InlineData("Messages.cs", "public uint Credit", "public uint Grant")]
    [InlineData("Messages.cs", "public uint Credit { get; init; }", "public uint Credit { get; init; } public byte More { get; init; }")]
    [InlineData("Messages.cs", "WireLength.U16", "WireLength.U32")]
    [InlineData("Messages.cs", "public byte Kind { get; init; }", "")]
    public void Hash_AfterAChangeThatMatters_Differs(string file, string old, string @new)
    {
        WireRun run = WireRun.Of(new Edit(file, old, @new));

        Assert.Empty(run.Result.Diagnostics);
        Assert.NotEqual(Unchanged, run.Hash);
        Assert.Contains($"SCHEMA_HASH = 0x{run.Hash:x16}\n", run.Python, StringComparison.Ordinal);
    }

    [Fact]
    public void Hash_AfterFieldsChangePlaces_Differs()
    {
        WireRun run = WireRun.Of(
            new Edit("Messages.cs", "public byte Kind {", "public byte Swap {"),
            new Edit("Messages.cs", "public byte Index {", "public byte Kind {"),
            new Edit("Messages.cs", "public byte Swap {", "public byte Index {"));

        Assert.NotEqual(Unchanged, run.Hash);
    }

    [Fact]
    public void Hash_AfterTwoMessagesChangeNumbers_Differs()
    {
        WireRun run = WireRun.Of(
            new Edit("Enums.cs", "Ping = 0x06", "Ping = 0x07"), new Edit("Enums.cs", "Pong = 0x07", "Pong = 0x06"));

        Assert.Empty(run.Result.Diagnostics);
        Assert.NotEqual(Unchanged, run.Hash);
    }

    [Fact]
    public void Hash_AfterACommentOrAMoveToAnotherFile_IsTheSame()
    {
        const string Enum = "[WireEnum(PythonPrefix = \"LINK_\")]\ninternal enum LinkKind : byte";
        WireRun run = WireRun.Of(
            new Edit("Messages.cs", "/// <summary>Comes back in the PONG.</summary>", "// Other words."),
            new Edit("Enums.cs", Enum, "internal enum OldKind"),
            Edit.Add($"namespace Hydra.Protocol;\n{Enum} {{ Control = 0, Data = 1, State = 2 }}"));

        Assert.Empty(run.Result.Diagnostics);
        Assert.Equal(Unchanged, run.Hash);
        Assert.Equal(WireRun.CheckedInPython, run.Python);
    }
}
