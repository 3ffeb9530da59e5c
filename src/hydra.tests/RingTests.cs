using System.Text.RegularExpressions;
using Xunit;

namespace Hydra.Tests;

/// <summary>
/// The rings of docs/architecture.md: a ring names only rings further in. A ring may have rooms, which are rings of their own
/// ("Workers.Links"): then none of its sources is outside of them. To name a ring with rooms is to name all of them.
/// </summary>
public partial class RingTests
{
    private static readonly Dictionary<string, string[]> MayName = new()
    {
        ["Primitives"] = [],
        ["Diagnostics"] = ["Primitives"],
        ["Protocol"] = [],
        ["State"] = ["Protocol"],
        ["Topics"] = ["Primitives", "Protocol", "State"],
        ["Coding"] = ["Primitives"],
        ["Tls"] = ["Primitives"],
        ["Files"] = ["Primitives", "Coding"],
        ["Tracing"] = ["Primitives", "Diagnostics"],
        ["Transport"] = ["Primitives", "Diagnostics", "Protocol"],
        ["Redis"] = ["Primitives", "Protocol", "State", "Topics", "Transport"],
        ["Workers.Links"] = ["Primitives", "Diagnostics", "Protocol", "State", "Topics", "Transport"],
        ["Workers.Processes"] = ["Primitives", "Diagnostics", "Protocol", "State", "Topics", "Transport", "Workers.Links"],
        ["Workers.Supervision"] = ["Primitives", "Diagnostics", "Protocol", "State", "Topics", "Transport", "Workers.Links", "Workers.Processes"],
        ["Bridge"] = ["Primitives", "Protocol", "Workers.Processes"],
        ["Dispatch"] = ["Primitives", "Diagnostics", "Protocol", "Transport", "Workers.Links"],
        ["Http"] = ["Primitives", "Diagnostics", "Protocol", "Topics", "Transport", "Workers.Links", "Dispatch", "Tracing"],
        ["Edge"] = ["Primitives", "Diagnostics", "Coding", "Files", "Dispatch", "Http", "Tracing"],
        ["Configuration"] = ["Primitives", "Diagnostics", "Coding", "Tls", "Tracing"],
        ["Cli"] = ["Primitives", "Diagnostics", "Configuration"],
        ["Control"] = ["Primitives", "Diagnostics", "Configuration", "Cli"],
        ["Dashboard"] = ["Primitives", "Diagnostics"],
        ["Hosting"] = ["Primitives", "Diagnostics", "Protocol", "State", "Topics", "Coding", "Transport", "Workers", "Dispatch", "Http", "Edge", "Configuration", "Cli", "Control", "Dashboard", "Bridge", "Tls", "Files", "Tracing", "Redis"],
    };

    private static IEnumerable<string> OuterRings => MayName.Keys.Select(static ring => ring.Split('.')[0]).Distinct();

    [Fact]
    public void Picture_Rings_AreThoseOfTheTable()
    {
        string picture = File.ReadAllText(RepositoryFiles.At("docs", "rings.svg"));
        string[] drawn = [.. DrawnRing().Matches(picture).Select(m => m.Groups[1].Value)];

        // From the outside in, and no ring may name one that is drawn further out.
        Assert.Equal(MayName.Keys.Order(StringComparer.Ordinal), drawn.Order(StringComparer.Ordinal));
        Assert.All(drawn, (ring, i) => Assert.Empty(MayName[ring].Intersect(drawn[..i])));
    }

