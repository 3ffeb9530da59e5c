using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Xunit;

namespace Hydra.Protocol.Generator.Tests;

/// <summary>The files that are checked in beside the sources: compared with the declaration by each build.</summary>
public sealed class GeneratedFileTests
{
    private const string Python = "/repository/python/hydra_worker/wire.py";
    private const string C = "/repository/python/speedups/wire.h";

    [Fact]
    public void Check_SameTexts_PassAlsoWithCrLf()
    {
        WireRun run = WireRun.Of();

        Assert.Empty(Check(null, new MemoryText(Python, run.Python), new MemoryText(C, run.C)));
        Assert.Empty(Check("true", new MemoryText(Python, WithCrLf(run.Python)), new MemoryText(C, WithCrLf(run.C))));
    }

    [Theory]
    [InlineData(Python, "HEADER_SIZE = 16")]
    [InlineData(C, "#define WIRE_HEADER_SIZE 16")]
    public void Check_ChangedLine_IsReportedThere(string path, string line)
    {
        string text = TextOf(path);
        int number = Array.IndexOf(text.Split('\n'), line);

        Diagnostic found = Assert.Single(CheckOne(path, text.Replace(line, line + "7", StringComparison.Ordinal)));

        Assert.Equal("HYWIRE010", found.Id);
        Assert.Equal((path, number), (found.Location.GetLineSpan().Path, found.Location.GetLineSpan().StartLinePosition.Line));
        Assert.StartsWith(path["/repository/".Length..] + " differs", found.GetMessage(), StringComparison.Ordinal);
        Assert.Contains("build/wire.sh", found.GetMessage(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Python, "\n")]
    [InlineData(Python, " ")]
    [InlineData(Python, "# more\n")]
    [InlineData(C, "\n")]
    [InlineData(C, "#define MORE\n")]
    public void Check_TextAtTheEnd_IsReported(string path, string more)
    {
        Assert.Equal("HYWIRE010", Assert.Single(CheckOne(path, TextOf(path) + more)).Id);
    }

    [Theory]
    [InlineData(Python)]
    [InlineData(C)]
    public void Check_MissingEnd_IsReported(string path)
    {
        Assert.Equal("HYWIRE010", Assert.Single(CheckOne(path, TextOf(path)[..^1])).Id);
        Assert.Equal("HYWIRE010", Assert.Single(CheckOne(path, "")).Id);
    }

    [Fact]
    public void Check_NoFiles_IsReportedForEach()
    {
        string[] messages = [.. Check(null).Select(found => $"{found.Id} {found.GetMessage()}")];

        Assert.Equal(
            [
                "HYWIRE010 python/hydra_worker/wire.py is missing; run build/wire.sh",
                "HYWIRE010 python/speedups/wire.h is missing; run build/wire.sh",
            ],
            messages.Order());
    }

    [Fact]
    public void Check_ChangedDeclaration_IsReportedForEach()
    {
        WireRun run = WireRun.Of();
        WireRun changed = WireRun.Of(
            WireRun.Compile(new Edit("Messages.cs", "public uint Credit", "public ulong Credit")),
            WireRun.Driver(null, new MemoryText(Python, run.Python), new MemoryText(C, run.C)));

        Assert.Equal([Python, C], changed.Result.Diagnostics.Select(found => found.Location.GetLineSpan().Path));
    }

    [Fact]
    public void Check_TurnedOff_SaysNothing()
    {
        Assert.Empty(Check("false", new MemoryText(Python, "x = 1\n"), new MemoryText(C, "")));
        Assert.Empty(Check("False", new MemoryText(Python, "x = 1\n")));
    }

    private static string WithCrLf(string text) => text.Replace("\n", "\r\n", StringComparison.Ordinal);

    private static string TextOf(string path) => path == Python ? WireRun.Of().Python : WireRun.Of().C;

    // The other file is right.
    private static ImmutableArray<Diagnostic> CheckOne(string path, string text)
    {
        string other = path == Python ? C : Python;
        return Check(null, new MemoryText(path, text), new MemoryText(other, TextOf(other)));
    }

    private static ImmutableArray<Diagnostic> Check(string? check, params MemoryText[] files) =>
        WireRun.Of(WireRun.Compile(), WireRun.Driver(check, files)).Result.Diagnostics;
}
