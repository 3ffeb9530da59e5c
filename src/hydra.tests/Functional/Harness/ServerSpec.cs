namespace Hydra.Tests.Functional.Harness;

/// <summary>How to start a server.</summary>
/// <param name="App">The application, as on the command line; empty to leave it out.</param>
public sealed record ServerSpec(string App)
{
    /// <summary>--workers.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>--port, or null to leave it out.</summary>
    public string? Port { get; init; } = "0";

    /// <summary>--worker-transport: uds or tcp.</summary>
    public string WorkerTransport { get; init; } = "uds";

    /// <summary>--transport, or null for the default.</summary>
    public string? Transport { get; init; } = Environment.GetEnvironmentVariable("HYDRA_TEST_TRANSPORT") is { Length: > 0 } name ? name : null;

    /// <summary>--io-uring, or null for the default.</summary>
    public string? IoUring { get; init; } = Environment.GetEnvironmentVariable("HYDRA_TEST_IO_URING") is { Length: > 0 } use ? use : null;

    /// <summary>--app-dir.</summary>
    public string AppDirectory { get; init; } = Repository.Apps;

    /// <summary>--python, or null to have it found.</summary>
    public string? Python { get; init; } = Repository.Python;

    /// <summary>More arguments.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>All arguments, in the place of those that the other properties make; null for these.</summary>
    public IReadOnlyList<string>? Words { get; init; }

    /// <summary>More variables; null removes one.</summary>
    public IReadOnlyDictionary<string, string?> Variables { get; init; } = new Dictionary<string, string?>();

    /// <summary>The directory to start in, or null for one of the test's own.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>A command that starts the executable, such as unshare, with its arguments; the executable and its own follow.</summary>
    public IReadOnlyList<string> Launcher { get; init; } = [];

    /// <summary>Runs before the start, with the directory of the test.</summary>
    public Func<string, Task>? Prepare { get; init; }

    /// <summary>The complete arguments of the executable.</summary>
    public IEnumerable<string> AllArguments()
    {
        if (Words is not null)
        {
            return Words;
        }

        string[] app = App.Length == 0 ? [] : ["--app", App];
        string[] fixedPart = [.. app, "--app-dir", AppDirectory, "--worker-transport", WorkerTransport,
            "--workers", Workers.ToString(System.Globalization.CultureInfo.InvariantCulture)];
        string[] port = Port is null ? [] : ["--port", Port];
        string[] python = Python is null ? [] : ["--python", Python];
        string[] transport = Transport is null ? [] : ["--transport", Transport];
        string[] ring = IoUring is null ? [] : ["--io-uring", IoUring];
        return [.. fixedPart, .. port, .. python, .. transport, .. ring, .. Arguments];
    }
}
