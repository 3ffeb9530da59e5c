using System.Net;
using System.Net.Sockets;

namespace Hydra.Transport;

/// <summary>
/// A Unix socket's address whose file stays: .NET removes the file of a socket that was bound to an endpoint of its own type when the socket is
/// disposed of, also when another process listens there by then.
/// </summary>
/// <param name="inner">The address.</param>
internal sealed class PathKeepingEndPoint(UnixDomainSocketEndPoint inner) : EndPoint
{
    /// <inheritdoc/>
    public override AddressFamily AddressFamily => AddressFamily.Unix;

    /// <inheritdoc/>
    public override System.Net.SocketAddress Serialize() => inner.Serialize();

    /// <inheritdoc/>
    public override EndPoint Create(System.Net.SocketAddress socketAddress) => inner.Create(socketAddress);

    /// <inheritdoc/>
    public override string ToString() => inner.ToString();
}
