using System.Diagnostics;

namespace Hydra.Tests.Functional.Harness;

/// <summary>A process that a test started in a clean environment, with its output and everything that it started itself.</summary>
public sealed class RunningCommand : IAsyncDisposable
{
    private const string Mark = "FUNCTIONAL_TEST_RUN";

    private readonly Process _process;
    private readonly string _run = Guid.NewGuid().ToString("N");
    private readonly Task _read;

    /// <summary>Starts it.</summary>
    public RunningCommand(IReadOnlyList<string> command, string workingDirectory, IEnumerable<KeyValuePair<string, string?>> variables)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // Nothing of the test runner's environment may change what is tested.
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        start.Environment["HOME"] = workingDirectory;
        start.Environment["LANG"] = "C.UTF-8";
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        start.Environment[Mark] = _run;
        foreach ((string name, string? value) in variables)
        {
            if (value is null)
            {
                start.Environment.Remove(name);
            }
            else
            {
                start.Environment[name] = value;
            }
        }

        _process = Process.Start(start)!;
        _process.StandardInput.Close();
        Pid = _process.Id;
        _read = Task.WhenAll(ReadAsync(_process.StandardError, Log.AddError), ReadAsync(_process.StandardOutput, Log.AddOutput));
    }

    /// <summary>What it wrote.</summary>
    public LogBook Log { get; } = new();

    /// <summary>Its id.</summary>
    public int Pid { get; }

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>It and everything that it started and that is alive.</summary>
    public IReadOnlyList<int> Tree() => Processes.WithVariable(Mark, _run);

    /// <summary>Waits until it has ended by itself and all it wrote is read.</summary>
    public async Task<int> ExitAsync()
    {
        using var limit = new CancellationTokenSource(Eventually.Limit);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"the process did not end within {Eventually.Limit.TotalSeconds} s; it wrote:\n{Log.Text}{RecentFailures.Describe()}");
        }

        await Eventually.HoldsAsync(() => Tree().Count == 0, "the end of all processes that it started", DescribeTree);
        await _read;
        return _process.ExitCode;
    }

    /// <summary>Kills what is left, and waits until nothing of it writes any more.</summary>
    public async ValueTask DisposeAsync()
    {
        // A browser's helpers write their titles over the environment by which Tree() knows them: those are known by their parents.
        HashSet<int> all = _process.HasExited ? [] : [.. Processes.Descendants(Pid)];
        await Eventually.HoldsAsync(
            () =>
            {
                all.UnionWith(Tree());
                all.RemoveWhere(static pid => !Processes.IsAlive(pid));
                foreach (int pid in all)
                {
                    Processes.Signal(pid, Processes.Kill);
                }

                return all.Count == 0;
            },
            "the end of all processes that it started",
            DescribeTree);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static async Task ReadAsync(StreamReader reader, Action<string> add)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            add(line);
        }
    }

    private string DescribeTree() => string.Join("; ", Tree().Select(pid => $"{pid}: {Processes.CommandLine(pid)}"));
}