    [Fact]
    public void Sources_EveryRing_NamesOnlyRingsFurtherIn()
    {
        List<string> wrong = [];
        foreach ((string ring, string[] allowed) in MayName)
        {
            foreach (string file in Files(ring))
            {
                wrong.AddRange(Forbidden(ring, File.ReadAllText(file)).Select(named => $"{Path.GetFileName(file)} ({ring}) names {named}"));
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Sources_EveryFolder_IsARing()
    {
        IEnumerable<string> folders = Folders(RepositoryFiles.At("src", "hydra")).Except(["bin", "obj"]);

        Assert.Empty(folders.Except(OuterRings));
    }

    [Fact]
    public void Sources_RingWithRooms_HasNothingOutsideOfThem()
    {
        foreach (string outer in OuterRings.Where(ring => !MayName.ContainsKey(ring)))
        {
            string folder = RepositoryFiles.At("src", "hydra", outer);
            Assert.Empty(Directory.GetFiles(folder, "*.cs"));
            Assert.Empty(Folders(folder).Select(room => $"{outer}.{room}").Except(MayName.Keys));
        }
    }

    [Fact]
    public void Sources_EveryFile_HasTheNamespaceOfItsRing()
        => Assert.All(
            MayName.Keys.SelectMany(static ring => Files(ring).Select(file => (Ring: ring, File: file))),
            source => Assert.Contains($"\nnamespace Hydra.{source.Ring}", "\n" + File.ReadAllText(source.File), StringComparison.Ordinal));

    [Theory]
    [InlineData("Workers.Links", "using Hydra.Workers.Supervision;", "Workers.Supervision")]
    [InlineData("Workers.Links", "using Hydra.Workers;", "Workers")]
    [InlineData("Workers.Links", "Processes.ExitDescription.Of(1)", "Workers.Processes")]
    [InlineData("Workers.Processes", "using Hydra.Workers.Links;", null)]
    [InlineData("Workers.Processes", "return worker.Processes.Length;", null)]
    [InlineData("Dispatch", "using Hydra.Workers.Links;", null)]
    [InlineData("Dispatch", "using Hydra.Workers.Processes;", "Workers.Processes")]
    [InlineData("Dispatch", "Workers.Supervision.Fleet fleet;", "Workers.Supervision")]
    [InlineData("Hosting", "using Hydra.Workers.Supervision;", null)]
    [InlineData("Primitives", "using Hydra.Protocol;", "Protocol")]
    public void Forbidden_Text_IsWhatTheRingMayNotName(string ring, string text, string? expected)
        => Assert.Equal(expected is null ? [] : [expected], Forbidden(ring, text));

    [Fact]
    public void Workers_And_Protocol_KnowNoHttpContext()
    {
        IEnumerable<string> files = MayName.Keys.Where(ring => ring is "Protocol" or "Dispatch" || ring.StartsWith("Workers", StringComparison.Ordinal))
            .SelectMany(Files);

        Assert.DoesNotContain(files, f => File.ReadAllText(f).Contains("HttpContext ", StringComparison.Ordinal));
    }

    private static IEnumerable<string> Forbidden(string ring, string text)
    {
        string[] allowed = MayName[ring];
        IEnumerable<string> named = UsedRing().Matches(text).Select(m => m.Groups["ring"].Value)
            .Concat(UsedWithoutRoot().Matches(text).Select(m => m.Value))
            .Concat(UsedNeighbour().Matches(text).Select(m => $"{ring.Split('.')[0]}.{m.Value}").Where(MayName.ContainsKey));
        return named.Distinct().Where(n => n != ring && !allowed.Contains(n) && !allowed.Contains(n.Split('.')[0]));
    }

    private static IEnumerable<string> Folders(string path) => Directory.GetDirectories(path).Select(static d => Path.GetFileName(d));

    private static string[] Files(string ring)
    {
        string folder = RepositoryFiles.At(["src", "hydra", .. ring.Split('.')]);
        return Directory.Exists(folder) ? Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories) : [];
    }

    [GeneratedRegex(
        @"\bHydra\.(?<ring>Workers\.(Links|Processes|Supervision)|Primitives|Diagnostics|Coding|Protocol|Topics|Transport|Workers|Dispatch|Http|Edge|Bridge|Configuration|Cli|Control|Dashboard|Hosting|Files|Tracing|Redis)\b")]
    private static partial Regex UsedRing();

    // Inside of the namespace Hydra a room can be named without it, and inside of its ring by its own name alone.
    [GeneratedRegex(@"(?<![\w.])Workers\.(Links|Processes|Supervision)\b(?=\.)")]
    private static partial Regex UsedWithoutRoot();

    [GeneratedRegex("""font-weight="600"[^>]*>([\w.]+)<""")]
    private static partial Regex DrawnRing();

    [GeneratedRegex(@"(?<![\w.])(Links|Processes|Supervision)\b(?=\.[A-Z]\w*)")]
    private static partial Regex UsedNeighbour();
}
