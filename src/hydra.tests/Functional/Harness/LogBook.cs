using System.Text;
using System.Text.RegularExpressions;

namespace Hydra.Tests.Functional.Harness;

/// <summary>
/// What a server wrote to standard error and standard output. The readers' threads add lines, tests look: <c>_lock</c> guards all.
/// A record is a line with a time and a level, and the lines below it that have none.
/// </summary>
public sealed partial class LogBook
{
    private readonly Lock _lock = new();
    private readonly List<StringBuilder> _records = [];
    private readonly List<string> _output = [];
    private readonly HashSet<int> _claimed = [];

    /// <summary>All of standard error.</summary>
    public string Text
    {
        get
        {
            lock (_lock)
            {
                return string.Join('\n', _records);
            }
        }
    }

    /// <summary>All lines of standard output.</summary>
    public IReadOnlyList<string> Output
    {
        get
        {
            lock (_lock)
            {
                return [.. _output];
            }
        }
    }

    /// <summary>Takes a line of standard error.</summary>
    public void AddError(string line)
    {
        lock (_lock)
        {
            if (_records.Count == 0 || Head().IsMatch(line) || IsCrash(line))
            {
                _records.Add(new StringBuilder(line));
            }
            else
            {
                _records[^1].Append('\n').Append(line);
            }
        }
    }

    /// <summary>Takes a line of standard output.</summary>
    public void AddOutput(string line)
    {
        lock (_lock)
        {
            _output.Add(line);
        }
    }

    /// <summary>The records that contain all of these.</summary>
    public IReadOnlyList<string> Find(params string[] fragments)
    {
        lock (_lock)
        {
            return [.. _records.Select(r => r.ToString()).Where(r => fragments.All(f => r.Contains(f, StringComparison.Ordinal)))];
        }
    }

    /// <summary>Waits for a record that contains all of these.</summary>
    public Task<string> WaitAsync(params string[] fragments)
        => Eventually.FindAsync(() => Find(fragments) is [{ } record, ..] ? record : null, $"a log record with \"{string.Join("\", \"", fragments)}\"", () => Text);

    /// <summary>How often a worker has got ready, in one process or another; null for all workers.</summary>
    public int ReadyCount(int? worker = null)
    {
        lock (_lock)
        {
            return _records.Count(record => WorkerReady().Match(record.ToString()) is { Success: true } ready
                && (worker is null || int.Parse(ready.Groups[1].ValueSpan) == worker));
        }
    }

    /// <summary>Waits until a worker has got ready so many times.</summary>
    public Task WaitUntilReadyAsync(int worker, int times = 1)
        => Eventually.HoldsAsync(() => ReadyCount(worker) == times, $"worker {worker} ready {times} times", () => Text);

    /// <summary>Waits for an error record that contains all of these, and takes it: it is expected, and another one is not.</summary>
    public Task<string> ExpectErrorAsync(params string[] fragments)
        => Eventually.FindAsync(() => Claim(fragments), $"an error record with \"{string.Join("\", \"", fragments)}\"", () => Text);

    /// <summary>Takes the error records that no test has taken: each fails one test, not all that share the server.</summary>
    public IReadOnlyList<string> TakeUnexpectedErrors()
    {
        lock (_lock)
        {
            return [.. Errors().Where(_claimed.Add).Select(i => _records[i].ToString())];
        }
    }

    /// <summary>Takes all error records that contain this.</summary>
    public void ExpectAnyErrors(string fragment)
    {
        while (Claim([fragment]) is not null)
        {
            // The next one.
        }
    }

    private string? Claim(string[] fragments)
    {
        lock (_lock)
        {
            foreach (int i in Errors())
            {
                string record = _records[i].ToString();
                if (!_claimed.Contains(i) && fragments.All(f => record.Contains(f, StringComparison.Ordinal)))
                {
                    _claimed.Add(i);
                    return record;
                }
            }
        }

        return null;
    }

    private IEnumerable<int> Errors()
        => Enumerable.Range(0, _records.Count).Where(i => IsError(_records[i].ToString()));

    // A stack trace of ours is an error wherever it stands.
    private static bool IsError(string record)
        => ErrorHead().IsMatch(record) || IsCrash(record) || record.Contains("\n   at Hydra.", StringComparison.Ordinal);

    private static bool IsCrash(string line)
        => line.StartsWith("Unhandled exception", StringComparison.Ordinal) || line.StartsWith("Process terminated", StringComparison.Ordinal);

    [GeneratedRegex(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [+-]\d{4} +\[[A-Z]+\] ")]
    private static partial Regex Head();

    [GeneratedRegex(@"worker (\d+) \(pid \d+\) is ready$")]
    private static partial Regex WorkerReady();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [+-]\d{4} +\[(ERROR|CRIT)\] ")]
    private static partial Regex ErrorHead();
}
