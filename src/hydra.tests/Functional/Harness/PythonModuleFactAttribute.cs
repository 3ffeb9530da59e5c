using System.Diagnostics;
using Xunit;

namespace Hydra.Tests.Functional.Harness;

/// <summary>A test of how the server works with a package of others; skipped where the Python of the tests does not have it.</summary>
public sealed class PythonModuleFactAttribute : FactAttribute
{
    /// <summary>Asks whether it can be imported.</summary>
    public PythonModuleFactAttribute(string module) => Skip = ObstacleOf(module)!;

    /// <summary>Why it cannot be imported; null where it can.</summary>
    internal static string? ObstacleOf(string module)
    {
        using Process python = Process.Start(new ProcessStartInfo(Repository.Python, ["-c", $"import {module}"]) { RedirectStandardError = true })!;
        python.StandardError.ReadToEnd();
        python.WaitForExit();
        return python.ExitCode == 0 ? null : $"{Repository.Python} has no {module}";
    }
}

/// <summary>The same with data.</summary>
public sealed class PythonModuleTheoryAttribute : TheoryAttribute
{
    /// <summary>Asks whether it can be imported.</summary>
    public PythonModuleTheoryAttribute(string module) => Skip = PythonModuleFactAttribute.ObstacleOf(module)!;
}
