using System.Diagnostics;
using Xunit;

namespace Hydra.Tests.Functional.Harness;

/// <summary>A test of how the server works with a package of others; skipped where the Python of the tests does not have it.</summary>
public sealed class PythonModuleFactAttribute : FactAttribute
{
    /// <summary>Asks whether it can be imported.</summary>
    public PythonModuleFactAttribute(string module)
    {
        using Process python = Process.Start(new ProcessStartInfo(Repository.Python, ["-c", $"import {module}"]) { RedirectStandardError = true })!;
        python.StandardError.ReadToEnd();
        python.WaitForExit();
        Skip = python.ExitCode == 0 ? null! : $"{Repository.Python} has no {module}";
    }
}
