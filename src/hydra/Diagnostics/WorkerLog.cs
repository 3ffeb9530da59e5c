using System.Buffers;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Hydra.Diagnostics;

/// <summary>What workers have to say: their log records and the lines they print. Any thread may call; no call waits.</summary>
/// <param name="log">Where it goes.</param>
/// <param name="asJson">As JSON, one object a line, instead of lines like the server's own.</param>
/// <param name="pool">What tells their application from others; empty where there are none.</param>
internal sealed class WorkerLog(ServerLog log, bool asJson = false, string pool = "")
{
    /// <summary>The number of a process that calls functions of the user's for the server, in the place of a worker's.</summary>
    public const int Hook = -2;

    /// <summary>Whether records of this level are written.</summary>
    public bool IsEnabled(LogLevel level) => log.IsEnabled(level);

    /// <summary>Queues a record with the time it was made at. Newlines in the message stay: tracebacks are meant to be read.</summary>
    /// <param name="level">Its level.</param>
    /// <param name="created">When it was made.</param>
    /// <param name="worker">The worker's index; below 0 for the process that workers are forked from.</param>
    /// <param name="pid">Its process; 0 where there was none.</param>
    /// <param name="logger">The name of its logger.</param>
    /// <param name="message">The text, with its traceback if there is one.</param>
    public void Write(LogLevel level, DateTimeOffset created, int worker, int pid, ReadOnlySpan<char> logger, ReadOnlySpan<char> message)
    {
        if (!log.IsEnabled(level))
        {
            return;
        }

        if (asJson)
        {
            log.Recent.Add(level, created, $"{Source(worker, pid)} | ", message);
            log.WriteRecord(level, WorkerJson.Record(level, created, new WorkerOrigin(pool, worker, pid), logger, message));
            return;
        }

        // Python's root logger has no name worth a word.
        ReadOnlySpan<char> name = logger.SequenceEqual("root") ? "" : logger;
        log.Write(level, created, $"{Source(worker, pid)} | {name}{(name.IsEmpty ? "" : ": ")}", message, allowLines: true);
    }

    /// <summary>The same for UTF-8; bytes that are none are replaced.</summary>
    public void Write(LogLevel level, DateTimeOffset created, int worker, int pid, ReadOnlySpan<byte> logger, ReadOnlySpan<byte> message)
    {
        if (!log.IsEnabled(level))
        {
            return;
        }

        char[] chars = ArrayPool<char>.Shared.Rent(logger.Length + message.Length);
        int named = Encoding.UTF8.GetChars(logger, chars);
        int total = named + Encoding.UTF8.GetChars(message, chars.AsSpan(named));
        Write(level, created, worker, pid, chars.AsSpan(0, named), chars.AsSpan(named, total - named));
        ArrayPool<char>.Shared.Return(chars);
    }

    /// <summary>
    /// Queues a line that a worker printed, whatever levels are logged: it is no record, and may be the only word about an error.
    /// </summary>
    /// <param name="worker">The worker's index; below 0 for the process that workers are forked from.</param>
    /// <param name="pid">Its process.</param>
    /// <param name="isError">It was printed to standard error.</param>
    /// <param name="line">The line, without its end.</param>
    public void WriteLine(int worker, int pid, bool isError, string line)
    {
        if (asJson)
        {
            log.WriteRecord(LogLevel.Information, WorkerJson.Line(log.Now, new WorkerOrigin(pool, worker, pid), isError, line));
        }
        else
        {
            log.WritePrinted($"{Source(worker, pid)} | {(isError ? "stderr" : "stdout")}: ", line);
        }
    }

    private string Source(int worker, int pid)
        => (pool.Length > 0 ? pool + ": " : "") + Number(worker, pid);

    private static string Number(int worker, int pid)
        => worker == Hook ? $"hook (pid {pid})" : worker < 0 ? $"template (pid {pid})" : pid == 0 ? $"worker {worker}" : $"worker {worker} (pid {pid})";
}
