using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Hydra.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Hydra.Http;

/// <summary>
/// What stays the same for all requests of a client's connection. Made by <see cref="ClientConnectionMiddleware"/> when the connection
/// opens, and found by the request handler among the connection's features.
/// </summary>
internal sealed class ClientConnection
{
    private readonly ConnectionContext _context;
    private byte[]? _block10;
    private byte[]? _block11;
    private HttpExchange? _idle;
    private volatile HttpExchange? _current;
    private volatile bool _isClosed;

    /// <summary>Describes a connection that has just opened.</summary>
    public ClientConnection(ConnectionContext context)
    {
        _context = context;
        if (context.Features.Get<ILoopFeature>() is { } loop && context.Transport == loop)
        {
            Loop = loop.Loop.Index;
            loop.Capture = Head;
        }
        else
        {
            context.Transport = new DuplexPipe(new CapturingReader(context.Transport.Input, Head), context.Transport.Output);
        }

        context.ConnectionClosed.UnsafeRegister(static state => ((ClientConnection)state!).OnClosed(), this);
    }

    /// <summary>The client's address; null on a Unix socket.</summary>
    public IPAddress? ClientAddress => _context.RemoteEndPoint is IPEndPoint endPoint ? Unmapped(endPoint.Address) : null;

    /// <summary>The client's port; 0 on a Unix socket.</summary>
    public int ClientPort => _context.RemoteEndPoint is IPEndPoint endPoint ? endPoint.Port : 0;

    /// <summary>The head of the request that begins, as the client sent it.</summary>
    public HeadCapture Head { get; } = new();

    /// <summary>The event loop that serves this connection; 0 where there is only one.</summary>
    public int Loop { get; }

    /// <summary>The connection block of the link protocol for a request of the given HTTP version.</summary>
    public ReadOnlySpan<byte> Block(string protocol)
        => protocol == "HTTP/1.0" ? _block10 ??= MakeBlock("1.0") : _block11 ??= MakeBlock("1.1");

    /// <summary>
    /// An exchange for the next request. HTTP/1 has one request at a time on a connection, so one object serves them all.
    /// </summary>
    public HttpExchange Rent(RequestForwarder forwarder)
    {
        HttpExchange exchange = Interlocked.Exchange(ref _idle, null) ?? new HttpExchange(forwarder, this);
        return exchange;
    }

    /// <summary>Names the exchange that is to hear when the client leaves.</summary>
    public void Watch(HttpExchange exchange)
    {
        _current = exchange;
        if (_isClosed)
        {
            exchange.OnClientGone();
        }
    }

    /// <summary>The request is over.</summary>
    public void Return(HttpExchange exchange)
    {
        _current = null;
        _idle = exchange;
    }

    /// <summary>Aborts the connection unless a request is being handled on it.</summary>
    public void AbortIfIdle()
    {
        if (_current is null)
        {
            _context.Abort();
        }
    }

    private void OnClosed()
    {
        _isClosed = true;
        _current?.OnClientGone();
    }

    private byte[] MakeBlock(string httpVersion)
    {
        (string clientHost, string clientPort) = Split(_context.RemoteEndPoint);
        (string serverHost, string serverPort) = Split(_context.LocalEndPoint);
        string scheme = _context.Features.Get<ITlsHandshakeFeature>() is null ? "http" : "https";
        return Encoding.UTF8.GetBytes(string.Join('\0', scheme, httpVersion, clientHost, clientPort, serverHost, serverPort));
    }

    private static (string Host, string Port) Split(EndPoint? endPoint) => endPoint switch
    {
        IPEndPoint ip => (Unmapped(ip.Address).ToString(), ip.Port.ToString(CultureInfo.InvariantCulture)),
        System.Net.Sockets.UnixDomainSocketEndPoint unix => (unix.ToString() ?? "", ""),
        _ => ("", ""),
    };

    // A dual-stack listener reports IPv4 clients as ::ffff:a.b.c.d; applications compare with a.b.c.d.
    private static IPAddress Unmapped(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
