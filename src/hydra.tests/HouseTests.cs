using System.Text.RegularExpressions;
using Xunit;

namespace Hydra.Tests;

/// <summary>The house rules that can be counted.</summary>
public partial class HouseTests
{
    private const int MostLines = 400;

    // Tables.
    private static readonly string[] Exempt = ["OptionTable"];

    // Nothing but declarations: what they say is asserted where it is said.
    private static readonly string[] LogMessages = ["HttpLog", "DispatchLog"];

    private static readonly string Root = RepositoryFiles.At("src", "hydra");

    [Fact]
    public void Types_AllPartsTogether_FitAReader()
    {
        IEnumerable<string> tooLong = Sources().SelectMany(static file => Types(File.ReadAllLines(file)))
            .GroupBy(static type => type.Name, static (name, parts) => (Name: name, Lines: parts.Sum(static part => part.Lines)))
            .Where(static type => type.Lines > MostLines && !Exempt.Contains(type.Name))
            .Select(static type => $"{type.Name} has {type.Lines} lines");

        Assert.Empty(tooLong);
    }

    [Fact]
    public void Types_OfEveryKind_AreCountedFromTheirHeadToTheirEnd()
    {
        string[] source =
        [
            "/// <summary>One.</summary>",
            "internal sealed partial class Fleet : IDisposable",
            "{",
            "    private struct Inner",
            "    {",
            "    }",
            "}",
            "",
            "public readonly record struct Point(int X, int Y);",
            "internal sealed class Wide(",
            "    int x,",
            "    int y) : IDisposable",
            "{",
            "}",
            "internal enum State",
            "{",
            "}",
            "internal delegate void Handler(int x);",
        ];

        Assert.Equal([("Fleet", 6), ("Point", 1), ("Wide", 5), ("State", 3)], Types(source));
    }

    [Fact]
    public void Types_OfHttpEdgeAndDispatch_AreNamedByAUnitTest()
    {
        string tests = RepositoryFiles.At("src", "hydra.tests");
        string[] unitTests = [.. Directory.GetFiles(tests, "*.cs", SearchOption.AllDirectories)
            .Where(file => Path.GetRelativePath(tests, file).Split(Path.DirectorySeparatorChar)[0] is not ("obj" or "bin" or "Functional"))
            .Select(File.ReadAllText)];
        string[] unnamed = [.. Sources()
            .Where(static file => Path.GetRelativePath(Root, file).Split(Path.DirectorySeparatorChar)[0] is "Http" or "Edge" or "Dispatch")
            .SelectMany(static file => Types(File.ReadAllLines(file))).Select(static type => type.Name).Distinct()
            .Where(static type => !LogMessages.Contains(type))
            .Where(type => !Array.Exists(unitTests, text => Regex.IsMatch(text, $@"\b{type}(Tests)?\b")))];

        Assert.Empty(unnamed);
    }

    [Fact]
    public void Events_OfTheLog_HaveNumbersOfTheirOwn()
    {
        string[] numbers = [.. Sources().SelectMany(static file => EventNumber().Matches(File.ReadAllText(file))).Select(static match => match.Groups["number"].Value)];

        Assert.NotEmpty(numbers);
        Assert.Empty(numbers.GroupBy(static number => number).Where(static group => group.Count() > 1).Select(static group => group.Key));
    }

    private static IEnumerable<string> Sources()
        => Directory.GetFiles(Root, "*.cs", SearchOption.AllDirectories)
            .Where(static file => Path.GetRelativePath(Root, file).Split(Path.DirectorySeparatorChar)[0] is not ("obj" or "bin"));

    // With what is nested in them. The sources are formatted, so that a type of a namespace begins and ends at the margin.
    private static IEnumerable<(string Name, int Lines)> Types(string[] source)
    {
        string? name = null;
        int first = 0;
        bool isOpen = false;
        for (int i = 0; i < source.Length; i++)
        {
            if (name is null && TypeHead().Match(source[i]) is { Success: true } head)
            {
                (name, first, isOpen) = (head.Groups["name"].Value, i, false);
            }

            isOpen |= source[i] == "{";
            bool isEnd = source[i].StartsWith('}') || (!isOpen && source[i].EndsWith(';'));
            if (name is not null && isEnd)
            {
                yield return (name, i - first + 1);
                name = null;
            }
        }
    }

    [GeneratedRegex(
        @"^((public|internal|file|static|sealed|abstract|partial|readonly|ref|unsafe)\s+)*(class|record(\s+(struct|class))?|struct|interface|enum)\s+(?<name>\w+)")]
    private static partial Regex TypeHead();

    [GeneratedRegex(@"\[LoggerMessage\((?<number>\d+)")]
    private static partial Regex EventNumber();
}
