using System.Collections;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Hydra.Primitives;
using Hydra.Transport;

namespace Hydra.Hosting;

/// <summary>
/// How this process was started: its arguments, environment and directory, so that it can be started again in the same way, and the
/// sockets that were passed to it. Captured before anything else, because what is meant for the server alone is then taken out of the
/// environment, and descriptors are closed to the processes that it starts.
/// </summary>
internal sealed class StartedAs
{
    private const string SystemdPid = "LISTEN_PID";
    private const string SystemdCount = "LISTEN_FDS";
    private const string SystemdNames = "LISTEN_FDNAMES";
    private const string NotifyVariable = "NOTIFY_SOCKET";
    private const string WatchdogTime = "WATCHDOG_USEC";
    private const string WatchdogPid = "WATCHDOG_PID";
    private const int FirstPassed = 3;

    private static readonly string[] OwnVariables = [SystemdPid, SystemdCount, SystemdNames, EnvironmentVariables.Inherited];

    /// <summary>Describes a start; <see cref="Capture"/> is this process's.</summary>
    /// <param name="arguments">The arguments, the program's name first.</param>
    /// <param name="variables">The environment, NAME=value.</param>
    /// <param name="directory">The directory.</param>
    public StartedAs(IReadOnlyList<byte[]> arguments, IReadOnlyList<byte[]> variables, string directory)
    {
        Arguments = arguments;
        Variables = variables;
        VariablesByName = ByName(variables);
        Directory = directory;
    }

    /// <summary>When it was, as a timestamp of <see cref="Stopwatch"/>: the process itself may have begun as a shell that did something else first.</summary>
    public long At { get; } = Stopwatch.GetTimestamp();

    /// <summary>The arguments, the program's name first.</summary>
    public IReadOnlyList<byte[]> Arguments { get; }

    /// <summary>The environment, NAME=value, without what described this one start.</summary>
    public IReadOnlyList<byte[]> Variables { get; }

    /// <summary>The environment by name, where what is not UTF-8 is as <see cref="OddPath"/> has it.</summary>
    public IReadOnlyDictionary<string, string> VariablesByName { get; }

    /// <summary>The directory, by the name that the user's shell had for it: links in it may lead elsewhere by the next start.</summary>
    public string Directory { get; }

    /// <summary>What a server that is to be replaced passed on; null where this is no upgrade.</summary>
    public Inheritance? Inheritance { get; init; }

    /// <summary>The sockets that were passed on, by that server or by systemd.</summary>
    public IReadOnlyList<InheritedSocket> Sockets { get; init; } = [];

    /// <summary>Where systemd wants to hear how the service is; null where there is none.</summary>
    public string? NotifySocket { get; init; }

    /// <summary>How often systemd wants to hear that the service is well; null where it does not.</summary>
    public TimeSpan? WatchdogInterval { get; init; }

    /// <summary>The terminal that it was started from.</summary>
    public Terminal Terminal { get; init; } = new(hadTerminal: false, ignoresHangup: false, static () => false);

    /// <summary>Finds out how this process was started, and takes out of its environment what was meant for it alone.</summary>
    public static StartedAs Capture()
    {
        IReadOnlyList<byte[]> variables = ReadStrings("/proc/self/environ") ?? [.. VariablesOfRuntime()];
        IReadOnlyList<byte[]> arguments = ReadStrings("/proc/self/cmdline") ?? [.. Environment.GetCommandLineArgs().Select(Encoding.UTF8.GetBytes)];
        Inheritance? inheritance = Environment.GetEnvironmentVariable(EnvironmentVariables.Inherited) is { Length: > 0 } text
            ? Inheritance.Parse(text)
            : null;
        IReadOnlyList<InheritedSocket> sockets = inheritance?.Sockets
            ?? PassedBySystemd(Environment.GetEnvironmentVariable(SystemdPid), Environment.GetEnvironmentVariable(SystemdCount), Environment.ProcessId);
        foreach (int descriptor in sockets.Select(static s => s.Number).Concat(inheritance is null ? [] : [inheritance.Report]))
        {
            if (!OperatingSystem.IsWindows())
            {
                _ = LibC.SetCloseOnExec(descriptor);
            }
        }

        if (inheritance is not null)
        {
            Enter(inheritance.Directory);
        }

        var started = new StartedAs(arguments, [.. variables.Where(static v => !IsOwn(v))], inheritance?.Directory ?? NamedDirectory(variables))
        {
            Inheritance = inheritance,
            Sockets = sockets,
            NotifySocket = Environment.GetEnvironmentVariable(NotifyVariable) is { Length: > 0 } path ? path : null,
            WatchdogInterval = ServiceWatchdog.Interval(
                Environment.GetEnvironmentVariable(WatchdogTime), Environment.GetEnvironmentVariable(WatchdogPid),
                Environment.ProcessId, inheritance is not null),
            Terminal = Terminal.Capture(InheritedSignals.HangupWasIgnored || inheritance is { IgnoresHangup: true }),
        };
        foreach (string name in (string[])[.. OwnVariables, NotifyVariable, WatchdogTime, WatchdogPid])
        {
            Environment.SetEnvironmentVariable(name, null);
        }

        return started;
    }

