using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Hydra.Configuration;
using Hydra.Jobs;
using Hydra.State;
using Hydra.Topics;
using Hydra.Transport;
using Hydra.Workers.Links;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>
/// The shared state of all applications: one store for each, which it keeps also where it is served by several pools. In an upgrade it comes from the
/// server before this one, and goes to the one after it.
/// </summary>
internal sealed class StateStores : IDisposable
{
    // It is a matter of milliseconds, unless the other hangs.
    private static readonly TimeSpan HandOverLimit = TimeSpan.FromSeconds(10);

    private readonly Dictionary<(string App, string Directory), IStateStore> _stores = [];
    private readonly RedisStores _redis;
    private readonly Dictionary<(string App, string Directory), TopicHub> _hubs = [];
    private readonly FrontLoops _loops;
    private readonly StatePredecessor? _predecessor;
    private readonly ILogger _logger;
    private StateSuccessor? _successor;

    /// <summary>Makes none yet.</summary>
    /// <param name="inherited">What the server before this one has passed on; null where there was none.</param>
    /// <param name="logger">Where to say what was lost.</param>
    /// <param name="loops">The loops that connections live on.</param>
    /// <param name="applications">All applications that there are.</param>
    public StateStores(Inheritance? inherited, ILogger logger, FrontLoops loops, IReadOnlyList<ApplicationOptions> applications)
    {
        _redis = new RedisStores(logger, loops, applications);
        _loops = loops;
        _logger = logger;
        if (inherited?.State is { } link)
        {
            if (!OperatingSystem.IsWindows())
            {
                _ = Primitives.LibC.SetCloseOnExec(link);
            }

            var socket = new Socket(new SafeSocketHandle(link, ownsHandle: true));
            if (inherited.StateVersion == SuccessionLink.Version)
            {
                _predecessor = new StatePredecessor(new SocketLinkChannel(socket), logger);
            }
            else
            {
                HostingLog.StateOfAnotherVersion(logger);
                socket.Dispose();
            }
        }
    }

    /// <summary>What the workers of an application share.</summary>
    /// <returns>Null where that is nothing.</returns>
    public SharedState? Of(ApplicationOptions application)
    {
        if (application.State.Redis is not null)
        {
            return _redis.Of(application, Enumerable.Range(0, _loops.Count).Select(Lane));
        }

        IStateStore? values = ValuesOf(application);
        TopicHub? topics = TopicsOf(application);
        return values is null && topics is null ? null : new SharedState(values, topics);
    }

    /// <summary>Waits for what is not in this server.</summary>
    /// <exception cref="StartException">It is there, and cannot be used.</exception>
    public Task FoundAsync() => _redis.FoundAsync();

    /// <summary>All stores are made.</summary>
    /// <param name="jobs">What takes over tasks that waited in the server before this one, and calls nothing by the clock before that one has stopped to.</param>
    public void Start(JobPools jobs)
    {
        if (_stores.Count == 0)
        {
            _predecessor?.GiveUp();
        }
        else if (_predecessor is not null)
        {
            jobs.Desk.HoldClock(true);
            _predecessor.OnClock = () => jobs.Desk.HoldClock(false);
            _predecessor.OnJob = (app, directory, job) =>
            {
                if (!jobs.Restore(app, directory, job))
                {
                    HostingLog.TaskNotTaken(_logger, job.Id, job.Spec.Name);
                }
            };
            _predecessor.Start();
        }
    }

    /// <summary>Whether there is somebody who takes over what is here.</summary>
    public bool HasSuccessor => _successor is { Closed.IsCompleted: false };

    /// <summary>Nothing is called by the clock here any more: whoever takes over does that.</summary>
    public void PassClock() => _successor?.PassClock();

    /// <summary>Has the server that is to take this one's place use what is here, from now on.</summary>
    /// <returns>The socket to pass to it; null where there is nothing to be used.</returns>
    [UnsupportedOSPlatform("windows")]
    public Socket? Offer()
    {
        _successor?.Close();
        _successor = null;
        if (_stores.Count == 0)
        {
            return null;
        }

        try
        {
            (Socket own, Socket passed) = SocketPair.Create();
            _successor = new StateSuccessor(new SocketLinkChannel(own), (app, directory) => _stores.GetValueOrDefault((app, directory)));
            _successor.Start();
            return passed;
        }
        catch (Win32Exception e)
        {
            throw new IOException($"there is no descriptor for the shared state: {e.Message}", e);
        }
    }

    /// <summary>The workers have ended: hands what they have shared to the server that has taken this one's place.</summary>
    /// <param name="force">Completes when the server is to stop at once, although the one before it may have the state still.</param>
    /// <param name="jobs">Tasks that wait. They go to that server, too; where there is none they are lost.</param>
    public async Task HandOverAsync(Task force, JobPools jobs)
    {
        foreach ((string app, string directory, JobLane lane, IReadOnlyList<SavedJob> waiting) in jobs.Save())
        {
            int taken = _successor is null ? 0 : await _successor.HandOverAsync(app, directory, waiting).ConfigureAwait(false);
            jobs.Desk.Drop(lane, [.. waiting.Skip(taken)]);
        }

        // The loops are there yet, which its connections are on.
        await _redis.LeaveAsync().ConfigureAwait(false);
        if (_successor is null)
        {
            return;
        }

        if (_predecessor is not null)
        {
            // That one finishes its requests: as long as its grace.
            await Task.WhenAny(_predecessor.Closed, _successor.Closed, force).ConfigureAwait(false);
        }

        try
        {
            await _successor.HandOverAsync().WaitAsync(HandOverLimit).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            HostingLog.StateNotTaken(_logger, HandOverLimit.TotalSeconds);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _successor?.Close();
        _predecessor?.GiveUp();
        _redis.Dispose();
        foreach (IStateStore store in _stores.Values)
        {
            store.Dispose();
        }

        foreach (TopicHub hub in _hubs.Values)
        {
            hub.Dispose();
        }
    }

    private IStateStore? ValuesOf(ApplicationOptions application)
    {
        if (application.State.Memory == 0)
        {
            return null;
        }

        (string, string) key = (application.App, application.AppDir);
        if (!_stores.TryGetValue(key, out IStateStore? state))
        {
            var store = new StateStore(new StateStoreOptions(
                application.State.Memory, application.State.Evicts, refused => HostingLog.StateFull(_logger, application.App, refused)));
            _stores[key] = state = _predecessor is null ? store : _predecessor.Open(application.App, application.AppDir, store);
        }

        return state;
    }

    // Who is connected to the server before this one is not reached from here, so there is nothing of it to take over.
    private TopicHub? TopicsOf(ApplicationOptions application)
    {
        if (application.State.TopicMemory == 0)
        {
            return null;
        }

        (string, string) key = (application.App, application.AppDir);
        if (!_hubs.TryGetValue(key, out TopicHub? hub))
        {
            _hubs[key] = hub = new TopicHub(application.State.TopicMemory, Enumerable.Range(0, _loops.Count).Select(Lane));
        }

        return hub;
    }

    private Action<IThreadPoolWorkItem> Lane(int index) => work => _loops.Post(index, work);
}
