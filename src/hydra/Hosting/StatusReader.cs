using System.Diagnostics;
using Hydra.Cli;
using Hydra.Configuration;
using Hydra.Control;
using Hydra.Diagnostics;
using Hydra.Workers.Links;
using Hydra.Workers.Processes;
using Hydra.Workers.Supervision;

namespace Hydra.Hosting;

/// <summary>Reads how the server is, for who asks. Any thread.</summary>
internal sealed class StatusReader : IDisposable
{
    private const int MostActive = 100;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SampleInterval = TimeSpan.FromSeconds(1);

    private readonly ApplicationPools _pools;
    private readonly Readiness _readiness;
    private readonly RequestMetrics _requests;
    private readonly ServerLogs _logs;
    private readonly Func<WebServer?> _web;
    private readonly long _startedAt;

    // Once: each look at both clocks would differ by a little.
    private readonly DateTimeOffset _started;
    private readonly RateWindow _rates = new(Window, TimeProvider.System);
    private readonly ProcessorShares _shares = new(Window, TimeProvider.System);
    private readonly Timer _sampler;

    /// <summary>Begins to sample.</summary>
    /// <param name="pools">The applications.</param>
    /// <param name="readiness">Where the server is in its life.</param>
    /// <param name="requests">What is counted of requests.</param>
    /// <param name="logs">Its logs.</param>
    /// <param name="web">What serves clients; null as long as there is none.</param>
    /// <param name="startedAt">When the server was started, as a timestamp.</param>
    public StatusReader(ApplicationPools pools, Readiness readiness, RequestMetrics requests, ServerLogs logs, Func<WebServer?> web, long startedAt)
    {
        _pools = pools;
        _readiness = readiness;
        _requests = requests;
        _logs = logs;
        _web = web;
        _startedAt = startedAt;
        _started = DateTimeOffset.UtcNow - Stopwatch.GetElapsedTime(startedAt);
        _sampler = new Timer(_ => Sample(), null, TimeSpan.Zero, SampleInterval);
    }

    /// <summary>What the workers use of processors.</summary>
    public ProcessorShares Shares => _shares;

    /// <summary>How the server is now.</summary>
    public async Task<StatusDocument> ReadAsync()
    {
        TimeSpan uptime = Stopwatch.GetElapsedTime(_startedAt);
        WebServer? web = _web();
        return new StatusDocument
        {
            Version = VersionText.Number,
            Pid = Environment.ProcessId,
            State = Lower(_readiness.State),
            NotReady = _readiness.Obstacle,
            Started = _started,
            Uptime = Round(uptime),
            Addresses = web?.Addresses ?? [],
            Metrics = web?.MetricsAddresses ?? [],
            LogLevel = OptionNames.NameOf(OptionNames.LogLevels, _logs.Level),
            Connections = web?.Connections.Count ?? 0,
            Rss = Environment.WorkingSet,
            Requests = Requests(),
            Pools = await Task.WhenAll(_pools.All.Select(ReadAsync)).ConfigureAwait(false),
            Routes = RouteSummary.Slowest(await Task.WhenAll(_pools.All.Select(static pool => pool.ReadRoutesAsync())).ConfigureAwait(false)),
            ErrorCount = _logs.Recent.Count,
            Errors = [.. _logs.Recent.Read().Select(static error => new ErrorStatus(error.Time, OptionNames.NameOf(OptionNames.LogLevels, error.Level), error.Message))],
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _sampler.Dispose();

    private void Sample()
    {
        _rates.Add(_requests.Read());
        _shares.Add([.. _pools.All.SelectMany(static pool => pool.Pids)], ProcessTime.Used);
    }

    private RequestsStatus Requests()
    {
        RequestCounts counts = _requests.Read();
        RequestRates rates = _rates.Read(counts);
        return new RequestsStatus
        {
            Total = counts.Total,
            Status = counts.ByClass.Select(static (count, i) => (Name: $"{i + 1}xx", Count: count)).ToDictionary(static one => one.Name, static one => one.Count, StringComparer.Ordinal),
            Failures = _requests.ReadFailures(),
            Window = Round(rates.Span),
            Rate = Math.Round(rates.PerSecond, 2),
            FailedRate = Math.Round(rates.FailedPerSecond, 2),
            P50 = Round(rates.Median),
            P90 = Round(rates.Ninety),
            P99 = Round(rates.NinetyNine),
        };
    }

    private async Task<PoolStatus> ReadAsync(ApplicationPool pool)
    {
        FleetSnapshot fleet = await pool.DescribeAsync().ConfigureAwait(false);
        PoolFigures figures = pool.ReadFigures();
        return new PoolStatus
        {
            Name = figures.Name,
            App = pool.App,
            Interface = fleet.Workers.Select(static worker => worker.Worker?.Links.Info?.Interface).FirstOrDefault(static name => name is not null) ?? "",
            Queue = new QueueStatus
            {
                Length = figures.QueueLength,
                Bytes = figures.QueueBytes,
                OldestWait = Round(pool.Requests.Dispatcher.OldestWait),
                RefusedFull = figures.RefusedFull,
                RefusedLate = figures.RefusedLate,
            },
            Wanted = new WorkerCount(fleet.Wanted, fleet.Fewest, fleet.Most),
            Generation = fleet.Generation,
            Reloading = fleet.IsReloading,
            Starts = figures.Launched,
            Ends = fleet.Ends,
            Workers = [.. fleet.Workers.Select(Describe)],
        };
    }

    private WorkerStatus Describe(WorkerSnapshot snapshot)
    {
        if (snapshot.Worker is not { } worker)
        {
            return new WorkerStatus { Index = snapshot.Index, State = "waiting", StartsIn = Math.Max(0, Round(snapshot.StartsIn ?? TimeSpan.Zero)) };
        }

        List<ActiveStream> active = [];
        foreach (WorkerLink link in worker.Links.Data)
        {
            link.ReadActive(active);
        }

        TimeSpan used = ProcessTime.Used(worker.Pid) ?? TimeSpan.Zero;
        return new WorkerStatus
        {
            Index = snapshot.Index,
            Pid = worker.Pid > 0 ? worker.Pid : null,
            State = Lower(worker.State),
            Reason = snapshot.Reason is { } reason ? FleetHistory.NameOf(reason) : null,
            Age = Round(snapshot.Age),
            ServedFor = Round(snapshot.ServedFor),
            InFlight = worker.Handle.InFlight,
            Sessions = worker.Handle.Sessions,
            Requests = worker.Links.Opened,
            Rss = worker.Process?.Resident ?? 0,
            Cpu = _shares.Read(worker.Pid, used) is { } share ? Math.Round(share, 3) : null,
            CpuTime = Round(used),
            LoopLag = Round(worker.Links.Probe?.LoopLag ?? TimeSpan.Zero),
            Silent = worker.Handle.IsSilent,
            Active = [.. active.OrderByDescending(static one => one.Age).Take(MostActive)
                .Select(static one => new ActiveStatus(WorkerLink.NameOf(one.Link, one.Id), one.Method, one.Path, Round(one.Age), Lower(one.Phase)))],
        };
    }

    private static string Lower<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static double Round(TimeSpan time) => Math.Round(time.TotalSeconds, 6);

    private static double? Round(TimeSpan? time) => time is { } known ? Round(known) : null;
}
