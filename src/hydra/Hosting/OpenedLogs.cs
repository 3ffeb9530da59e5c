using Hydra.Configuration;
using Hydra.Primitives;

namespace Hydra.Hosting;

/// <summary>Opens the logs before there is one that could say that they cannot be opened.</summary>
internal static class OpenedLogs
{
    /// <summary>Opens them, under the mask that the user wants.</summary>
    /// <param name="options">What is asked for.</param>
    /// <returns>Null where a file cannot be opened: standard error says why.</returns>
    public static ServerLogs? Open(ServerOptions options)
    {
        if (options.Umask is { } mask && !OperatingSystem.IsWindows())
        {
            _ = LibC.SetUmask((uint)mask);
        }

        try
        {
            // Who checks looks at the terminal, and not into a file of the server that runs.
            LogOptions logs = options.ChecksOnly ? options.Logs with { File = null, UsesSyslog = false } : options.Logs;
            return new ServerLogs(logs, options.WorkingDirectory);
        }
        catch (StartException e)
        {
            Diagnostics.StandardStreams.Print(e, static (problem, _, error) =>
            {
                error.Write($"hydra: {problem.Message}\n");
                return null;
            });
            return null;
        }
    }
}
