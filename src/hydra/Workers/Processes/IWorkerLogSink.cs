using Hydra.Protocol;

namespace Hydra.Workers.Processes;

/// <summary>Takes what workers log and print.</summary>
internal interface IWorkerLogSink
{
    /// <summary>A log record.</summary>
    void Write(int worker, int pid, WireLogLevel level, DateTimeOffset created, string logger, string message);

    /// <summary>A line that the worker printed to standard output, or to standard error.</summary>
    void WriteLine(int worker, int pid, string line, bool isError);
}
