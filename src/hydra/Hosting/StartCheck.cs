using Hydra.Cli;
using Hydra.Configuration;
using Hydra.Workers.Links;
using Hydra.Workers.Supervision;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>Starts a worker of each application, as a server would, to see whether they could serve; and stops them. Nothing is listened at.</summary>
/// <param name="around">The signals that end it before.</param>
/// <param name="pools">The applications.</param>
/// <param name="logs">Where to say what is wrong.</param>
internal sealed class StartCheck(Surroundings around, ApplicationPools pools, ServerLogs logs)
{
    // What a lifespan gets to shut down in.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly ILogger _logger = logs.Loggers.CreateLogger("hydra");

    /// <summary>
    /// The options for it: a worker is enough to see whether there can be several, and what it shares while it is imported is nobody else's: a check may run where there is no Redis, and is to change
    /// nothing there.
    /// </summary>
    public static IReadOnlyList<ApplicationOptions> Reduce(IReadOnlyList<ApplicationOptions> applications)
        => [.. applications.Select(static application => application with { Workers = new WorkerOptions(), State = application.State with { Redis = null } })];

    /// <summary>Runs it.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="StartException">An application could not serve.</exception>
    public async Task<int> RunAsync()
    {
        pools.Start();
        await Task.WhenAny(pools.Started, around.Stop.First).ConfigureAwait(false);
        bool isStarted = pools.Started.IsCompletedSuccessfully;
        WorkerFailure? failure = isStarted ? pools.Started.Result[0].Failure : null;
        await pools.StopAsync(isStarted && failure is null ? Grace : TimeSpan.Zero).ConfigureAwait(false);
        if (failure is not null)
        {
            logs.WriteText(failure.Traceback.Length > 0 ? failure.Traceback.TrimEnd() + "\n" : "");
            throw new StartException(failure.Message);
        }

        if (!isStarted)
        {
            return ExitCodes.RuntimeError;
        }

        foreach ((ApplicationPool pool, StartOutcome outcome) in pools.All.Zip(pools.Started.Result))
        {
            HostingLog.CheckPassed(_logger, Banner.Sentence(pool.Describe(outcome.Info!)));
        }

        return ExitCodes.Success;
    }
}
