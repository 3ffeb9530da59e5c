using System.Text.RegularExpressions;
using Xunit;

namespace Hydra.Tests;

/// <summary>The rings of docs/architecture.md: a ring names only rings further in.</summary>
public partial class RingTests
{
    private static readonly Dictionary<string, string[]> MayName = new()
    {
        ["Primitives"] = [],
        ["Diagnostics"] = ["Primitives"],
        ["Protocol"] = [],
        ["Transport"] = ["Primitives", "Diagnostics", "Protocol"],
        ["Workers"] = ["Primitives", "Diagnostics", "Protocol", "Transport"],
        ["Dispatch"] = ["Primitives", "Diagnostics", "Protocol", "Transport", "Workers"],
        ["Http"] = ["Primitives", "Diagnostics", "Protocol", "Transport", "Workers", "Dispatch"],
        ["Edge"] = ["Primitives", "Diagnostics", "Dispatch", "Http"],
        ["Configuration"] = ["Primitives", "Diagnostics"],
        ["Cli"] = ["Primitives", "Diagnostics", "Configuration"],
        ["Hosting"] = ["Primitives", "Diagnostics", "Protocol", "Transport", "Workers", "Dispatch", "Http", "Edge", "Configuration", "Cli"],
    };

    [Fact]
    public void Sources_EveryRing_NamesOnlyRingsFurtherIn()
    {
        List<string> wrong = [];
        foreach ((string ring, string[] allowed) in MayName)
        {
            foreach (string file in Files(ring))
            {
                IEnumerable<string> named = UsedRing().Matches(File.ReadAllText(file)).Select(m => m.Groups[1].Value);
                wrong.AddRange(named.Distinct().Where(n => n != ring && !allowed.Contains(n)).Select(n => $"{Path.GetFileName(file)} ({ring}) names {n}"));
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Sources_EveryFolder_IsARing()
    {
        string[] folders = [.. Directory.GetDirectories(RepositoryFiles.At("src", "hydra")).Select(d => Path.GetFileName(d)).Except(["bin", "obj"])];

        Assert.Empty(folders.Except(MayName.Keys));
    }

    [Fact]
    public void Workers_And_Protocol_KnowNoHttpContext()
    {
        IEnumerable<string> files = Files("Workers").Concat(Files("Protocol")).Concat(Files("Dispatch"));

        Assert.DoesNotContain(files, f => File.ReadAllText(f).Contains("HttpContext ", StringComparison.Ordinal));
    }

    private static string[] Files(string ring)
    {
        string folder = RepositoryFiles.At("src", "hydra", ring);
        return Directory.Exists(folder) ? Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories) : [];
    }

    [GeneratedRegex(@"\bHydra\.(Primitives|Diagnostics|Protocol|Transport|Workers|Dispatch|Http|Edge|Configuration|Cli|Hosting)\b")]
    private static partial Regex UsedRing();
}
