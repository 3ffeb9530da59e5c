namespace Hydra.Hosting;

/// <summary>Where the server is in its life, as those see it who send it requests.</summary>
internal enum ServerState
{
    /// <summary>Its workers have not all been ready yet.</summary>
    Starting,

    /// <summary>It serves, and wants requests.</summary>
    Serving,

    /// <summary>It serves, and somebody has asked it to want no more: clients are to go elsewhere.</summary>
    Draining,

    /// <summary>It is about to end.</summary>
    Stopping,
}

/// <summary>Whether the server wants requests: what /-/ready says. Any thread.</summary>
/// <param name="hasWorkers">Whether each application has a worker that serves.</param>
internal sealed class Readiness(Func<bool> hasWorkers)
{
    private readonly Lock _lock = new();
    private ServerState _state;

    /// <summary>Where the server is in its life.</summary>
    public ServerState State
    {
        get
        {
            lock (_lock)
            {
                return _state;
            }
        }
    }

    /// <summary>Why the server wants no requests, as a word; null where it does.</summary>
    public string? Obstacle => State switch
    {
        ServerState.Starting => "starting",
        ServerState.Draining => "draining",
        ServerState.Stopping => "stopping",
        _ => hasWorkers() ? null : "no worker is ready",
    };

    /// <summary>Goes to another state. One that stops does nothing else any more, and none starts again.</summary>
    /// <returns>Whether it is in that state now.</returns>
    public bool TryMoveTo(ServerState state)
    {
        lock (_lock)
        {
            bool isAllowed = state == _state || state is ServerState.Stopping || (_state, state) is
                (ServerState.Starting, ServerState.Serving) or (ServerState.Serving, ServerState.Draining) or (ServerState.Draining, ServerState.Serving);
            _state = isAllowed ? state : _state;
            return isAllowed;
        }
    }
}
