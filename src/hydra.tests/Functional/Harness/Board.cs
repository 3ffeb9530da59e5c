namespace Hydra.Tests.Functional.Harness;

/// <summary>How a test talks with the application beside HTTP; the other side is Apps/signals_board.py.</summary>
public sealed class Board(string directory)
{
    /// <summary>Lets the application go on.</summary>
    public void Open(string gate) => File.WriteAllText(Path.Combine(directory, "gate-" + gate), "");

    /// <summary>What the application has recorded so far.</summary>
    public IReadOnlyList<string> Records(string key)
    {
        string path = Path.Combine(directory, "record-" + key);
        return File.Exists(path) ? File.ReadAllText(path).Split('\n', StringSplitOptions.RemoveEmptyEntries) : [];
    }

    /// <summary>Waits for this many records.</summary>
    public Task<IReadOnlyList<string>> WaitAsync(string key, int count = 1)
        => Eventually.FindAsync(
            () => Records(key) is { } records && records.Count >= count ? records : null,
            $"{count} records of the application under \"{key}\"",
            () => string.Join(", ", Records(key)));

    /// <summary>A key that no other test uses.</summary>
    public static string NewKey() => Guid.NewGuid().ToString("N")[..12];
}
