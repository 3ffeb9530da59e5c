using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Hydra.Protocol.Generator;

/// <summary>
/// A file that is checked in beside the sources and that build/wire.sh writes: where it is in the repository, and what makes its text.
/// </summary>
internal sealed record GeneratedFile(string Path, Func<WireProtocol, string> Emit)
{
    public static readonly GeneratedFile Python = new("python/hydra_worker/wire.py", PythonEmitter.Emit);
    public static readonly GeneratedFile C = new("python/speedups/wire.h", CEmitter.Emit);
    public static readonly ImmutableArray<GeneratedFile> All = [Python, C];

    /// <summary>Whether the path of a file anywhere is this one's.</summary>
    public bool IsAt(string path) => path.Replace('\\', '/').EndsWith("/" + Path, StringComparison.Ordinal);

    /// <summary>Compares the checked-in file with the generated text. Nothing but CRLF is forgiven.</summary>
    public DiagnosticInfo? Check(WireProtocol protocol, ImmutableArray<AdditionalText> files, CancellationToken token)
    {
        if (files.FirstOrDefault(item => IsAt(item.Path)) is not { } file || file.GetText(token) is not { } text)
        {
            return DiagnosticInfo.At(WireDiagnostics.Drift, LocationInfo.None, Path, "is missing");
        }

        string expected = Emit(protocol);
        string actual = text.ToString().Replace("\r\n", "\n");
        if (actual == expected)
        {
            return null;
        }

        int line = FirstDifference(expected.Split('\n'), actual.Split('\n'));
        TextLine place = text.Lines[Math.Min(line, text.Lines.Count - 1)];
        var location = new LocationInfo(file.Path, place.Span, text.Lines.GetLinePositionSpan(place.Span));
        return DiagnosticInfo.At(WireDiagnostics.Drift, location, Path, $"differs from the declaration from line {line + 1} on");
    }

    private static int FirstDifference(string[] expected, string[] actual)
    {
        int line = 0;
        while (line < expected.Length && line < actual.Length && expected[line] == actual[line])
        {
            line++;
        }

        return line;
    }
}
