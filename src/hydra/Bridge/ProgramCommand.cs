using System.Collections;
using System.Runtime.Versioning;
using System.Text;
using Hydra.Primitives;
using Hydra.Workers.Processes;

namespace Hydra.Bridge;

/// <summary>A program cannot be started; the message is a sentence for the user.</summary>
internal sealed class ProgramStartException(string message) : Exception(message);

/// <summary>What is started: the program, its arguments, its environment. All are bytes, which need not be text.</summary>
/// <param name="Path">The program's file.</param>
/// <param name="Words">The arguments, the program's name first.</param>
/// <param name="Variables">The environment, NAME=value.</param>
internal sealed record ProgramCommand(byte[] Path, IReadOnlyList<byte[]> Words, IReadOnlyList<byte[]> Variables)
{
    /// <summary>Makes it of what the front says, and of where the program may listen.</summary>
    /// <param name="boot">The words of the command, and the variables that are no text.</param>
    /// <param name="places">Where the program may listen.</param>
    /// <exception cref="ProgramStartException">There is no such program.</exception>
    public static ProgramCommand Of(BootDocument boot, ProgramPlaces places)
    {
        List<byte[]> variables = VariablesOf(boot, places);
        string[] words = [.. Split(boot.App).Select(static word => OddPath.Decode(word)).Select(word => Expand(word, places))];
        string path = Find(words[0], PathOf(variables));
        return new ProgramCommand(OddPath.Encode(path), [.. words.Select(OddPath.Encode)], variables);
    }

    /// <summary>A word with the variables that only the bridge knows, as in a Procfile: $PORT, ${PORT}, $HYDRA_SOCKET, ${HYDRA_SOCKET}.</summary>
    public static string Expand(string word, ProgramPlaces places)
    {
        var text = new StringBuilder(word.Length);
        for (int i = 0; i < word.Length;)
        {
            (int length, string? value) = word[i] == '$' ? VariableAt(word, i + 1, places) : default;
            text.Append(value ?? word[i..(i + 1)]);
            i += 1 + length;
        }

        return text.ToString();
    }

    /// <summary>What <see cref="OddBytes.Join"/> has joined.</summary>
    public static IEnumerable<byte[]> Split(string text) => text.Length == 0 ? [] : text.Split('\0').Select(Encoding.Latin1.GetBytes);

    /// <summary>Looks for the program as execvp(3) does.</summary>
    /// <param name="name">The command's first word.</param>
    /// <param name="path">PATH of its environment.</param>
    /// <exception cref="ProgramStartException">There is none that can be executed.</exception>
    public static string Find(string name, string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return name;
        }

        if (name.Contains('/', StringComparison.Ordinal))
        {
            return Problem(name) is { } problem ? throw new ProgramStartException($"the command {name} {problem}") : name;
        }

        string? refused = null;
        foreach (string directory in path.Split(':'))
        {
            string candidate = System.IO.Path.Combine(directory.Length > 0 ? directory : ".", name);
            if (Problem(candidate) is not { } problem)
            {
                return candidate;
            }

            refused ??= File.Exists(OddPath.Full(candidate)) ? $"the command {candidate} {problem}" : null;
        }

        throw new ProgramStartException(refused ?? $"the command {name} is not found on PATH");
    }

    [UnsupportedOSPlatform("windows")]
    private static string? Problem(string path)
    {
        string full = OddPath.Full(path);
        return Directory.Exists(full) ? "is a directory"
            : !File.Exists(full) ? "does not exist"
            : LibC.Access(full, LibC.ExecuteAccess) != 0 ? "is not executable"
            : null;
    }

    // The variable whose name stands there, with or without braces: how long that is, and what it says.
    private static (int Length, string? Value) VariableAt(string word, int at, ProgramPlaces places)
    {
        foreach ((string name, string value) in places.Variables)
        {
            int end = at + name.Length;
            if (string.CompareOrdinal(word, at, "{" + name + "}", 0, name.Length + 2) == 0)
            {
                return (name.Length + 2, value);
            }

            if (string.CompareOrdinal(word, at, name, 0, name.Length) == 0 && (end == word.Length || !IsOfName(word[end])))
            {
                return (name.Length, value);
            }
        }

        return (0, null);
    }

    private static bool IsOfName(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';

    private static string PathOf(List<byte[]> variables)
        => variables.Select(static v => OddPath.Decode(v)).FirstOrDefault(static v => v.StartsWith("PATH=", StringComparison.Ordinal))?["PATH=".Length..]
            ?? "/usr/local/bin:/usr/bin:/bin";

    private static List<byte[]> VariablesOf(BootDocument boot, ProgramPlaces places)
    {
        var byName = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            byName[(string)entry.Key] = Encoding.UTF8.GetBytes($"{entry.Key}={entry.Value}");
        }

        // As they came here the bytes that are no text have been replaced.
        foreach (byte[] odd in Split(boot.Variables))
        {
            byName[Encoding.UTF8.GetString(odd.AsSpan(0, Math.Max(0, odd.AsSpan().IndexOf((byte)'='))))] = odd;
        }

        byName.Remove(EnvironmentVariables.ProgramSocket);
        foreach ((string name, string value) in places.Variables.Where(static pair => pair.Value.Length > 0))
        {
            byName[name] = OddPath.Encode($"{name}={value}");
        }

        return [.. byName.Values];
    }
}
