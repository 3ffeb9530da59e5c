using System.Diagnostics;
using Hydra.Cli;
using Hydra.Configuration;
using Hydra.Diagnostics;
using Hydra.Dispatch;
using Hydra.Http;
using Hydra.Workers;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>The life of the server: start, serve, stop.</summary>
internal sealed class HydraServer(HydraOptions options, ServerLogs logs) : IDisposable
{
    // What a worker gets for its lifespan's shutdown when the requests have used up the grace.
    private static readonly TimeSpan LeastDrain = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = logs.Loggers.CreateLogger("hydra");
    private readonly Dispatcher _dispatcher = new(
        new DispatchOptions { QueueSize = options.QueueSize, QueueBytes = options.QueueBytes, QueueTimeout = options.QueueTimeout },
        logs.Loggers.CreateLogger("hydra"));

    /// <summary>Runs until a signal stops it or it cannot start.</summary>
    /// <returns>The exit code.</returns>
    /// <param name="warnings">What the command line's reader has to say.</param>
    public async Task<int> RunAsync(IReadOnlyList<string> warnings)
    {
        foreach (string warning in warnings)
        {
            ConfigurationLog.Warning(_logger, warning);
        }

        using var signals = new StopSignals();
        try
        {
            using WorkerSetup setup = WorkerSetup.Prepare(options, logs);
            var loops = new FrontLoops(options);
            using Supervisor supervisor = setup.CreateSupervisor(_dispatcher, loops);
            using ControlSignals? control = OperatingSystem.IsWindows() ? null : new ControlSignals(supervisor, _logger);

            // Python takes longest to start, so it starts first; requests that come before it is ready wait.
            supervisor.Start();
            return await ServeAsync(supervisor, loops, signals).ConfigureAwait(false);
        }
        catch (StartException e)
        {
            HostingLog.CannotStart(_logger, e.Message);
            return ExitCodes.StartFailure;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _dispatcher.Dispose();

    private async Task<int> ServeAsync(Supervisor supervisor, FrontLoops loops, StopSignals signals)
    {
        var forwarder = new RequestForwarder(
            _dispatcher, new ForwarderOptions(Retry: options.Retry), logs.Access, logs.Loggers.CreateLogger<RequestForwarder>());
        await using WebServer web = await StartWebAsync(forwarder, supervisor, loops).ConfigureAwait(false);
        IReadOnlyList<string> addresses = web.Addresses;
        HostingLog.Listening(_logger, string.Join(", ", addresses));
        await Task.WhenAny(supervisor.Started, signals.First).ConfigureAwait(false);
        if (supervisor.Started.IsCompletedSuccessfully)
        {
            StartOutcome outcome = supervisor.Started.Result;
            if (outcome.Failure is { } failure)
            {
                await AbandonAsync(web, supervisor).ConfigureAwait(false);
                logs.WriteText(failure.Traceback.Length > 0 ? failure.Traceback.TrimEnd() + "\n" : "");
                throw new StartException(failure.Message);
            }

            WriteBanner(addresses, outcome.Info!);
        }

        await signals.First.ConfigureAwait(false);
        return await StopAsync(web, supervisor, signals).ConfigureAwait(false);
    }

    private async Task<WebServer> StartWebAsync(RequestForwarder forwarder, Supervisor supervisor, FrontLoops loops)
    {
        try
        {
            var web = new WebServer(options, loops, logs.Loggers, forwarder);
            await web.StartAsync().ConfigureAwait(false);
            return web;
        }
        catch (StartException)
        {
            loops.Abandon();
            await supervisor.StopAsync(TimeSpan.Zero).ConfigureAwait(false);
            throw;
        }
    }

    private void WriteBanner(IReadOnlyList<string> addresses, WorkerInfo info)
    {
        TimeSpan elapsed = DateTime.Now - Process.GetCurrentProcess().StartTime;
        var facts = new BannerFacts(addresses, options.App!, info.Interface, options.Workers, info.Python, info.Loop, elapsed);
        if (StandardStreams.IsErrorTerminal)
        {
            logs.WriteText(Banner.Block(facts, logs.UsesColors));
        }
        else
        {
            ConfigurationLog.Ready(_logger, Banner.Sentence(facts));
        }
    }

    private async Task AbandonAsync(WebServer web, Supervisor supervisor)
    {
        _dispatcher.Close();
        await supervisor.StopAsync(TimeSpan.Zero).ConfigureAwait(false);
        await web.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
    }

    private async Task<int> StopAsync(WebServer web, Supervisor supervisor, StopSignals signals)
    {
        HostingLog.Stopping(_logger, signals.First.Result.ToString(), options.GracefulTimeout.TotalSeconds);
        Task graceful = StopGracefullyAsync(web, supervisor);
        if (await Task.WhenAny(graceful, signals.Second).ConfigureAwait(false) != graceful)
        {
            HostingLog.Forced(_logger);
            web.Abandon();
            supervisor.KillAll();
            await Task.WhenAny(supervisor.StopAsync(TimeSpan.Zero), Task.Delay(LeastDrain)).ConfigureAwait(false);
            return ExitCodes.RuntimeError;
        }

        await graceful.ConfigureAwait(false);
        HostingLog.Stopped(_logger);
        return ExitCodes.Success;
    }

    // First the requests, with the workers at hand; then the workers.
    private async Task StopGracefullyAsync(WebServer web, Supervisor supervisor)
    {
        long started = Stopwatch.GetTimestamp();
        using (var grace = new CancellationTokenSource(options.GracefulTimeout))
        {
            await web.StopAsync(grace.Token).ConfigureAwait(false);
            if (grace.IsCancellationRequested)
            {
                HostingLog.GraceOver(_logger, options.GracefulTimeout.TotalSeconds);
            }
        }

        _dispatcher.Close();
        TimeSpan rest = options.GracefulTimeout - Stopwatch.GetElapsedTime(started);
        await supervisor.StopAsync(rest > LeastDrain ? rest : LeastDrain).ConfigureAwait(false);
    }
}
