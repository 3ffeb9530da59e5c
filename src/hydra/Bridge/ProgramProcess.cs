using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Hydra.Primitives;
using Hydra.Workers.Processes;

namespace Hydra.Bridge;

/// <summary>
/// The program. On POSIX it is in the bridge's group of processes, with all that it starts: the group is told to end, and the front kills what is left
/// of it. On Linux it asks, by <see cref="ProgramExec"/>, to be killed with the bridge; on Windows a job does that.
/// </summary>
internal sealed class ProgramProcess
{
    private const int SigTerm = 15;
    private const int Interrupted = 4;

    // How often it is looked whether something is left of the group, in milliseconds.
    private const int LookPause = 20;

    private readonly TaskCompletionSource<int> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Process? _process;

    private ProgramProcess(int id, Process? process)
    {
        Id = id;
        _process = process;
        new Thread(Wait, maxStackSize: 256 * 1024) { IsBackground = true, Name = "program" }.Start();
    }

    /// <summary>Its process id.</summary>
    public int Id { get; }

    /// <summary>Completes with its exit code; on POSIX 128 + the signal's number when a signal ended it.</summary>
    public Task<int> Ended => _ended.Task;

    /// <summary>Starts the program. To be called on a thread that lives as long as this process: that is what the kernel takes for the parent.</summary>
    /// <exception cref="ProgramStartException">It cannot be started.</exception>
    public static ProgramProcess Start(ProgramCommand command)
    {
        if (OperatingSystem.IsWindows())
        {
            return StartOnWindows(command);
        }

        bool isLinux = OperatingSystem.IsLinux();
        byte[] path = isLinux ? "/proc/self/exe"u8.ToArray() : command.Path;
        IReadOnlyList<byte[]> arguments = isLinux ? ProgramExec.Arguments(command) : command.Words;
        int error = PosixSpawn.Start(path, arguments, command.Variables, [], out int process);
        return error == 0 ? new ProgramProcess(process, null) : throw new ProgramStartException($"the command {OddPath.Decode(command.Path)} cannot be started: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    /// <summary>Asks the program, and what it has started, to end.</summary>
    public void Terminate()
    {
        if (OperatingSystem.IsWindows())
        {
            // There is no signal for it.
            KillOnWindows();
        }
        else if (ProcessGroup.IsOurs)
        {
            ProcessGroup.Signal(SigTerm);
        }
        else
        {
            _ = LibC.Kill(Id, SigTerm);
        }
    }

    /// <summary>Ends the program at once.</summary>
    public void Kill()
    {
        if (OperatingSystem.IsWindows())
        {
            KillOnWindows();
        }
        else if (!_ended.Task.IsCompleted)
        {
            _ = LibC.Kill(Id, LibC.SigKill);
        }
    }

    /// <summary>Ends the program, what it has started, and this process. Where that has no group of its own, the first alone.</summary>
    public void KillAll()
    {
        Kill();
        if (!OperatingSystem.IsWindows() && ProcessGroup.IsOurs)
        {
            ProcessGroup.Signal(LibC.SigKill);
        }
    }

    /// <summary>Waits until the program has ended, and what it has started: a shell may end at once, and its program have something to finish.</summary>
    /// <param name="time">For how long.</param>
    /// <returns>Whether they have.</returns>
    public async Task<bool> HasEndedAsync(TimeSpan time)
    {
        long until = Environment.TickCount64 + (long)time.TotalMilliseconds;
        await Task.WhenAny(Ended, Task.Delay(time)).ConfigureAwait(false);
        while (Ended.IsCompleted && ProcessGroup.HasOthers() && Environment.TickCount64 < until)
        {
            await Task.Delay(LookPause).ConfigureAwait(false);
        }

        return Ended.IsCompleted && !ProcessGroup.HasOthers();
    }

    private static ProgramProcess StartOnWindows(ProgramCommand command)
    {
        var start = new ProcessStartInfo(OddPath.Decode(command.Path)) { UseShellExecute = false };
        start.Environment.Clear();
        foreach (string variable in command.Variables.Select(Encoding.UTF8.GetString))
        {
            int equals = variable.IndexOf('=', 1);
            start.Environment[variable[..equals]] = variable[(equals + 1)..];
        }

        foreach (byte[] word in command.Words.Skip(1))
        {
            start.ArgumentList.Add(OddPath.Decode(word));
        }

        try
        {
            Process process = Process.Start(start)!;
            if (OperatingSystem.IsWindows())
            {
                WindowsJob.Adopt(process);
            }

            return new ProgramProcess(process.Id, process);
        }
        catch (Win32Exception e)
        {
            throw new ProgramStartException($"the command {start.FileName} cannot be started: {e.Message}");
        }
    }

    private void KillOnWindows()
    {
        try
        {
            _process!.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It has ended already.
        }
    }

    private void Wait()
    {
        if (OperatingSystem.IsWindows())
        {
            _process!.WaitForExit();
            _ended.SetResult(_process.ExitCode);
            return;
        }

        int status;
        while (LibC.Wait(Id, out status, 0) < 0 && Marshal.GetLastPInvokeError() == Interrupted)
        {
            // A signal came.
        }

        int signal = status & 0x7f;
        _ended.SetResult(signal == 0 ? (status >> 8) & 0xff : ExitDescription.SignalBase + signal);
    }
}
