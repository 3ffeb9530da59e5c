using System.Net.Sockets;
using Hydra.Configuration;
using Hydra.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>
/// Tells a statsd daemon how the server is, twice a second and once more at the end, by the names that gunicorn has for it. Datagrams: nobody waits
/// for the daemon, and what it does not get is lost.
/// </summary>
internal sealed class StatsdReporter : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    // The daemon may have moved: its name is asked for anew.
    private static readonly TimeSpan ConnectionTime = TimeSpan.FromMinutes(1);

    // Of a daemon that is not there the log hears so often.
    private static readonly TimeSpan WarningPeriod = TimeSpan.FromHours(1);

    private static readonly (LogLevel Level, string Name)[] Levels =
        [(LogLevel.Critical, "gunicorn.log.critical"), (LogLevel.Error, "gunicorn.log.error"), (LogLevel.Warning, "gunicorn.log.warning")];

    private readonly StatsdOptions _options;
    private readonly StatsdCounts _requests;
    private readonly LogCounts _log;
    private readonly Func<IReadOnlyList<PoolFigures>> _pools;
    private readonly ILogger _logger;
    private readonly StatsdText _text;
    private readonly long[] _said = new long[Levels.Length];
    private readonly CancellationTokenSource _end = new();
    private readonly Task _run;
    private Socket? _socket;
    private long _connectedAt;
    private long? _warnedAt;

    /// <summary>Begins.</summary>
    /// <param name="options">Where the daemon is, and how names are written.</param>
    /// <param name="requests">What is counted of requests.</param>
    /// <param name="log">What the log had.</param>
    /// <param name="pools">The pools, at the moment.</param>
    /// <param name="logger">Hears once when the daemon cannot be reached.</param>
    public StatsdReporter(StatsdOptions options, StatsdCounts requests, LogCounts log, Func<IReadOnlyList<PoolFigures>> pools, ILogger logger)
    {
        (_options, _requests, _log, _pools, _logger) = (options, requests, log, pools, logger);
        _text = new StatsdText(options.Prefix, options.Tags);
        _run = Task.Run(RunAsync);
    }

    /// <summary>Says what is left to say, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        await _run.ConfigureAwait(false);
        Report();
        _socket?.Dispose();
        _end.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Period);
        try
        {
            while (await timer.WaitForNextTickAsync(_end.Token).ConfigureAwait(false))
            {
                Report();
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    private void Report()
    {
        StatsdInterval interval = _requests.Take();
        _text.Count("gunicorn.requests", interval.ByStatus.Values.Sum());
        foreach ((int status, long count) in interval.ByStatus)
        {
            _text.Count($"gunicorn.request.status.{status}", count);
        }

        foreach (double duration in interval.Milliseconds)
        {
            _text.Timing("gunicorn.request.duration", duration, (double)interval.Milliseconds.Count / interval.Durations);
        }

        for (int i = 0; i < Levels.Length; i++)
        {
            long count = _log.Of(Levels[i].Level);
            _text.Count(Levels[i].Name, count - _said[i]);
            _said[i] = count;
        }

        IReadOnlyList<PoolFigures> pools = _pools();
        _text.Gauge("gunicorn.workers", pools.Sum(static pool => pool.Workers.Count));
        _text.Gauge("gunicorn.backlog", pools.Sum(static pool => (long)pool.QueueLength));
        foreach (byte[] datagram in _text.Take())
        {
            Send(datagram);
        }
    }

    private void Send(byte[] datagram)
    {
        try
        {
            if (_socket is null || Environment.TickCount64 - _connectedAt > ConnectionTime.TotalMilliseconds)
            {
                _socket?.Dispose();
                _socket = null;
                _socket = _options.Address!.Connect();
                _connectedAt = Environment.TickCount64;
            }

            _socket.Send(datagram);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock)
        {
            // It does not keep up: this one is lost, as it might be on its way.
        }
        catch (SocketException e)
        {
            _socket?.Dispose();
            _socket = null;
            long now = Environment.TickCount64;
            if (_warnedAt is not { } before || now - before > WarningPeriod.TotalMilliseconds)
            {
                _warnedAt = now;
                HostingLog.StatsdLost(_logger, _options.Address!.ToString(), e.Message);
            }
        }
    }
}
