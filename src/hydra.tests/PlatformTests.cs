using Xunit;

namespace Hydra.Tests;

/// <summary>
/// Calls of the C library are marked as not being for Windows, so that the compiler refuses (CA1416) whatever a server there could come to: the tests run on
/// Linux alone, and would not notice.
/// </summary>
public class PlatformTests
{
    private const string Mark = "[UnsupportedOSPlatform(\"windows\")]";
    private const string Import = "[LibraryImport(\"libc\"";

    // The event loops, which are made on Linux alone, by one decision of FrontLoops; what closes their descriptors and reads ahead asks for it itself.
    private static readonly string[] Loops = ["LibC.Close", "LibC.Advise"];

    [Fact]
    public void CallsOfTheCLibrary_AreMarkedAsNotForWindows()
    {
        string[] bare = [.. Sources().SelectMany(static path => Unmarked(Path.GetFileNameWithoutExtension(path), File.ReadAllLines(path)))
            .Where(static call => !call.StartsWith("LoopSyscalls.", StringComparison.Ordinal) && !Loops.Contains(call))];

        Assert.Empty(bare);
    }

    [Fact]
    public void ACallWithoutTheMark_IsFound()
    {
        string[] source =
        [
            "internal static partial class Some",
            "{",
            "    " + Import + ", EntryPoint = \"kill\")]",
            "    private static partial int Bare(int process);",
            "",
            "    " + Mark,
            "    " + Import + ", EntryPoint = \"kill\")]",
            "    private static partial int Marked(int process);",
            "}",
        ];

        Assert.Equal(["Some.Bare"], Unmarked("Some", source));
        Assert.Empty(Unmarked("Some", [Mark, .. source]));
    }

    private static IEnumerable<string> Sources()
        => Directory.EnumerateFiles(RepositoryFiles.At("src", "hydra"), "*.cs", SearchOption.AllDirectories)
            .Where(static path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    // A mark in the first column is the type's.
    private static IEnumerable<string> Unmarked(string file, string[] lines)
    {
        for (int i = 0; i < lines.Length && !lines.Contains(Mark); i++)
        {
            if (!lines[i].TrimStart().StartsWith(Import, StringComparison.Ordinal) || lines[i - 1].Trim() == Mark)
            {
                continue;
            }

            string declaration = lines.Skip(i + 1).First(static line => line.Contains('('));
            yield return $"{file}.{declaration[..declaration.IndexOf('(')].Split(' ')[^1]}";
        }
    }
}
