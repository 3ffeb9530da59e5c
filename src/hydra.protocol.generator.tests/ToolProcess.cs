using System.ComponentModel;
using System.Diagnostics;

namespace Hydra.Protocol.Generator.Tests;

/// <summary>Runs a Python script, or a C compiler. What is printed is the output and the errors, without white space around.</summary>
internal static class ToolProcess
{
    /// <summary>What the script printed; null where there is no Python.</summary>
    public static string? Python(string script, string standardInput)
        => Run(OperatingSystem.IsWindows() ? "python" : "python3", ["-I", "-B", "-W", "error", "-c", script], standardInput);

    /// <summary>What a compiler says of a C file: nothing where it is right; null where there is no compiler.</summary>
    public static string? C(string source)
        => Run("cc", ["-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only", "-x", "c", "-"], source);

    private static string? Run(string program, string[] arguments, string standardInput)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            process.StandardInput.Write(standardInput);
            process.StandardInput.Close();
            string output = process.StandardOutput.ReadToEnd() + errors.GetAwaiter().GetResult();
            process.WaitForExit();
            return output.Trim();
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
