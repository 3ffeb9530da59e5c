using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Hydra.Hosting;

/// <summary>
/// What the process that started this one has left it: signals that are ignored, or blocked, stay so across exec. With SIGCHLD ignored the end of a worker
/// is never heard of, with SIGTERM the server never stops. A shell without job control, as that of a script, has what it starts with &amp; ignore SIGINT and
/// SIGQUIT; who sends one to a server by its number means it. POSIX only.
/// </summary>
internal static unsafe partial class InheritedSignals
{
    // Larger than sigset_t is anywhere.
    private const int SetSize = 1024;
    private const nint Default = 0;
    private const nint Ignored = 1;
    private const int Hangup = 1;
    private const int Interrupt = 2;
    private const int Quit = 3;
    private const int Terminate = 15;

    private static int[] Ours => OperatingSystem.IsMacOS()
        ? [Hangup, Interrupt, Quit, Terminate, 20, 21, 22, 30, 31]
        : [Hangup, Interrupt, Quit, Terminate, 17, 21, 22, 10, 12];

    private static int HowToSet => OperatingSystem.IsMacOS() ? 3 : 2;

    /// <summary>Whether SIGHUP was ignored, as by nohup.</summary>
    public static bool HangupWasIgnored { get; private set; }

    /// <summary>
    /// Gives the signals that the server listens to, and SIGCHLD, back to the system, and lets all through. To be called on the main thread before .NET
    /// looks at them, which leaves alone what it finds ignored; the threads that are made from then on, and the workers, have it so.
    /// </summary>
    public static void Reset()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        foreach (int number in Ours)
        {
            HangupWasIgnored |= signal(number, Default) == Ignored && number == Hangup;
        }

        byte* none = stackalloc byte[SetSize];
        new Span<byte>(none, SetSize).Clear();
        _ = pthread_sigmask(HowToSet, none, null);
    }

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc")]
    private static partial nint signal(int number, nint handler);

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc")]
    private static partial int pthread_sigmask(int how, byte* set, byte* old);
}
