using Hydra.Tests.Functional.Harness;

namespace Hydra.Tests.Functional.Proxy;

/// <summary>Servers whose workers are programs.</summary>
internal static class Programs
{
    /// <summary>Apps/program_probe.py, which listens at its Unix socket.</summary>
    public static ServerSpec Probe { get; } = Of("program_probe.py");

    /// <summary>Apps/raw_program.py.</summary>
    public static ServerSpec Raw { get; } = Of("raw_program.py");

    /// <summary>A program of Python's, by its file and its arguments.</summary>
    public static ServerSpec Of(string program) => OfCommand($"{Repository.Python} {Path.Combine(Repository.Apps, program)}");

    /// <summary>A command.</summary>
    public static ServerSpec OfCommand(string command) => new(command) { Python = null, Arguments = ["--interface", "proxy"] };
}
