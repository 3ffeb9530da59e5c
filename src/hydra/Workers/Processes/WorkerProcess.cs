using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Hydra.Primitives;
using Hydra.Workers.Links;

namespace Hydra.Workers.Processes;

/// <summary>How to start workers: the same for all of them.</summary>
internal sealed record WorkerCommand
{
    /// <summary>The Python executable, or this one (--interface proxy), or a program that is a worker by itself (--interface worker).</summary>
    public required string Program { get; init; }

    /// <summary>Its arguments; of Python the shim's entry file last.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The working directory.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>The directory to put first on sys.path, as <see cref="OddBytes"/>; empty for the working directory.</summary>
    public required string AppDirectory { get; init; }

    /// <summary>Variables beside those of the server, which count more.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>The process makes itself the leader of a group of processes, which is to end with it. POSIX only.</summary>
    public bool LeadsGroup { get; init; }

    /// <summary>Standard output and error are the server's own, and no pipes: what it starts may go on with them when the server is gone.</summary>
    public bool SharesOutput { get; init; }
}

/// <summary>A worker cannot be started; the message is a sentence for the user.</summary>
internal sealed class WorkerStartException(string message) : Exception(message)
{
    /// <summary>What the application did, where that is why.</summary>
    public WorkerFailure? Failure { get; init; }
}

/// <summary>
/// A running Python process. Its standard input carries the boot document, its standard output and error become log lines where they are
/// not the server's own. The events come from threads of the pool.
/// </summary>
internal sealed class WorkerProcess : IWorkerProcess
{
    /// <summary>How long a process may take to end after its links closed.</summary>
    public static readonly TimeSpan ExitTime = TimeSpan.FromSeconds(2);

    private static readonly TaskCompletionSource NeverOrphaned = new();

    private readonly Process _process;
    private readonly bool _sharesOutput;
    private readonly bool _leadsGroup;

    private WorkerProcess(Process process, WorkerCommand command)
    {
        _process = process;
        _sharesOutput = command.SharesOutput;
        _leadsGroup = command.LeadsGroup;
        Id = process.Id;
    }

    /// <summary>The operating system's process id.</summary>
    public int Id { get; }

    /// <inheritdoc/>
    public Task Orphaned => NeverOrphaned.Task;

    /// <summary>Starts a worker. Must be called on a thread that lives as long as this process; see <see cref="WorkerSpawner"/>.</summary>
    /// <exception cref="Win32Exception">The executable cannot be started.</exception>
    public static WorkerProcess Start(WorkerCommand command, int index)
    {
        (string program, IReadOnlyList<string> arguments) = OddCommand.Of(command.Program, command.Arguments);
        var start = new ProcessStartInfo(program)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = !command.SharesOutput,
            RedirectStandardError = !command.SharesOutput,
            CreateNoWindow = true,
            WorkingDirectory = OddPath.Reach(command.WorkingDirectory),
        };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach ((string name, string value) in command.Variables)
        {
            start.Environment[name] = value;
        }

        start.Environment[EnvironmentVariables.WorkerId] = index.ToString(CultureInfo.InvariantCulture);
        start.Environment["PYTHONUNBUFFERED"] = "1";
        Process process = Process.Start(start)!;
        if (OperatingSystem.IsWindows())
        {
            WindowsJob.Adopt(process);
        }

        return new WorkerProcess(process, command);
    }

    /// <summary>Hands over the boot document, and nothing else ever.</summary>
    public void Boot(BootDocument document)
    {
        try
        {
            using Stream input = _process.StandardInput.BaseStream;
            input.Write(BootDocumentJson.ToLine(document));
            input.Flush();
        }
        catch (IOException)
        {
            // The process has ended already; its exit is reported by WaitAsync.
        }
    }

    /// <summary>Waits for the end of the process, and until all it has printed was handed to the sink.</summary>
    /// <param name="line">Takes each line; the flag is true for standard error.</param>
    /// <returns>The exit code; on POSIX 128 + the signal's number when a signal ended it.</returns>
    public async Task<int> WaitAsync(Action<string, bool> line)
    {
        Task output = _sharesOutput ? Task.CompletedTask : OutputLines.ReadAsync(_process.StandardOutput.BaseStream, text => line(text, false));
        Task error = _sharesOutput ? Task.CompletedTask : OutputLines.ReadAsync(_process.StandardError.BaseStream, text => line(text, true));
        await _process.WaitForExitAsync().ConfigureAwait(false);
        KillGroup();

        // A child of the application may hold the pipes open for longer than its parent lived: do not wait for that one.
        await Task.WhenAny(Task.WhenAll(output, error), Task.Delay(TimeSpan.FromSeconds(1))).ConfigureAwait(false);
        int code = _process.ExitCode;
        _process.Dispose();
        return code;
    }

    /// <summary>Its resident memory in bytes; 0 when it has ended.</summary>
    public long Resident => ProcessUsage.Of(Id)?.Resident ?? 0;

    /// <summary>Ends the process at once.</summary>
    public void Kill()
    {
        KillGroup();
        try
        {
            _process.Kill();
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It has ended already.
        }
    }

    // Its number is not given away as long as the group has members.
    private void KillGroup()
    {
        if (!OperatingSystem.IsWindows() && _leadsGroup)
        {
            _ = LibC.Kill(-Id, LibC.SigKill);
        }
    }
}
