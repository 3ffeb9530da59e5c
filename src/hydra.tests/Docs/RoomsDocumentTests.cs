using System.Text.RegularExpressions;
using Xunit;

namespace Hydra.Tests.Docs;

/// <summary>docs/rooms.md names files that exist.</summary>
public sealed partial class RoomsDocumentTests
{
    [Fact]
    public void Document_EachFile_Exists()
    {
        string document = File.ReadAllText(RepositoryFiles.At("docs", "rooms.md"));
        string[] named = [.. FileName().Matches(document).Select(m => m.Groups[1].Value).Distinct()];
        HashSet<string> files = [.. Sources("src", "hydra").Concat(Sources("python", "hydra_worker"))];

        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.Contains(files, file => file.EndsWith($"/{name}", StringComparison.Ordinal)));
    }

    private static IEnumerable<string> Sources(params string[] path)
        => Directory.EnumerateFiles(RepositoryFiles.At(path), "*", SearchOption.AllDirectories)
            .Select(static file => file.Replace(Path.DirectorySeparatorChar, '/'));

    [GeneratedRegex(@"`([\w/]+\.(?:cs|py))`")]
    private static partial Regex FileName();
}
