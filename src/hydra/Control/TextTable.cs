namespace Hydra.Control;

/// <summary>Rows of words, each column as wide as its widest.</summary>
internal sealed class TextTable
{
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
    public IEnumerable<string> Lines(int indent = 0)
    {
        int[] widths = [.. _isRight.Select((_, column) => _rows.Max(row => row[column].Length))];
        return _rows.Select(row => new string(' ', indent)
            + string.Join("  ", row.Select((cell, column) => _isRight[column] ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]))).TrimEnd());
    }
}
