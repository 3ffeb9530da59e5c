using System.Collections.Concurrent;

namespace Hydra.Http;

/// <summary>The connections that are open, and how they learn that the server stops. Any thread.</summary>
internal sealed class ClientConnections : IDisposable
{
    private readonly ConcurrentDictionary<ClientConnection, bool> _open = new();
    private readonly CancellationTokenSource _idleEnds = new();
    private volatile bool _areEnding;

    /// <summary>Whether each response is to be the last one of its connection.</summary>
    public bool AreEnding => _areEnding;

    /// <summary>Cancelled when connections on which no request is being handled are to end.</summary>
    public CancellationToken IdleEnds => _idleEnds.Token;

    /// <summary>A connection has opened.</summary>
    public void Add(ClientConnection connection) => _open.TryAdd(connection, true);

    /// <summary>A connection has closed.</summary>
    public void Remove(ClientConnection connection) => _open.TryRemove(connection, out _);

    /// <summary>From now on each response says that its connection ends.</summary>
    public void Announce() => _areEnding = true;

    /// <summary>Ends the connections on which no request is being handled, and the others after theirs.</summary>
    public void EndIdle() => _idleEnds.Cancel();

    /// <inheritdoc/>
    public void Dispose() => _idleEnds.Dispose();

    /// <summary>Aborts the connections on which no request is being handled.</summary>
    public void AbortIdle()
    {
        foreach ((ClientConnection connection, _) in _open)
        {
            connection.AbortIfIdle();
        }
    }
}
