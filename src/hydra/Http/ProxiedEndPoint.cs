using System.Net;

namespace Hydra.Http;

/// <summary>
/// The client of a connection as its proxy has named it (PROXY protocol). That it is one of these says that the proxy has been heard: a connection
/// that was asleep comes with the same.
/// </summary>
/// <param name="address">The client's address.</param>
/// <param name="port">The client's port.</param>
/// <param name="isTls">Whether it has spoken TLS to the proxy.</param>
internal sealed class ProxiedEndPoint(IPAddress address, int port, bool isTls) : IPEndPoint(address, port)
{
    /// <summary>Whether it has spoken TLS to the proxy.</summary>
    public bool IsTls => isTls;
}

/// <summary>The same where the client has no address: the proxy is on a Unix socket, and asks for itself.</summary>
internal sealed class ProxiedNameless : EndPoint;
