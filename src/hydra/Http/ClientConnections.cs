using System.Collections.Concurrent;

namespace Hydra.Http;

/// <summary>The connections that are open. Any thread.</summary>
internal sealed class ClientConnections
{
    private readonly ConcurrentDictionary<ClientConnection, bool> _open = new();
    private int _arriving;

    /// <summary>Whether none is open.</summary>
    public bool AreNone => _open.IsEmpty && Volatile.Read(ref _arriving) == 0;

    /// <summary>How many are open: a count of a table that threads share, not for the way of requests.</summary>
    public int Count => _open.Count;

    /// <summary>A connection has opened of which it is not clear yet what is spoken on it.</summary>
    public void BeginArriving() => Interlocked.Increment(ref _arriving);

    /// <summary>It is clear, or the connection has closed.</summary>
    public void EndArriving() => Interlocked.Decrement(ref _arriving);

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