    /// <summary>The arguments as the runtime has decoded them, with what it has destroyed as <see cref="OddPath"/> has it.</summary>
    public string[] Restore(string[] arguments)
    {
        int before = Arguments.Count - arguments.Length;
        return before < 0 ? arguments
            : [.. arguments.Select((text, i) => Utf8.IsValid(Arguments[before + i]) ? text : OddPath.Decode(Arguments[before + i]))];
    }

    /// <summary>The sockets that systemd says it has passed on: sd_listen_fds(3).</summary>
    /// <param name="pid">LISTEN_PID: whose they are. A process that was started by that one inherits the variable too.</param>
    /// <param name="count">LISTEN_FDS: how many there are, from descriptor 3 on.</param>
    /// <param name="process">This process.</param>
    public static IReadOnlyList<InheritedSocket> PassedBySystemd(string? pid, string? count, int process)
        => IsNumber(pid, out int owner) && owner == process && IsNumber(count, out int passed)
            ? [.. Enumerable.Range(FirstPassed, passed)
                .Select(static number => new InheritedSocket(new BindAddress.Descriptor(number).ToString(), number, IsShared: true, OwnsPath: false))]
            : [];

    /// <summary>
    /// Where to listen: sockets that were passed on without a word on the command line take the place of all addresses, as their unit
    /// says where the service is.
    /// </summary>
    public IReadOnlyList<BindAddress> Binds(IReadOnlyList<BindAddress> wanted)
    {
        BindAddress[] passed = [.. Sockets
            .Where(static s => s.Key.StartsWith(BindAddress.Descriptor.Prefix, StringComparison.Ordinal))
            .Select(static s => new BindAddress.Descriptor(int.Parse(s.Key.AsSpan(BindAddress.Descriptor.Prefix.Length), CultureInfo.InvariantCulture)))];
        return passed.Length == 0 || wanted.OfType<BindAddress.Descriptor>().Any() ? wanted : passed;
    }

    private static bool IsNumber(string? text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static bool IsOwn(byte[] variable)
        => OwnVariables.Any(name => variable.Length > name.Length && variable[name.Length] == (byte)'='
            && variable.AsSpan(0, name.Length).SequenceEqual(Encoding.ASCII.GetBytes(name)));

    private static void Enter(string directory)
    {
        try
        {
            System.IO.Directory.SetCurrentDirectory(OddPath.Full(directory));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Then this is the directory that the process before this one had, or what is left of it.
        }
    }

    // A shell knows by which name it came here and says so in $PWD; the system tells only where that led.
    private static string NamedDirectory(IReadOnlyList<byte[]> variables) => OddPath.HereBy(ByName(variables).GetValueOrDefault("PWD"));

    private static Dictionary<string, string> ByName(IEnumerable<byte[]> variables)
    {
        var texts = new Dictionary<string, string>(OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
        foreach (byte[] variable in variables)
        {
            string text = OddPath.Decode(variable);
            int equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                _ = texts.TryAdd(text[..equals], text[(equals + 1)..]);
            }
        }

        return texts;
    }

    // As bytes: names of files need not be text.
    private static List<byte[]>? ReadStrings(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        try
        {
            byte[] all = File.ReadAllBytes(path);
            List<byte[]> strings = [];
            for (int start = 0; start < all.Length;)
            {
                int length = all.AsSpan(start).IndexOf((byte)0);
                length = length < 0 ? all.Length - start : length;
                strings.Add(all.AsSpan(start, length).ToArray());
                start += length + 1;
            }

            return strings;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static IEnumerable<byte[]> VariablesOfRuntime()
    {
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            yield return Encoding.UTF8.GetBytes($"{entry.Key}={entry.Value}");
        }
    }
}
