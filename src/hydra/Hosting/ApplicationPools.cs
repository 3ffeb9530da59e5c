using Hydra.Configuration;
using Hydra.Dispatch;
using Hydra.Edge;
using Hydra.Primitives;
using Hydra.Workers.Supervision;

namespace Hydra.Hosting;

/// <summary>All applications of the server, which start, serve and stop together. Any thread.</summary>
internal sealed class ApplicationPools : IDisposable
{
    private readonly List<ApplicationPool> _all;

    private ApplicationPools(List<ApplicationPool> all, StateStores state, JobPools jobs)
    {
        _all = all;
        State = state;
        Jobs = jobs;
        Started = WhenStartedAsync([.. Each.Select(static pool => pool.Started)]);
    }

    /// <summary>The pools, in the order of their options.</summary>
    public IReadOnlyList<ApplicationPool> All => _all;

    /// <summary>What their workers share.</summary>
    public StateStores State { get; }

    /// <summary>The processes that do what their workers leave to others.</summary>
    public JobPools Jobs { get; }

    // Those that serve requests, and those that do not.
    private IEnumerable<ApplicationPool> Each => _all.Concat(Jobs.All);

    /// <summary>Completes when all pools are ready, with the outcome of each in their order, those behind that serve no requests; or at the first failure, with that alone.</summary>
    public Task<IReadOnlyList<StartOutcome>> Started { get; }

    /// <summary>How long workers may take to start, in the pool that has most time; zero for ever.</summary>
    public TimeSpan StartTimeout
        => Each.Any(static pool => pool.StartTimeout == TimeSpan.Zero) ? TimeSpan.Zero : Each.Max(static pool => pool.StartTimeout);

    /// <summary>Prepares a pool for each application.</summary>
    /// <exception cref="StartException">What one of them needs is not to be had, or two are at the same place.</exception>
    public static ApplicationPools Prepare(
        ServerOptions server, IReadOnlyList<ApplicationOptions> applications, WorkerHome home, FrontLoops loops, ServerLogs logs, Inheritance? inherited = null)
    {
        CheckPlaces(applications);
        List<ApplicationPool> pools = [];
        var state = new StateStores(inherited, logs.Loggers.CreateLogger("hydra"), loops, applications);
        JobPools? jobs = null;
        try
        {
            jobs = new JobPools(server, applications, home, loops, logs, state.Of);
            // The parts of an application have the memory of their keys in common: a key that one of them has served is old in the others.
            Dictionary<MountPlace, KeyMemory> keys = [];
            bool isKeyed = applications.Any(static one => one.Affinity.Source is not null);
            foreach (ApplicationOptions one in applications)
            {
                ApplicationOptions application = one with { Affinity = one.Affinity with { HidesField = isKeyed } };
                if (!keys.TryGetValue(application.Place, out KeyMemory? memory))
                {
                    keys.Add(application.Place, memory = new KeyMemory());
                }

                pools.Add(new ApplicationPool(server, application, home, loops, logs, pools.Count, LabelOf(application, applications), memory, state.Of(application), jobs.AccessOf(application)));
            }
        }
        catch (StartException)
        {
            pools.ForEach(static pool => pool.Dispose());
            jobs?.Dispose();
            state.Dispose();
            throw;
        }

        state.Start(jobs);
        return new ApplicationPools(pools, state, jobs);
    }

    /// <summary>What tells an application from the others in logs and metrics: its place, where that says anything; and a part of one its name.</summary>
    public static string LabelOf(ApplicationOptions application, IReadOnlyList<ApplicationOptions> all)
        => application.Pool.Length > 0 ? application.Pool : all.Count > 1 || !application.Place.Equals(MountPlace.Everywhere) ? application.Place.ToString() : "";

