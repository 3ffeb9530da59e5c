using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Hydra.Protocol.Generator;

/// <summary>Compares the checked-in wire.py with the generated text. Nothing but CRLF is forgiven.</summary>
internal static class PythonCheck
{
    private const string ModulePath = "hydra_worker/wire.py";

    public static bool IsPythonModule(string path) => path.Replace('\\', '/').EndsWith(ModulePath, StringComparison.Ordinal);

    public static DiagnosticInfo? Check(string expected, ImmutableArray<AdditionalText> files, CancellationToken token)
    {
        if (files.FirstOrDefault() is not { } file || file.GetText(token) is not { } text)
        {
            return DiagnosticInfo.At(WireDiagnostics.PythonDrift, LocationInfo.None, "is missing");
        }

        string actual = text.ToString().Replace("\r\n", "\n");
        if (actual == expected)
        {
            return null;
        }

        int line = FirstDifference(expected.Split('\n'), actual.Split('\n'));
        TextLine place = text.Lines[Math.Min(line, text.Lines.Count - 1)];
        var location = new LocationInfo(file.Path, place.Span, text.Lines.GetLinePositionSpan(place.Span));
        return DiagnosticInfo.At(WireDiagnostics.PythonDrift, location, $"differs from the declaration from line {line + 1} on");
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
