namespace Hydra.Configuration;

/// <summary>Finds a configuration file and reads it.</summary>
/// <param name="named">Who names it; null where nobody does.</param>
/// <param name="directory">The directory in which it is looked for; empty for the working directory.</param>
/// <param name="errors">Told what is wrong, a sentence each.</param>
internal delegate ConfigFile ConfigFinder(OptionValue? named, string directory, List<string> errors);

/// <summary>Which files can be one.</summary>
internal static class ConfigRules
{
    /// <summary>What is wrong with the name of one, or null.</summary>
    public static string? ProblemOf(string path)
        => path.Trim().Length == 0 ? "the path is empty."
            : path.EndsWith(".py", StringComparison.OrdinalIgnoreCase) || path.StartsWith("python:", StringComparison.Ordinal)
                ? $"{path} is a program, as gunicorn's configuration is, and not run. Write what it sets into hydra.toml, such as workers = 4: each option is a key "
                    + "there. What it does in hooks belongs into the application, or its lifespan; what child_exit does, into --on-worker-exit."
                : path.Contains('\0', StringComparison.Ordinal) ? "the path contains a NUL character."
                : null;
}
