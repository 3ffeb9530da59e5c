using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using Hydra.Primitives;

namespace Hydra.Bridge;

/// <summary>
/// What becomes the program, on Linux: this executable, which asks the kernel to be killed when its parent dies (prctl(2), PR_SET_PDEATHSIG: that
/// stays across exec), and is then replaced by the program. Between fork and exec there is no room for it in a process that has threads.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal static unsafe partial class ProgramExec
{
    /// <summary>The argument by which the executable knows that it is this.</summary>
    public const string Mode = "--worker-exec";

    private const int NotExecutable = 126;
    private const int NotFound = 127;
    private const int DeathSignal = 1;
    private const int BrokenPipe = 13;
    private const int NoFormat = 8;

    // The name, the mode and the parent stand before what is executed.
    private const int Before = 3;

    /// <summary>The arguments that have the executable become a program.</summary>
    public static IReadOnlyList<byte[]> Arguments(ProgramCommand command)
        => [.. new[] { "hydra", Mode, Environment.ProcessId.ToString(CultureInfo.InvariantCulture) }.Select(Encoding.UTF8.GetBytes), command.Path, .. command.Words];

    /// <summary>Becomes the program. Comes back only where that is not possible.</summary>
    /// <returns>The exit code, as shells have it.</returns>
    public static int Run(string[] arguments)
    {
        _ = prctl(DeathSignal, LibC.SigKill, 0, 0, 0);
        if (getppid().ToString(CultureInfo.InvariantCulture) != arguments[1])
        {
            return 1;
        }

        // .NET ignores it, and what is ignored stays so.
        _ = signal(BrokenPipe, 0);
        byte[][] words = ReadArguments();
        Execute(words[0], words[1..]);
        int error = Marshal.GetLastPInvokeError();
        if (error == NoFormat)
        {
            // A script without a first line that says who runs it, as execvp(3) has it.
            Execute("/bin/sh"u8.ToArray(), ["sh"u8.ToArray(), words[0], .. words[2..]]);
        }

        Console.Error.WriteLine($"hydra: {OddPath.Decode(words[0])} cannot be executed: {Marshal.GetPInvokeErrorMessage(error)}"
            + (error == LibC.NoSuchEntry ? " (is it the interpreter or the loader that it names?)" : ""));
        return error == LibC.NoSuchEntry ? NotFound : NotExecutable;
    }

    // As bytes: they need not be text.
    private static byte[][] ReadArguments()
    {
        ReadOnlySpan<byte> all = File.ReadAllBytes("/proc/self/cmdline");
        List<byte[]> words = [];
        for (int end; (end = all.IndexOf((byte)0)) >= 0; all = all[(end + 1)..])
        {
            words.Add(all[..end].ToArray());
        }

        return [.. words.Skip(Before)];
    }

    private static void Execute(byte[] path, byte[][] words)
    {
        byte** table = stackalloc byte*[words.Length + 1];
        for (int i = 0; i < words.Length; i++)
        {
            table[i] = (byte*)NativeMemory.AllocZeroed((nuint)words[i].Length + 1);
            words[i].CopyTo(new Span<byte>(table[i], words[i].Length));
        }

        table[words.Length] = null;
        fixed (byte* name = (byte[])[.. path, 0])
        {
            _ = execv(name, table);
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int execv(byte* path, byte** arguments);

    [LibraryImport("libc")]
    private static partial int prctl(int option, nint a, nint b, nint c, nint d);

    [LibraryImport("libc")]
    private static partial int getppid();

    [LibraryImport("libc")]
    private static partial nint signal(int number, nint handler);
}
