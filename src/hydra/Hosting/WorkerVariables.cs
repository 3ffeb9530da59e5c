using Hydra.Configuration;
using Hydra.Diagnostics;
using Hydra.Primitives;
using Hydra.Workers.Processes;

namespace Hydra.Hosting;

/// <summary>The variables that workers have beside those of the server: --env and --env-file.</summary>
internal static class WorkerVariables
{
    /// <summary>Reads them; asked before each start of a worker, so that a reload takes the file as it is then.</summary>
    /// <param name="options">The application's options.</param>
    /// <param name="workingDirectory">The directory that a relative path of the file starts from.</param>
    /// <exception cref="WorkerStartException">The file cannot be read, or is wrong.</exception>
    public static IReadOnlyDictionary<string, string> Read(ApplicationOptions options, string workingDirectory)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        if (StandardStreams.TerminalName is { } terminal)
        {
            variables["TERM"] = terminal;
        }

        if (options.VariablesFile is { } file)
        {
            foreach ((string name, string value) in ReadFile(file, OddPath.Reach(Path.GetFullPath(file, workingDirectory))))
            {
                variables[name] = value;
            }
        }

        foreach ((string name, string value) in options.Variables)
        {
            variables[name] = value;
        }

        return variables;
    }

    private static IReadOnlyDictionary<string, string> ReadFile(string name, string path)
    {
        try
        {
            return EnvironmentFile.Read(File.ReadAllText(path), EnvironmentScanner.Current(), out IReadOnlyDictionary<string, string> variables) is { } problem
                ? throw new WorkerStartException($"the file of --env-file, {name}, cannot be used: {problem}")
                : variables;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WorkerStartException($"the file of --env-file, {name}, cannot be read: {e.Message}");
        }
    }
}
