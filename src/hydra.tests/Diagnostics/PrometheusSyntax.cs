using System.Text.RegularExpressions;
using Xunit;

namespace Hydra.Tests.Diagnostics;

/// <summary>Looks at a text as promtool does: the grammar, one HELP and TYPE for each metric before its samples, no series twice.</summary>
internal static partial class PrometheusSyntax
{
    private static readonly string[] Kinds = ["counter", "gauge", "histogram", "summary", "untyped"];
    private static readonly string[] OfHistograms = ["_bucket", "_sum", "_count"];
    private static readonly string[] OfSummaries = ["", "_sum", "_count"];
    private static readonly string[] OfOthers = [""];

    /// <summary>Fails where something is wrong.</summary>
    public static void Check(string text)
    {
        HashSet<string> named = [];
        HashSet<string> series = [];
        string current = "";
        string kind = "";
        foreach (string line in text.Split('\n').Where(static line => line.Length > 0))
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                current = line.Split(' ')[2];
                Assert.True(named.Add(current), $"{current} is there twice");
            }
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                string[] words = line.Split(' ');
                Assert.Equal((4, current), (words.Length, words[2]));
                kind = words[3];
                Assert.Contains(kind, Kinds);
            }
            else
            {
                Match match = Sample().Match(line);
                Assert.True(match.Success, line);
                Assert.True(series.Add(match.Groups["series"].Value), line);
                string rest = match.Groups["name"].Value;
                Assert.StartsWith(current, rest, StringComparison.Ordinal);
                Assert.Contains(rest[current.Length..], kind switch { "histogram" => OfHistograms, "summary" => OfSummaries, _ => OfOthers });
            }
        }
    }

    [GeneratedRegex("""^(?<series>(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\[\\"n])*"(,[a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\[\\"n])*")*\})?) ([-+]?[0-9.]+(E[-+]?[0-9]+)?|NaN|[-+]Inf)$""")]
    private static partial Regex Sample();
}
