using Microsoft.AspNetCore.Connections;

namespace Hydra.Transport;

/// <summary>Why a connection is to be closed at once; the first reason counts. Held by its connection. Any thread.</summary>
internal struct AbortReason
{
    // Stands for "closed in order".
    private static readonly ConnectionAbortedException InOrder = new("The connection was closed.");

    private ConnectionAbortedException? _reason;

    /// <summary>Whether there is one.</summary>
    public readonly bool IsSet => _reason is not null;

    /// <summary>Whether the client is to see a reset. Kestrel gives no reason when the client has ended the connection in order.</summary>
    public readonly bool IsReset => _reason is not null && _reason != InOrder;

    /// <summary>What those get who still wait.</summary>
    public readonly ConnectionAbortedException Error => IsReset ? _reason! : new ConnectionAbortedException(InOrder.Message);

    /// <summary>Sets the reason.</summary>
    /// <returns>False when there was one.</returns>
    public bool TrySet(ConnectionAbortedException? reason) => Interlocked.CompareExchange(ref _reason, reason ?? InOrder, null) is null;
}
