using System.Text.RegularExpressions;
using Hydra.Configuration;

namespace Hydra.Cli;

/// <summary>What a shell can propose for an option's value, which its placeholder says.</summary>
internal static partial class CompletedValue
{
    /// <summary>The words that the value may be: those of "N|auto" that are not in capitals.</summary>
    public static IReadOnlyList<string> Words(Option option)
        => [.. (option.Placeholder ?? "").Split('|').Where(static word => Literal().IsMatch(word))];

    /// <summary>Whether it is a file.</summary>
    public static bool IsFile(Option option) => option.Placeholder == "PATH";

    /// <summary>Whether it is a directory.</summary>
    public static bool IsDirectory(Option option) => option.Placeholder == "DIR";

    /// <summary>The long names that can be typed, with those that turn a switch off.</summary>
    public static IEnumerable<string> Names(Option option)
        => option is { IsSwitch: true, IsCommand: false } ? option.Names.Append("no-" + option.Name) : option.Names;

    /// <summary>The first sentence of the option's help, without its end.</summary>
    public static string Summary(string help)
    {
        Match end = SentenceEnd().Match(help);
        return end.Success ? help[..end.Index] : help.TrimEnd('.');
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9.,-]*$")]
    private static partial Regex Literal();

    // Not behind "e.g." and the like, of which the help has none, nor in 1.2.
    [GeneratedRegex(@"[.:;] ")]
    private static partial Regex SentenceEnd();
}
