using System.Text;
using Hydra.Configuration;

namespace Hydra.Cli;

/// <summary>Makes the table of other servers' words in docs/migrate.md. A test compares the file with this; build/options-doc.sh writes it.</summary>
internal static class MigrationDocument
{
    /// <summary>What stands before the table in the file.</summary>
    public const string Begin = "<!-- made from ForeignWords by build/options-doc.sh -->\n";

    /// <summary>What stands behind it.</summary>
    public const string End = "<!-- end -->\n";

    /// <summary>The table.</summary>
    public static string Create()
    {
        var text = new StringBuilder("| option | what is taken | what to do else |\n| --- | --- | --- |\n");
        foreach (ForeignWord word in ForeignWords.All)
        {
            string letter = word.Short is { } one ? $"`-{one}` " : "";
            string names = string.Join(' ', word.Names.Select(static name => $"`--{name}`"));
            text.Append($"| {(letter + names).TrimEnd()} | {word.Taken} | {word.Answer} |\n");
        }

        return text.ToString().Replace("  |", " |", StringComparison.Ordinal);
    }

    /// <summary>The document with the table in its place.</summary>
    /// <param name="document">The document as it is.</param>
    public static string Put(string document)
    {
        int begin = document.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        return document[..begin] + Create() + document[document.IndexOf(End, begin, StringComparison.Ordinal)..];
    }
}
