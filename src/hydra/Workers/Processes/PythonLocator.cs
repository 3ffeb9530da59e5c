using Hydra.Primitives;

namespace Hydra.Workers.Processes;

/// <summary>Where to look for Python.</summary>
/// <param name="Wanted">--python, or null.</param>
/// <param name="AppDirectory">The directory of the application; empty for the working directory.</param>
/// <param name="WorkingDirectory">The directory that relative paths start from.</param>
/// <param name="Environment">The variables.</param>
/// <param name="IsWindows">Windows has other names for everything.</param>
internal sealed record PythonSearch(
    string? Wanted, string AppDirectory, string WorkingDirectory, IReadOnlyDictionary<string, string> Environment, bool IsWindows)
{
    /// <summary>The directory that the server was started from, by the name that was used; null where it is not known.</summary>
    public string? ProgramDirectory { get; init; }
}

/// <summary>Finds the Python to start workers with. Nothing is run: whether it is recent enough, the shim says in its first lines.</summary>
internal static class PythonLocator
{
    /// <summary>
    /// Looks at --python, the environment that the server itself is installed in, $VIRTUAL_ENV, $CONDA_PREFIX, a .venv or venv beside the application, and
    /// PATH. What the user asked for must be there; nothing else is taken in its stead.
    /// </summary>
    public static PythonResult Find(PythonSearch search)
    {
        if (search.Wanted is { Length: > 0 } wanted)
        {
            return FindWanted(search, wanted);
        }

        List<string> tried = [];
        PythonResult.Found? found = OfOwnEnvironment(search) ?? InEnvironments(search, tried) ?? OnPath(search, tried);
        return found is null ? NotFound(tried) : found with { Warning = WarningOf(search, found) };
    }

    private static PythonResult FindWanted(PythonSearch search, string wanted)
    {
        bool isCommand = wanted.AsSpan().IndexOfAny('/', search.IsWindows ? '\\' : '/') < 0;
        if (isCommand)
        {
            string[] names = search.IsWindows && !Path.HasExtension(wanted) ? [wanted + ".exe"] : [wanted];
            return SearchPath(search, names) is { } command
                ? Found(command, PythonOrigin.Option)
                : Missing(PythonLookupError.CommandMissing, $"--python: there is no command \"{wanted}\" on PATH.");
        }

        string path = Path.GetFullPath(Home(search, wanted), search.WorkingDirectory);
        if (Directory.Exists(OddPath.Reach(path)))
        {
            string inside = Path.Combine(path, Inside(search));
            return Missing(
                PythonLookupError.IsDirectory,
                $"--python: \"{wanted}\" is a directory"
                    + (File.Exists(OddPath.Reach(inside)) ? $"; did you mean \"{inside}\"?" : " and not a Python executable."));
        }

        if (!File.Exists(OddPath.Reach(path)))
        {
            return Missing(PythonLookupError.PathMissing, $"--python: \"{wanted}\" does not exist.");
        }

        return ProgramLocator.IsExecutable(path)
            ? Found(path, PythonOrigin.Option)
            : Missing(PythonLookupError.NotExecutable, $"--python: \"{wanted}\" is not an executable file, or not for this user.");
    }

    // A shell expands ~ at the beginning of a word, and so not in --python=~/x or in a variable.
    private static string Home(PythonSearch search, string path)
        => path.StartsWith("~/", StringComparison.Ordinal) && search.Environment.GetValueOrDefault("HOME") is { Length: > 0 } home
            ? Path.Combine(home, path[2..])
            : path;

    // A program in an environment is of that one, whichever is active: what pip installs beside it begins with the path of its Python.
    private static PythonResult.Found? OfOwnEnvironment(PythonSearch search)
    {
        if (search.ProgramDirectory is not { } directory || Path.GetDirectoryName(directory) is not { } environment)
        {
            return null;
        }

        bool isEnvironment = File.Exists(OddPath.Reach(Path.Combine(environment, "pyvenv.cfg"))) || Directory.Exists(OddPath.Reach(Path.Combine(environment, "conda-meta")));
        string path = Path.Combine(directory, search.IsWindows ? "python.exe" : "python");
        return isEnvironment && ProgramLocator.IsExecutable(path) ? Found(path, PythonOrigin.VirtualEnvironment) : null;
    }

