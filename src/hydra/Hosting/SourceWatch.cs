using System.Diagnostics;
using Hydra.Configuration;
using Hydra.Edge;
using Hydra.Files;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>
/// Watches the code that is being written (--reload): has the workers replaced when a file has changed. It looks by itself ten times a second, or less
/// often where a look takes long, and whenever a request comes: so no request is answered by code that was changed before. It looks, and is
/// not told, because only that works everywhere: in containers, on file systems of the network, and without a bound on directories. Any thread; <c>_turn</c> lets one look at a time.
/// </summary>
internal sealed class SourceWatch : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    // A look may take this part of the time.
    private const int Share = 20;

    // An editor writes several files, or one in pieces: it is through when nothing has changed for so long, or for that long at most.
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(40);
    private const int MostQuietLooks = 25;

    private readonly SourceTree _tree;
    private readonly ApplicationPools _pools;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly CancellationTokenSource _end = new();
    private long _lookedFrom;
    private TimeSpan _took;

    private SourceWatch(SourceTree tree, ApplicationPools pools, ILogger logger)
    {
        _tree = tree;
        _pools = pools;
        _logger = logger;
        State = new DevelopmentState(LookAsync, () => pools.Failure);
    }

    /// <summary>What requests have to know.</summary>
    public DevelopmentState State { get; }

    /// <summary>Sees to it that what is to be watched is there.</summary>
    /// <exception cref="StartException">A directory is not.</exception>
    public static void Check(DevelopmentOptions options)
    {
        if (options.Directories.FirstOrDefault(static directory => !Directory.Exists(directory)) is { } missing)
        {
            throw new StartException(missing.Length == 0 ? "--reload-dir names no directory: it is empty." : $"--reload-dir {missing} is no directory.");
        }
    }

    /// <summary>Begins to watch. The workers are being started.</summary>
    public static SourceWatch Start(ServerOptions server, IReadOnlyList<ApplicationOptions> applications, ApplicationPools pools, ILogger logger)
    {
        DevelopmentOptions options = server.Development;
        string[] directories = options.Directories.Count > 0
            ? [.. options.Directories]
            : [.. applications.Select(static application => application.AppDir.Length > 0 ? application.AppDir : ".").Distinct()];
        var watch = new SourceWatch(new SourceTree(directories, options.Includes, options.Excludes), pools, logger);
        watch._tree.Look();
        HostingLog.Watching(logger, watch._tree.Count, string.Join(", ", directories.Select(Path.GetFullPath)));
        _ = watch.SettleAsync(reload: false);
        _ = watch.RunAsync();
        return watch;
    }

    /// <inheritdoc/>
    public void Dispose() => _end.Cancel();

    private async Task RunAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            TimeSpan pause = _took * Share > Interval ? _took * Share : Interval;
            await Task.Delay(pause, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await LookAsync().ConfigureAwait(false);
        }
    }

    private async Task LookAsync()
    {
        long came = Stopwatch.GetTimestamp();
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            // A look that has begun since is as good for all who have waited for it.
            if (_end.IsCancellationRequested || _lookedFrom > came || Look() is not { } changed)
            {
                return;
            }

            for (int i = 0; i < MostQuietLooks; i++)
            {
                await Task.Delay(Quiet).ConfigureAwait(false);
                if (Look() is not { } more)
                {
                    break;
                }

                changed = more;
            }

            HostingLog.Changed(_logger, Path.GetRelativePath(Directory.GetCurrentDirectory(), changed));
            _ = SettleAsync(reload: true);
        }
        finally
        {
            _turn.Release();
        }
    }

    private string? Look()
    {
        long begun = Stopwatch.GetTimestamp();
        _lookedFrom = begun;
        string? changed = _tree.Look();
        _took = Stopwatch.GetElapsedTime(begun);
        return changed;
    }

    private async Task SettleAsync(bool reload)
    {
        int begun = State.Begin();
        try
        {
            await _pools.SettleAsync(reload).ConfigureAwait(false);
        }
        finally
        {
            State.End(begun);
        }
    }
}
