using System.Text;
using Hydra.Configuration;
using Hydra.Diagnostics;
using Hydra.Primitives;
using Hydra.Workers.Processes;

namespace Hydra.Hosting;

/// <summary>The variables that workers have beside those of the server: --env and --env-file.</summary>
/// <param name="options">The application's options.</param>
internal sealed class WorkerVariables(ApplicationOptions options)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // What came through a pipe, as <(command) of a shell and /dev/stdin are, can be read only once.
    private string? _piped;

    /// <summary>Reads them; asked before each start of a worker, so that a reload takes the file as it is then.</summary>
    /// <param name="workingDirectory">The directory that a relative path of the file starts from.</param>
    /// <exception cref="WorkerStartException">The file cannot be read, or is wrong.</exception>
    public IReadOnlyDictionary<string, string> Read(string workingDirectory)
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

    private IReadOnlyDictionary<string, string> ReadFile(string name, string path)
    {
        try
        {
            return EnvironmentFile.Read(ReadText(path), EnvironmentScanner.Current(), out IReadOnlyDictionary<string, string> variables) is { } problem
                ? throw new WorkerStartException($"the file of --env-file, {name}, cannot be used: {problem}")
                : variables;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WorkerStartException($"the file of --env-file, {name}, cannot be read: {e.Message}");
        }
        catch (DecoderFallbackException)
        {
            throw new WorkerStartException($"the file of --env-file, {name}, cannot be used: it is not in UTF-8");
        }
    }

    private string ReadText(string path)
    {
        if (_piped is not null)
        {
            return _piped;
        }

        bool isFile = OperatingSystem.IsWindows() || FileStatus.Read(path, followLinks: true, out FileStatus status) != 0 || status.IsRegular;
        string text = PatientFile.Read(path, path => File.ReadAllText(path, Strict));
        _piped = isFile ? null : text;
        return text;
    }
}
