using System.Globalization;
using Hydra.Dashboard;
using Hydra.Diagnostics;
using Hydra.Workers.Supervision;

namespace Hydra.Hosting;

/// <summary>
/// Looks at the server once a second, so that a page that is opened later has a history: 10 minutes, some 300 bytes for each second and application.
/// Its loop is the only one that samples; any thread may read.
/// </summary>
internal sealed class HistorySampler : IAsyncDisposable
{
    private const int Kept = 600;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly ApplicationPools _pools;
    private readonly RequestMetrics _requests;
    private readonly SlowestRequests _slowest;
    private readonly ProcessorShares _shares;
    private readonly Func<WebServer?> _web;
    private readonly History _history = new(Kept);
    private readonly RequestPace _pace = new(TimeProvider.System);
    private readonly CancellationTokenSource _end = new();
    private readonly string _run = string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}");
    private readonly Task _loop;
    private (long Refused, long Died)[] _before = [];

    /// <summary>Begins to sample.</summary>
    /// <param name="pools">The applications.</param>
    /// <param name="requests">What is counted of requests.</param>
    /// <param name="slowest">The requests that took longest.</param>
    /// <param name="shares">What the workers use of processors.</param>
    /// <param name="web">What serves clients; null as long as there is none.</param>
    public HistorySampler(ApplicationPools pools, RequestMetrics requests, SlowestRequests slowest, ProcessorShares shares, Func<WebServer?> web)
    {
        _pools = pools;
        _requests = requests;
        _slowest = slowest;
        _shares = shares;
        _web = web;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>What was after a sample.</summary>
    /// <param name="after">The number of the sample; 0 for all that is kept.</param>
    public HistoryDocument Read(long after) => new()
    {
        Run = _run,
        Interval = Interval.TotalSeconds,
        Kept = Kept,
        Now = Now(),
        Pools = [.. _pools.All.Select(static pool => pool.Requests.Name)],
        Samples = _history.Read(after),
        Slowest =
        [
            .. _slowest.Read().Select(static one => new SlowestItem(
                Math.Round(TimeProvider.System.GetElapsedTime(one.At).TotalSeconds, 1), one.Method, one.Path, one.Status, Round(one.Elapsed), Round(one.Queued), one.Worker < 0 ? null : one.Worker)),
        ],
    };

    /// <summary>Ends it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _end.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            do
            {
                await SampleAsync().ConfigureAwait(false);
            }
            while (await timer.WaitForNextTickAsync(_end.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // The server ends.
        }
    }

    private async Task SampleAsync()
    {
        FleetSnapshot[] fleets = await Task.WhenAll(_pools.All.Select(static pool => pool.DescribeAsync())).WaitAsync(_end.Token).ConfigureAwait(false);
        Pace? pace = _pace.Next(_requests.Read(), _requests.ReadFailures().Values.Sum());
        PoolFigures[] figures = [.. _pools.All.Select(static pool => pool.ReadFigures())];
        (long Refused, long Died)[] counts = [.. figures.Select(static pool => (pool.RefusedFull + pool.RefusedLate, pool.Ends.GetValueOrDefault(FleetHistory.Died)))];
        _before = _before.Length == counts.Length ? _before : counts;
        PoolSample[] pools = [.. fleets.Select((fleet, i) => Sample(_pools.All[i], fleet, figures[i]) with
        {
            Refused = pace is null ? 0 : Math.Round((counts[i].Refused - _before[i].Refused) / pace.Seconds, 2),
            Died = counts[i].Died - _before[i].Died,
        })];
        _before = counts;
        if (pace is not null)
        {
            _history.Add(new HistorySample(
                0, Now(), [.. pace.Status.Select(static rate => Math.Round(rate, 2))], Math.Round(pace.Failures, 2),
                Round(pace.Median), Round(pace.Ninety), Round(pace.NinetyNine), _web()?.Connections.Count ?? 0, pools));
        }
    }

    private PoolSample Sample(ApplicationPool pool, FleetSnapshot fleet, PoolFigures figures)
    {
        Worker[] workers = [.. fleet.Workers.Select(static one => one.Worker).OfType<Worker>()];
        return new PoolSample
        {
            Queue = figures.QueueLength,
            Wait = Round(pool.Requests.Dispatcher.OldestWait),
            InFlight = workers.Sum(static worker => worker.Handle.InFlight),
            Sessions = workers.Sum(static worker => worker.Handle.Sessions),
            Ready = workers.Count(static worker => worker.State is WorkerState.Ready && !worker.Handle.IsSilent),
            Silent = workers.Count(static worker => worker.State is WorkerState.Ready && worker.Handle.IsSilent),
            Starting = workers.Count(static worker => worker.State is WorkerState.Starting),
            Leaving = workers.Count(static worker => worker.State is not (WorkerState.Starting or WorkerState.Ready)),
            Waiting = fleet.Workers.Count(static one => one.Worker is null),
            Cpu = _shares.Latest(workers.Select(static worker => worker.Pid)) is { } share ? Math.Round(share, 3) : null,
            Rss = workers.Sum(static worker => worker.Process?.Resident ?? 0),
            Lag = Round(workers.Select(static worker => worker.Links.Probe?.LoopLag ?? TimeSpan.Zero).DefaultIfEmpty().Max()),
        };
    }

    private static double Now() => Math.Round(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0, 3);

    private static double Round(TimeSpan time) => Math.Round(time.TotalSeconds, 6);

    private static double? Round(TimeSpan? time) => time is { } known ? Round(known) : null;
}
