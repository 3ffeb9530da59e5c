namespace Hydra.Cli;

/// <summary>Breaks the help's sentences into lines, at spaces.</summary>
internal static class TextColumn
{
    /// <summary>The words of the text in lines of at most <paramref name="width"/> characters; a longer word stands alone.</summary>
    public static IEnumerable<string> Wrap(string text, int width)
    {
        string line = "";
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = "";
            }

            line = line.Length == 0 ? word : line + " " + word;
        }

        if (line.Length > 0)
        {
            yield return line;
        }
    }
}
