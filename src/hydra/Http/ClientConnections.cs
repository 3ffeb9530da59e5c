using System.Collections.Concurrent;

namespace Hydra.Http;

/// <summary>The connections that are open. Any thread.</summary>
internal sealed class ClientConnections
{
    private readonly ConcurrentDictionary<ClientConnection, bool> _open = new();

    /// <summary>A connection has opened.</summary>
    public void Add(ClientConnection connection) => _open.TryAdd(connection, true);

    /// <summary>A connection has closed.</summary>
    public void Remove(ClientConnection connection) => _open.TryRemove(connection, out _);

    /// <summary>Aborts the connections on which no request is being handled.</summary>
    public void AbortIdle()
    {
        foreach ((ClientConnection connection, _) in _open)
        {
            connection.AbortIfIdle();
        }
    }
}
