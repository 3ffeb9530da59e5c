namespace Hydra.Control;

/// <summary>Rows of words, each column as wide as its widest.</summary>
internal sealed class TextTable
{
    private const string Gap = "  ";

    private readonly List<string[]> _rows = [];
    private readonly bool[] _isRight;

    /// <summary>Begins a table.</summary>
    /// <param name="columns">The headings; one that begins with a ">" is of numbers, flush right.</param>
    public TextTable(params string[] columns)
    {
        _isRight = [.. columns.Select(static column => column.StartsWith('>'))];
        _rows.Add([.. columns.Select(static column => column.TrimStart('>'))]);
    }

    /// <summary>Adds a row.</summary>
    public void Add(params string[] cells) => _rows.Add(cells);

    /// <summary>The lines, the headings first.</summary>
    /// <param name="indent">Spaces in front of each.</param>
    /// <param name="width">Columns of a terminal that they are to fit into, as far as leaving out what is spare makes them.</param>
    /// <param name="spare">The headings of columns that may be left out, those first that matter least.</param>
    public IEnumerable<string> Lines(int indent = 0, int width = int.MaxValue, params IReadOnlyList<string> spare)
    {
        int[] widths = [.. _isRight.Select((_, column) => _rows.Max(row => row[column].Length))];
        List<int> shown = [.. Enumerable.Range(0, widths.Length)];
        foreach (string heading in spare)
        {
            if (indent + shown.Sum(column => widths[column] + Gap.Length) - Gap.Length <= width)
            {
                break;
            }

            shown.Remove(Array.IndexOf(_rows[0], heading));
        }

        return _rows.Select(row => new string(' ', indent)
            + string.Join(Gap, shown.Select(column => _isRight[column] ? row[column].PadLeft(widths[column]) : row[column].PadRight(widths[column]))).TrimEnd());
    }
}
