using System.Diagnostics;
using Hydra.Cli;
using Hydra.Configuration;
using Hydra.Diagnostics;
using Hydra.Workers.Supervision;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>
/// Brings the server from workers that are being started to one that serves. It listens at once, and requests wait; but a server that
/// replaces another listens when its workers are ready, because that one takes all connections until then.
/// </summary>
/// <param name="around">Who is told.</param>
/// <param name="pools">The applications, whose workers are being started.</param>
/// <param name="web">What serves the clients.</param>
/// <param name="logs">Where to say so.</param>
/// <param name="control">What serves the control socket; null where there is none.</param>
/// <param name="dashboard">What serves the dashboard; null where there is none.</param>
/// <param name="readiness">Told when it serves.</param>
/// <param name="startedAt">When the server was started, as a timestamp.</param>
/// <param name="isDevelopment">Whether code that does not start is waited for.</param>
internal sealed class StartSequence(Surroundings around, ApplicationPools pools, WebServer web, ServerLogs logs, ControlServer? control, DashboardServer? dashboard, Readiness readiness, long startedAt, bool isDevelopment = false)
{
    private readonly ILogger _logger = logs.Loggers.CreateLogger("hydra");

    /// <summary>Runs until the server serves, or a signal stops it before.</summary>
    /// <exception cref="StartException">A worker cannot start, or an address cannot be bound; the workers are stopped.</exception>
    public async Task RunAsync()
    {
        if (!around.Predecessor.Exists)
        {
            await ListenAsync().ConfigureAwait(false);
            if (isDevelopment)
            {
                HostingLog.DevelopmentAddress(_logger, string.Join(", ", web.Addresses));
            }
        }

        await Task.WhenAny(pools.Started, around.Stop.First).ConfigureAwait(false);
        if (!pools.Started.IsCompletedSuccessfully)
        {
            return;
        }

        IReadOnlyList<StartOutcome> outcomes = pools.Started.Result;
        if (outcomes[0].Failure is { } failure)
        {
            await AbandonAsync().ConfigureAwait(false);
            logs.WriteText(failure.Traceback.Length > 0 ? failure.Traceback.TrimEnd() + "\n" : "");
            throw new StartException(failure.Message);
        }

        if (around.Predecessor.Exists)
        {
            await ListenAsync().ConfigureAwait(false);
        }

        WriteBanner(outcomes);
        if (web.MetricsAddresses.Count > 0)
        {
            HostingLog.Metrics(_logger, string.Join(", ", web.MetricsAddresses));
        }

        readiness.TryMoveTo(ServerState.Serving);
        around.ReportReady(pools);
    }

    private async Task ListenAsync()
    {
        try
        {
            if (!around.Predecessor.Exists)
            {
                around.PidFile.Claim();
            }

            if (control is not null && !OperatingSystem.IsWindows())
            {
                await control.StartAsync(around.Predecessor.Exists).ConfigureAwait(false);
            }

            if (dashboard is not null)
            {
                await dashboard.StartAsync().ConfigureAwait(false);
            }

            await web.StartAsync().ConfigureAwait(false);
            around.PidFile.Write();
            HostingLog.Listening(_logger, string.Join(", ", web.Addresses));
        }
        catch (StartException)
        {
            await pools.StopAsync(TimeSpan.Zero).ConfigureAwait(false);
            throw;
        }
    }

    private async Task AbandonAsync()
    {
        pools.Refuse();
        await pools.StopAsync(TimeSpan.Zero).ConfigureAwait(false);
        await web.StopAsync(TimeSpan.Zero, new CancellationToken(canceled: true)).ConfigureAwait(false);
        around.PidFile.Remove();
    }

    private void WriteBanner(IReadOnlyList<StartOutcome> outcomes)
    {
        TimeSpan elapsed = Stopwatch.GetElapsedTime(startedAt);
        var facts = new BannerFacts(web.Addresses, [.. pools.All.Zip(outcomes, static (pool, outcome) => pool.Describe(outcome.Info!))], elapsed);
        if (logs.IsForReaders)
        {
            logs.WriteText(Banner.Block(facts, logs.UsesColors));
        }
        else
        {
            ConfigurationLog.Ready(_logger, Banner.Sentence(facts));
        }
    }
}
