using System.Collections.Concurrent;

namespace Hydra.Http;

/// <summary>The connections that are open. Any thread.</summary>
internal sealed class ClientConnections
{
    private readonly ConcurrentDictionary<ClientConnection, bool> _open = new();
    private readonly ConnectionCount _plain = new();
    private readonly ConnectionCount _tls = new();
    private long _failedHandshakes;
    private int _arriving;

    /// <summary>Whether none is open.</summary>
    public bool AreNone => _open.IsEmpty && Volatile.Read(ref _arriving) == 0;

    /// <summary>How many are open: a count of a table that threads share, not for the way of requests.</summary>
    public int Count => _open.Count;

    /// <summary>A connection has opened of which it is not clear yet what is spoken on it.</summary>
    public void BeginArriving() => Interlocked.Increment(ref _arriving);

    /// <summary>It is clear, or the connection has closed.</summary>
    public void EndArriving() => Interlocked.Decrement(ref _arriving);

    /// <summary>How many of those on which TLS is spoken, or is not, are open.</summary>
    public long Open(bool isTls) => Volatile.Read(ref (isTls ? _tls : _plain).Open);

    /// <summary>How many of those there were so far.</summary>
    public long Accepted(bool isTls) => Volatile.Read(ref (isTls ? _tls : _plain).Accepted);

    /// <summary>Connections that ended before TLS was agreed on.</summary>
    public long FailedHandshakes => Volatile.Read(ref _failedHandshakes);

    /// <summary>A connection has opened.</summary>
    public void Add(ClientConnection connection, bool isTls = false)
    {
        if (_open.TryAdd(connection, true))
        {
            Interlocked.Increment(ref (isTls ? _tls : _plain).Open);
            Interlocked.Increment(ref (isTls ? _tls : _plain).Accepted);
        }
    }

    /// <summary>A connection has closed.</summary>
    public void Remove(ClientConnection connection, bool isTls = false)
    {
        if (_open.TryRemove(connection, out _))
        {
            Interlocked.Decrement(ref (isTls ? _tls : _plain).Open);
        }
    }

    /// <summary>A connection has ended before TLS was agreed on.</summary>
    public void OnHandshakeFailed() => Interlocked.Increment(ref _failedHandshakes);

    /// <summary>Aborts the connections on which no request is being handled.</summary>
    public void AbortIdle()
    {
        foreach ((ClientConnection connection, _) in _open)
        {
            connection.AbortIfIdle();
        }
    }

    private sealed class ConnectionCount
    {
        public long Open;
        public long Accepted;
    }
}
