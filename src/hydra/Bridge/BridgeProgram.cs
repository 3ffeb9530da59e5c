using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;
using Hydra.Primitives;
using Hydra.Workers.Processes;

namespace Hydra.Bridge;

/// <summary>
/// The executable as a worker (--interface proxy): it speaks the protocol of workers with the front, and HTTP with a program that it starts. Not for
/// users, and so in no list of options.
/// </summary>
internal static class BridgeProgram
{
    /// <summary>The argument by which the executable knows that it is this.</summary>
    public const string Mode = "--worker-bridge";

    /// <summary>The exit code where the program cannot be started.</summary>
    public const int StartFailed = 3;

    /// <summary>Whether the executable was started as a worker, or to become one's program; runs it then.</summary>
    /// <returns>The exit code; null where it is to be a server.</returns>
    public static int? Run(string[] arguments) => arguments switch
    {
        [Mode, ..] => RunBridge(),
        _ => OperatingSystem.IsLinux() && arguments is [ProgramExec.Mode, _, _, ..] ? ProgramExec.Run(arguments) : null,
    };

    private static int RunBridge()
    {
        ProcessGroup.Make();
        PosixSignalRegistration[] ignored = [.. Signals().Select(static signal => PosixSignalRegistration.Create(signal, static context => context.Cancel = true))];
        try
        {
            if (ReadBoot() is not { } boot)
            {
                return StartFailed;
            }

            ProcessTitle.Show($"hydra: worker {boot.Worker} {boot.Name}");
            using var starts = new BlockingCollection<Action>();
            Task<int> run = RunAsync(new WorkerBridge(boot, starts.Add), starts);

            // The kernel means this thread where the program asks to be killed with its parent.
            foreach (Action start in starts.GetConsumingEnumerable())
            {
                start();
            }

            return run.GetAwaiter().GetResult();
        }
        finally
        {
            Array.ForEach(ignored, static registration => registration.Dispose());
        }
    }

    private static async Task<int> RunAsync(WorkerBridge bridge, BlockingCollection<Action> starts)
    {
        try
        {
            await Task.Yield();
            return await bridge.RunAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or FrontException)
        {
            await Console.Error.WriteLineAsync($"hydra worker: {e.Message}").ConfigureAwait(false);
            return StartFailed;
        }
        finally
        {
            starts.CompleteAdding();
        }
    }

    // The front decides about them: it sends DRAIN, and the program is told then. SIGTERM comes from here, to the group.
    private static IEnumerable<PosixSignal> Signals()
        => OperatingSystem.IsWindows() ? [PosixSignal.SIGINT, PosixSignal.SIGTERM] : [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT];

    // One line of standard input, in whose place the program has the null device.
    private static BootDocument? ReadBoot()
    {
        var line = new List<byte>();
        using (Stream input = Console.OpenStandardInput())
        {
            byte[] buffer = new byte[4096];
            while (!line.Contains((byte)'\n') && input.Read(buffer) is > 0 and var count)
            {
                line.AddRange(buffer.AsSpan(0, count));
            }
        }

        if (!OperatingSystem.IsWindows())
        {
            int none = LibC.Open("/dev/null", LibC.ReadWrite);
            _ = LibC.Duplicate(none, 0);
            _ = LibC.Close(none);
        }

        try
        {
            return JsonSerializer.Deserialize([.. line], BootDocumentJson.Default.BootDocument);
        }
        catch (JsonException e)
        {
            Console.Error.WriteLine($"hydra worker: there is no boot document on standard input; the server starts this ({e.Message})");
            return null;
        }
    }
}
