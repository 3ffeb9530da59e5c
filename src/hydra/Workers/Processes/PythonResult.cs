namespace Hydra.Workers.Processes;

/// <summary>Where a Python was found.</summary>
internal enum PythonOrigin
{
    /// <summary>The user named it: --python.</summary>
    Option,

    /// <summary>The environment that the server is installed in, or the one that is active: $VIRTUAL_ENV.</summary>
    VirtualEnvironment,

    /// <summary>A .venv beside the application.</summary>
    ProjectEnvironment,

    /// <summary>The first on PATH.</summary>
    SearchPath,
}

/// <summary>Why there is no Python.</summary>
internal enum PythonLookupError
{
    /// <summary>No place has one.</summary>
    NotFound,

    /// <summary>The path of --python does not exist.</summary>
    PathMissing,

    /// <summary>The command of --python is not on PATH.</summary>
    CommandMissing,

    /// <summary>--python names a directory.</summary>
    IsDirectory,

    /// <summary>--python names a file that must not be executed.</summary>
    NotExecutable,
}

/// <summary>What a search for Python came to.</summary>
internal abstract record PythonResult
{
    private PythonResult()
    {
    }

    /// <summary>A Python to start workers with; whether it is recent enough, the shim says when it runs.</summary>
    /// <param name="Path">The executable, absolute. Links are not followed: a virtual environment is known by its name.</param>
    /// <param name="Arguments">What comes before all other arguments: "-3" for the launcher of Windows.</param>
    /// <param name="Origin">Where it was found.</param>
    /// <param name="Warning">What the user may not have meant, for the log; null where nothing is odd.</param>
    public sealed record Found(string Path, IReadOnlyList<string> Arguments, PythonOrigin Origin, string? Warning = null) : PythonResult;

    /// <summary>There is none where it was looked for, or what was named cannot be used.</summary>
    /// <param name="Error">What is wrong.</param>
    /// <param name="Message">The sentence for the user.</param>
    public sealed record Missing(PythonLookupError Error, string Message) : PythonResult;
}