    private static PythonResult.Found? InEnvironments(PythonSearch search, List<string> tried)
    {
        List<(string Directory, PythonOrigin Origin, string Name)> environments = [];
        if (search.Environment.GetValueOrDefault("VIRTUAL_ENV") is { Length: > 0 } active)
        {
            environments.Add((active, PythonOrigin.VirtualEnvironment, "$VIRTUAL_ENV: "));
        }
        else
        {
            tried.Add("$VIRTUAL_ENV, which is not set");
        }

        if (search.Environment.GetValueOrDefault("CONDA_PREFIX") is { Length: > 0 } conda)
        {
            environments.Add((conda, PythonOrigin.VirtualEnvironment, "$CONDA_PREFIX: "));
        }

        foreach (string name in (string[])[".venv", "venv"])
        {
            environments.Add((Path.Combine(search.AppDirectory, name), PythonOrigin.ProjectEnvironment, ""));
            environments.Add((name, PythonOrigin.ProjectEnvironment, ""));
        }

        foreach ((string directory, PythonOrigin origin, string name) in environments)
        {
            string path = Path.GetFullPath(Path.Combine(directory, Inside(search)), search.WorkingDirectory);
            if (ProgramLocator.IsExecutable(path))
            {
                return Found(path, origin);
            }

            if (!tried.Contains(name + path))
            {
                tried.Add(name + path);
            }
        }

        return null;
    }

    private static PythonResult.Found? OnPath(PythonSearch search, List<string> tried)
    {
        string[] names = search.IsWindows ? ["python3.exe", "python.exe"] : ["python3", "python"];
        if (SearchPath(search, names) is { } path)
        {
            return Found(path, PythonOrigin.SearchPath);
        }

        // The launcher knows the Pythons that were installed without a place on PATH.
        if (search.IsWindows && SearchPath(search, ["py.exe"]) is { } launcher)
        {
            return new PythonResult.Found(launcher, ["-3"], PythonOrigin.SearchPath);
        }

        tried.Add((search.IsWindows ? "python3, python and py" : "python3 and python") + " on PATH");
        return null;
    }

    // The first name anywhere on PATH counts more than the second: "python" may still be Python 2.
    private static string? SearchPath(PythonSearch search, string[] names)
    {
        string[] directories = search.Environment.GetValueOrDefault("PATH", "")
            .Split(search.IsWindows ? ';' : ':', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return (from name in names
                from directory in directories
                where !IsStoreStub(search, directory)
                let path = Path.GetFullPath(Path.Combine(directory, name), search.WorkingDirectory)
                where ProgramLocator.IsExecutable(path)
                select path).FirstOrDefault();
    }

    // Windows puts a python.exe here that only opens the Store.
    private static bool IsStoreStub(PythonSearch search, string directory)
        => search.IsWindows && directory.TrimEnd('\\', '/').EndsWith(@"\Microsoft\WindowsApps", StringComparison.OrdinalIgnoreCase);

    // The environment was moved or deleted, or is of another machine: that its packages are missing is seen only when one is imported.
    private static string? WarningOf(PythonSearch search, PythonResult.Found found)
    {
        if (found.Origin is PythonOrigin.VirtualEnvironment)
        {
            return null;
        }

        // An environment of conda may be one without Python; but it is there then.
        string? conda = search.Environment.GetValueOrDefault("CONDA_PREFIX") is { Length: > 0 } prefix && !Directory.Exists(OddPath.Reach(prefix)) ? prefix : null;
        string? active = search.Environment.GetValueOrDefault("VIRTUAL_ENV") is { Length: > 0 } environment ? environment : null;
        string name = active is null ? "$CONDA_PREFIX" : "$VIRTUAL_ENV";
        return (active ?? conda) is { } place
            ? $"{name} is {ControlText.Escape(place)}, where there is no Python: {ControlText.Escape(found.Path)} is taken instead"
            : null;
    }

    private static string Inside(PythonSearch search)
        => search.IsWindows ? Path.Combine("Scripts", "python.exe") : Path.Combine("bin", "python");

    private static PythonResult.Found Found(string path, PythonOrigin origin) => new(path, [], origin);

    private static PythonResult.Missing Missing(PythonLookupError error, string message) => new(error, message);

    private static PythonResult.Missing NotFound(List<string> tried)
        => Missing(
            PythonLookupError.NotFound,
            "No Python was found. Install Python 3.8 or newer, or name one with --python. Tried:\n"
                + string.Join('\n', tried.Select(static place => "  " + place)));
}
