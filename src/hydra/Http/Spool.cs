using Hydra.Primitives;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Hydra.Http;

/// <summary>
/// Files for request bodies that are too large for memory. Any thread. A failure is never a request's failure: its body is streamed to
/// the worker instead, and the log says so, once until it works again or a minute has passed. <c>_lock</c> guards what the log was told.
/// </summary>
internal sealed class Spool
{
    private static readonly TimeSpan RepeatAfter = TimeSpan.FromMinutes(1);

    private readonly IReadOnlyList<string> _directories;
    private readonly MemoryBudget _space;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private volatile bool _fails;
    private long _reportedAt;
    private long _unreported;

    /// <summary>Makes a spool; <see cref="Probe"/> tells whether it works.</summary>
    /// <param name="directories">Where files may be, the best place first.</param>
    /// <param name="limit">Bytes that all files together may have.</param>
    /// <param name="time">The clock for repeated reports.</param>
    /// <param name="logger">Told of failures.</param>
    public Spool(IReadOnlyList<string> directories, long limit, TimeProvider time, ILogger logger)
    {
        _directories = directories;
        _space = new MemoryBudget(limit);
        _time = time;
        _logger = logger;
    }

    /// <summary>Bytes in all files.</summary>
    public long Used => _space.Used;

    /// <summary>Tries to make a file.</summary>
    /// <returns>Null, or why that is not possible.</returns>
    public string? Probe()
    {
        using SafeFileHandle? handle = TryOpen(out string problem);
        return handle is null ? problem : null;
    }

    /// <summary>Makes a file.</summary>
    /// <returns>Null when that is not possible now; it has been reported.</returns>
    public async ValueTask<SpoolFile?> OpenAsync()
    {
        (SafeFileHandle? handle, string problem) = await Task.Run(() => (TryOpen(out string why), why)).ConfigureAwait(false);
        if (handle is null)
        {
            OnFailed(problem);
            return null;
        }

        return new SpoolFile(this, handle);
    }

    /// <summary>Takes space on the disk for a file.</summary>
    /// <returns>False when there is none left; that has been reported.</returns>
    public bool TryTake(long bytes)
    {
        bool taken = _space.TryTake(bytes);
        if (!taken)
        {
            OnFailed("the files have reached the limit of their size (--spool-limit)");
        }

        return taken;
    }

    /// <summary>Gives space back.</summary>
    public void Give(long bytes) => _space.Give(bytes);

    /// <summary>A file took bytes.</summary>
    public void OnWorks()
    {
        if (!_fails)
        {
            return;
        }

        long unreported;
        lock (_lock)
        {
            if (!_fails)
            {
                return;
            }

            _fails = false;
            unreported = _unreported;
        }

        HttpLog.SpoolWorksAgain(_logger, unreported);
    }

    /// <summary>A file could not be made or written.</summary>
    public void OnFailed(string reason)
    {
        lock (_lock)
        {
            if (_fails && _time.GetElapsedTime(_reportedAt) < RepeatAfter)
            {
                _unreported++;
                return;
            }

            _fails = true;
            _reportedAt = _time.GetTimestamp();
            _unreported = 0;
        }

        HttpLog.SpoolFailed(_logger, reason);
    }

    private SafeFileHandle? TryOpen(out string problem)
    {
        problem = "";
        foreach (string directory in _directories)
        {
            if (UnnamedFile.TryOpen(directory, out string reason) is { } handle)
            {
                return handle;
            }

            problem += $"{(problem.Length > 0 ? "; " : "")}{directory}: {reason}";
        }

        return null;
    }
}
