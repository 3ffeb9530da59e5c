using System.Diagnostics;
using Hydra.Cli;
using Hydra.Transport;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>Stops the server as its <see cref="StopPlan"/> says: first the requests, with the workers at hand; then the workers.</summary>
/// <param name="around">Who is told.</param>
/// <param name="pools">The applications.</param>
/// <param name="web">What serves the clients.</param>
/// <param name="sockets">What it listens on.</param>
/// <param name="grace">How long requests may go on.</param>
/// <param name="streams">How long responses without an end of their own go on before they are told.</param>
/// <param name="logger">Where to say so.</param>
internal sealed class StopSequence(
    Surroundings around, ApplicationPools pools, WebServer web, ListenSockets sockets, TimeSpan grace, TimeSpan streams, ILogger logger)
{
    // What a worker gets for its lifespan's shutdown when the requests have used up the grace.
    private static readonly TimeSpan LeastDrain = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Whether somebody stands at a prompt of the application's: who presses Ctrl-C there means its end, and nothing that runs is to be waited for.
    /// </summary>
    public Func<bool> IsAtPrompt { get; init; } = static () => false;

    /// <summary>Runs until everything has stopped, or was cut off.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(StopPlan plan)
    {
        bool isAtPrompt = plan.IsInterrupt && IsAtPrompt();
        Announce(plan, isAtPrompt ? TimeSpan.Zero : grace);
        Task graceful = isAtPrompt ? StopAtOnceAsync() : StopGracefullyAsync(plan.Quiet);
        if (await Task.WhenAny(graceful, plan.Force).ConfigureAwait(false) != graceful)
        {
            HostingLog.Forced(logger);
            web.Abandon();
            pools.KillAll();
            await Task.WhenAny(pools.StopAsync(TimeSpan.Zero), Task.Delay(LeastDrain)).ConfigureAwait(false);
            await pools.State.HandOverAsync(plan.Force, pools.Jobs).ConfigureAwait(false);
            return ExitCodes.RuntimeError;
        }

        await graceful.ConfigureAwait(false);
        await pools.State.HandOverAsync(plan.Force, pools.Jobs).ConfigureAwait(false);
        HostingLog.Stopped(logger);
        return ExitCodes.Success;
    }

    /// <summary>The server is to stop, but goes on for some time: nobody is to wait for it, or to replace it.</summary>
    public void BeginDelay()
    {
        around.Upgrade.Abandon();
        around.Notifier.Stopping();
        web.EndConnections(true);
    }

    private void Announce(StopPlan plan, TimeSpan time)
    {
        if (plan.Successor is { } process)
        {
            sockets.HandOver();
            pools.Jobs.Desk.HoldClock(true);
            pools.State.PassClock();
            around.Notifier.Succeeded(process);
        }
        else
        {
            around.Upgrade.Abandon();
            around.Notifier.Stopping();
        }

        HostingLog.Stopping(logger, plan.Reason, time.TotalSeconds);
    }

    private async Task StopGracefullyAsync(TimeSpan quiet)
    {
        long started = Stopwatch.GetTimestamp();
        using (var end = new CancellationTokenSource(grace))
        using (Partings(started))
        {
            await web.StopAsync(quiet, end.Token).ConfigureAwait(false);
            if (end.IsCancellationRequested)
            {
                HostingLog.GraceOver(logger, grace.TotalSeconds);
            }
        }

        if (!pools.State.HasSuccessor)
        {
            // What waits has nobody else who would do it.
            await pools.Jobs.DrainAsync(grace - Stopwatch.GetElapsedTime(started)).ConfigureAwait(false);
        }

        pools.Refuse();
        TimeSpan rest = grace - Stopwatch.GetElapsedTime(started);
        await pools.StopAsync(rest > LeastDrain ? rest : LeastDrain).ConfigureAwait(false);
    }

    private async Task StopAtOnceAsync()
    {
        await web.StopAsync(TimeSpan.Zero, new CancellationToken(canceled: true)).ConfigureAwait(false);
        pools.Refuse();
        pools.KillAll();
        await pools.StopAsync(TimeSpan.Zero).ConfigureAwait(false);
    }

    // Other requests come to their end by themselves; a stream of events has to be told, in time to say goodbye to its client.
    private Timer Partings(long started) => new(
        _ => pools.PartStreams(grace - Stopwatch.GetElapsedTime(started)), null, streams, Timeout.InfiniteTimeSpan);
}
