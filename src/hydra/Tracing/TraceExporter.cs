using System.Net.Sockets;
using System.Security.Authentication;
using Hydra.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Hydra.Tracing;

/// <summary>
/// Sends what waits in the queue to the collector, in the background, a batch at a time: when there is one, or its time has come. A collector that is not
/// there costs what finds no room in the queue meanwhile. At the end it sends what there is, for a bounded time.
/// </summary>
internal sealed class TraceExporter : IAsyncDisposable
{
    // Before what cannot be sent is given up: about half a minute in all.
    private const int MostTries = 5;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    // What the server's end may wait for the collector.
    private static readonly TimeSpan EndTime = TimeSpan.FromSeconds(3);

    // Of a collector that is not there the log hears so often.
    private static readonly TimeSpan WarningPeriod = TimeSpan.FromHours(1);

    private readonly TraceSettings _settings;
    private readonly TraceQueue _queue;
    private readonly TraceMetrics _metrics;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly OtlpJson _json;
    private readonly OtlpClient _client;
    private readonly CancellationTokenSource _ending = new();
    private readonly CancellationTokenSource _end = new();
    private readonly Task _run;
    private long? _warnedAt;

    /// <summary>Begins.</summary>
    /// <param name="settings">Where the collector is, and how it is spoken to.</param>
    /// <param name="queue">What waits.</param>
    /// <param name="version">The server's version.</param>
    /// <param name="metrics">Told of what becomes of it.</param>
    /// <param name="logger">Hears when the collector does not take it.</param>
    /// <param name="time">The clock.</param>
    public TraceExporter(TraceSettings settings, TraceQueue queue, string version, TraceMetrics metrics, ILogger logger, TimeProvider time)
    {
        (_settings, _queue, _metrics, _logger, _time) = (settings, queue, metrics, logger, time);
        _json = new OtlpJson(settings.Resource, version);
        _client = new OtlpClient(settings);
        metrics.IsOn = true;
        _run = Task.Run(RunAsync);
    }

    /// <summary>Sends what there is, for at most three seconds, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _end.CancelAfter(EndTime);
        await _ending.CancelAsync().ConfigureAwait(false);
        await _run.ConfigureAwait(false);
        await SendAllAsync().ConfigureAwait(false);
        _queue.Clear();
        _ending.Dispose();
        _end.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_ending.IsCancellationRequested)
        {
            await _queue.WaitAsync(_settings.Delay, _ending.Token).ConfigureAwait(false);
            await SendAllAsync().ConfigureAwait(false);
        }
    }

    private async Task SendAllAsync()
    {
        while (!_end.IsCancellationRequested && _queue.Take() is { Count: > 0 } batch)
        {
            int spans = batch.Sum(static trace => trace.Spans);
            if (await SendAsync(_json.Write(batch), spans).ConfigureAwait(false))
            {
                _metrics.AddSent(spans);
            }
            else
            {
                _metrics.AddFailed(spans);
            }
        }
    }

    private async Task<bool> SendAsync(byte[] body, int spans)
    {
        TimeSpan pause = FirstPause;
        for (int i = 1; ; i++)
        {
            (OtlpAnswer answer, string reason) = await PostAsync(body).ConfigureAwait(false);
            if (answer.IsTaken)
            {
                if (answer.Rejected > 0)
                {
                    // Counted with those that were sent, too.
                    _metrics.AddSent(-answer.Rejected);
                    _metrics.AddRejected(answer.Rejected);
                    Warn(() => TracingLog.Rejected(_logger, _settings.Endpoint.ToString(), Math.Min(answer.Rejected, spans), ControlFree(answer.Message)));
                }

                return true;
            }

            Warn(() => TracingLog.Lost(_logger, _settings.Endpoint.ToString(), reason));
            if (i == MostTries || (answer.Status != 0 && !answer.IsRetryable) || !await PauseAsync(answer.RetryAfter ?? pause).ConfigureAwait(false))
            {
                return false;
            }

            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private async Task<(OtlpAnswer Answer, string Reason)> PostAsync(byte[] body)
    {
        try
        {
            OtlpAnswer answer = await _client.PostAsync(body, _end.Token).ConfigureAwait(false);
            return (answer, answer.Status == 0 ? "what it answers is not HTTP" : $"it answers {answer.Status}");
        }
        catch (OperationCanceledException)
        {
            return (OtlpAnswer.None, "it does not answer in time");
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException)
        {
            return (OtlpAnswer.None, e.Message);
        }
    }

    // False where there is no time for it: the server ends.
    private async Task<bool> PauseAsync(TimeSpan time)
    {
        try
        {
            await Task.Delay(time < LongestPause ? time : LongestPause, _time, _ending.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void Warn(Action write)
    {
        long now = _time.GetTimestamp();
        if (_warnedAt is not { } before || _time.GetElapsedTime(before, now) > WarningPeriod)
        {
            _warnedAt = now;
            write();
        }
    }

    private static string ControlFree(string text) => Primitives.ControlText.Escape(text.Length > 200 ? text[..200] : text);
}
