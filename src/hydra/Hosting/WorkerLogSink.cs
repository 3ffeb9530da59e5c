using Hydra.Diagnostics;
using Hydra.Protocol;
using Hydra.Workers.Processes;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>Writes what workers say into the server's log.</summary>
internal sealed class WorkerLogSink(WorkerLog log) : IWorkerLogSink
{
    /// <inheritdoc/>
    public void Write(int worker, int pid, WireLogLevel level, DateTimeOffset created, string logger, string message)
        => log.Write(Map(level), created, worker, pid, logger, message);

    /// <inheritdoc/>
    public void WriteLine(int worker, int pid, string line, bool isError)
        => log.WriteLine(worker, pid, isError, line);

    private static LogLevel Map(WireLogLevel level) => level switch
    {
        WireLogLevel.Critical => LogLevel.Critical,
        WireLogLevel.Error => LogLevel.Error,
        WireLogLevel.Warning => LogLevel.Warning,
        WireLogLevel.Debug => LogLevel.Debug,
        _ => LogLevel.Information,
    };
}
