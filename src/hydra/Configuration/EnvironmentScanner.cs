using System.Collections;
using Hydra.Primitives;

namespace Hydra.Configuration;

/// <summary>Finds the options in the environment.</summary>
internal static class EnvironmentScanner
{
    private const string Prefix = "HYDRA_";

    /// <summary>The variables of this process.</summary>
    public static IReadOnlyDictionary<string, string> Current()
    {
        StringComparer comparer = OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;
        var variables = new Dictionary<string, string>(comparer);
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            variables[(string)entry.Key] = (string?)entry.Value ?? "";
        }

        return variables;
    }

    /// <summary>The values that the environment has for an option; the strongest variable that is set decides.</summary>
    public static IReadOnlyList<OptionValue> ValuesOf(Option option, IReadOnlyDictionary<string, string> environment)
    {
        if (option.Variable is { } own && Get(own, environment) is { } text && !IsServiceLink(option, text))
        {
            return Split(option, text, new OptionSource(SourceRank.HydraVariable, own));
        }

        foreach (string shared in option.SharedVariables)
        {
            if (Get(shared, environment) is { } sharedText)
            {
                return Split(option, sharedText, new OptionSource(SourceRank.SharedVariable, shared));
            }
        }

        return [];
    }

    /// <summary>Sentences about variables that look like slips of the finger.</summary>
    public static IEnumerable<string> Warnings(IReadOnlyDictionary<string, string> environment)
    {
        HashSet<string> known = [EnvironmentVariables.RuntimeDirectory, EnvironmentVariables.Executable, EnvironmentVariables.WorkerId, EnvironmentVariables.ProgramSocket, EnvironmentVariables.Inherited, .. OptionTable.All.Select(static option => option.Variable).OfType<string>()];
        foreach (string name in environment.Keys.Order(StringComparer.Ordinal))
        {
            // Other programs have variables that begin like this; only what is near to one of ours is worth a word.
            if (name.StartsWith(Prefix, StringComparison.Ordinal) && !known.Contains(name)
                && EditDistance.Nearest(name[Prefix.Length..], known.Select(static variable => variable[Prefix.Length..])) is { } near)
            {
                yield return $"the variable {ControlText.Escape(name)} is not one that hydra reads; did you mean {Prefix}{near}?";
            }
        }
    }

    /// <summary>Sentences about variables of other servers that somebody relies on.</summary>
    public static IEnumerable<string> WarningsOfPeers(IReadOnlyDictionary<string, string> environment)
    {
        if (Get("GUNICORN_CMD_ARGS", environment) is not null)
        {
            yield return "the variable GUNICORN_CMD_ARGS is not read: give the options to hydra";
        }

        foreach (Option option in OptionTable.All.Where(static option => option.Variable is not null))
        {
            string name = option.Variable!.Replace(Prefix, "UVICORN_", StringComparison.Ordinal);
            if (Get(name, environment) is not null)
            {
                yield return $"the variable {name} is not read: set {option.Variable}";
            }
        }
    }

    // An empty variable is how compose files and charts say "not set".
    private static string? Get(string name, IReadOnlyDictionary<string, string> environment)
        => environment.TryGetValue(name, out string? text) && !string.IsNullOrWhiteSpace(text) ? text : null;

    // Kubernetes sets HYDRA_PORT=tcp://10.0.0.1:80 in every pod beside a service that is called "hydra".
    private static bool IsServiceLink(Option option, string text)
        => option.Name == "port" && text.Contains("://", StringComparison.Ordinal);

    private static OptionValue[] Split(Option option, string text, OptionSource source)
    {
        string[] parts = option.Repeatable ? text.Split(option.HasCommas ? [' ', '\n'] : [',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) : [text];
        return [.. parts.Select(part => new OptionValue(part, source))];
    }
}
