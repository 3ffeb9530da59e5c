using System.ComponentModel;
using System.Diagnostics;

namespace Hydra.Protocol.Generator.Tests;

/// <summary>Runs a Python script.</summary>
internal static class PythonProcess
{
    /// <summary>What the script printed, errors included; null where there is no Python.</summary>
    public static string? Run(string script, string standardInput)
    {
        var start = new ProcessStartInfo(OperatingSystem.IsWindows() ? "python" : "python3")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList = { "-I", "-B", "-W", "error", "-c", script },
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