    /// <summary>Sees to it that no two applications have the same place. One may be below another.</summary>
    /// <exception cref="StartException">Two have.</exception>
    public static void CheckPlaces(IReadOnlyList<ApplicationOptions> applications)
    {
        IEnumerable<(MountPlace Place, ApplicationOptions Application)> routes
            = applications.SelectMany(static application => application.Routes.Select(place => (place, application)));
        if (routes.GroupBy(static route => route.Place, static route => route.Application).FirstOrDefault(static same => same.Count() > 1) is { } taken)
        {
            if (taken.LastOrDefault(static application => application.Pool.Length > 0) is { } part)
            {
                throw new StartException($"{taken.Key} is the pool {part.Pool}'s, and something else's: a path belongs to one of them (--pool, --mount).");
            }

            string[] apps = [.. taken.Select(static application => application.App)];
            throw new StartException($"{apps[0]} and {apps[1]} are both mounted at {taken.Key}: give each a place of its own (--mount).");
        }
    }

    /// <summary>Waits until all have started, or one has failed.</summary>
    /// <returns>All outcomes in the order of the tasks, or the first failure alone.</returns>
    public static async Task<IReadOnlyList<StartOutcome>> WhenStartedAsync(IReadOnlyList<Task<StartOutcome>> pools)
    {
        await foreach (Task<StartOutcome> ended in Task.WhenEach(pools).ConfigureAwait(false))
        {
            StartOutcome outcome = await ended.ConfigureAwait(false);
            if (outcome.Failure is not null)
            {
                return [outcome];
            }
        }

        return await Task.WhenAll(pools).ConfigureAwait(false);
    }

    /// <summary>Starts the workers of all.</summary>
    public void Start()
    {
        foreach (ApplicationPool pool in Each)
        {
            pool.Start();
        }
    }

    /// <summary>Whether each application has a worker that serves.</summary>
    public bool AreServing => _all.TrueForAll(static pool => pool.IsServing);

    /// <summary>Whether each application has a worker that serves and answers.</summary>
    public bool AreWell => _all.TrueForAll(static pool => pool.IsWell);

    /// <summary>Replaces all workers by such with the present code.</summary>
    /// <returns>Completes when that is done, or given up.</returns>
    public Task ReloadAsync() => Task.WhenAll(Each.Select(static pool => pool.ReloadAsync()));

    /// <summary>Why the code of one of them does not run; null where all do.</summary>
    public CodeFailure? Failure => Each.Select(static pool => pool.Failure).FirstOrDefault(static failure => failure is not null);

    /// <summary>Waits until all workers have started or could not; first has them replaced by such with the present code.</summary>
    public Task SettleAsync(bool reload) => Task.WhenAll(Each.Select(pool => pool.SettleAsync(reload)));

    /// <summary>
    /// One worker more for each pool. A signal names none, and who sends one wants more room for whatever comes: that the first pool of the
    /// command line were meant is no better a guess.
    /// </summary>
    public void Grow() => _all.ForEach(static pool => pool.Grow());

    /// <summary>One worker less for each pool, the opposite of <see cref="Grow"/>; none loses its last.</summary>
    public void Shrink() => _all.ForEach(static pool => pool.Shrink());

    /// <summary>Refuses the requests that wait, and those that come.</summary>
    public void Refuse() => _all.ForEach(static pool => pool.Refuse());

    /// <summary>Has responses that have no end of their own come to theirs, within this time.</summary>
    public void PartStreams(TimeSpan rest) => _all.ForEach(pool => pool.PartStreams(rest));

    /// <summary>Stops the workers of all at the same time, within this grace.</summary>
    public Task StopAsync(TimeSpan grace)
    {
        Jobs.Stop();
        return Task.WhenAll(Each.Select(pool => pool.StopAsync(grace)));
    }

    /// <summary>Kills all workers at once.</summary>
    public void KillAll()
    {
        Jobs.Stop();
        foreach (ApplicationPool pool in Each)
        {
            pool.KillAll();
        }
    }

    /// <summary>What there is to be measured now, in the order of the pools.</summary>
    public IReadOnlyList<PoolFigures> ReadFigures() => [.. _all.Select(static pool => pool.ReadFigures())];

    /// <summary>The same, with what the system and the supervisors have to be asked for.</summary>
    public async Task<IReadOnlyList<PoolFigures>> MeasureAsync() => await Task.WhenAll(_all.Select(static pool => pool.MeasureAsync())).ConfigureAwait(false);

    /// <inheritdoc/>
    public void Dispose()
    {
        _all.ForEach(static pool => pool.Dispose());
        Jobs.Dispose();
        State.Dispose();
    }
}
