using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Hydra.Transport;

/// <summary>
/// Makes Kestrel's listeners and knows them all, so that they can be stopped before Kestrel is: Kestrel itself closes idle connections in
/// the same step, also those on which a request is on its way. Any thread.
/// </summary>
internal sealed class StoppableListeners(IConnectionListenerFactory factory) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly Lock _lock = new();
    private readonly List<IConnectionListener> _listeners = [];

    /// <inheritdoc/>
    public bool CanBind(EndPoint endpoint) => factory is not IConnectionListenerFactorySelector selector || selector.CanBind(endpoint);

    /// <inheritdoc/>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        IConnectionListener listener = await factory.BindAsync(endpoint, cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            _listeners.Add(listener);
        }

        return listener;
    }

    /// <summary>Accepts no more. Kestrel's own end of the listeners finds nothing left to do.</summary>
    public async Task StopAsync()
    {
        IConnectionListener[] listeners;
        lock (_lock)
        {
            listeners = [.. _listeners];
            _listeners.Clear();
        }

        foreach (IConnectionListener listener in listeners)
        {
            await listener.UnbindAsync().ConfigureAwait(false);
        }
    }
}
