using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Hydra.Transport;

/// <summary>Makes a <see cref="LoopListener"/> for each address that Kestrel is to listen on. Any thread.</summary>
internal sealed class LoopTransportFactory(EventLoopGroup group) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    /// <inheritdoc/>
    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint or UnixDomainSocketEndPoint or FileHandleEndPoint;

    /// <inheritdoc/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
        => new(new LoopListener(group.Options.Sockets.Listen(endpoint, group.Options, group.Logger), group));
}
