using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Hydra.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Hydra.Http;

/// <summary>
/// Tells the two ends apart that .NET's transport calls by one name, <see cref="ConnectionContext.ConnectionClosed"/>: a client that has shut down
/// its sending side, and may well wait for its answer, and a connection that is no more. Kestrel would abort the response for either; it is given
/// a token of its own, which is cancelled for the second alone. The first is told to an <see cref="IPeerSink"/>, as Hydra's own transport does it.
/// </summary>
internal sealed class SocketEnding : IDisposable
{
    private readonly Lock _lock = new();

    [SuppressMessage("Usage", "CA2213:Disposable fields should be disposed",
        Justification = "It has neither a timer nor a handle, and whoever is called by it may be at work while the connection ends.")]
    private readonly CancellationTokenSource _closed = new();

    private readonly ConnectionContext _context;
    private readonly IPeerSink _sink;
    private readonly TimeSpan _grace;
    private Socket? _socket;
    private Timer? _timer;
    private bool _isOver;
    private bool _isTold;

    /// <summary>Watches a connection that has just opened, and for whose token nobody has asked yet.</summary>
    /// <param name="context">The connection.</param>
    /// <param name="sink">Who is to hear of a client that sends nothing more, on a thread of the pool.</param>
    /// <param name="grace">
    /// How long the sink's requests have until it is told again; see <see cref="TransportOptions.HalfCloseGrace"/>. As often the connection is then
    /// asked whether it is still there: nothing else says so while nobody reads.
    /// </param>
    public SocketEnding(ConnectionContext context, IPeerSink sink, TimeSpan grace)
    {
        _context = context;
        _sink = sink;
        _grace = grace;
        CancellationToken both = context.ConnectionClosed;
        context.ConnectionClosed = _closed.Token;
        both.UnsafeRegister(static state => ((SocketEnding)state!).OnEnd(), this);
    }

    /// <summary>The connection is over for everybody: nobody is told of anything any more.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isOver = true;
            _timer?.Dispose();
        }
    }

    private void OnEnd()
    {
        _socket = _context.Features.Get<IConnectionSocketFeature>()?.Socket;
        if (!TakesAnswers() || !_sink.OnPeerFinished(isLong: false))
        {
            Close();
            return;
        }

        lock (_lock)
        {
            _timer = _isOver ? null : new Timer(static state => ((SocketEnding)state!).OnTick(), this, _grace, _grace);
        }
    }

    private void OnTick()
    {
        if (!TakesAnswers() || (!_isTold && !_sink.OnPeerFinished(isLong: true)))
        {
            Close();
        }

        _isTold = true;
    }

    // Whoever waits for the token runs outside of the lock: it may end the connection, and wait for that.
    private void Close()
    {
        lock (_lock)
        {
            if (_isOver)
            {
                return;
            }

            _timer?.Dispose();
        }

        _closed.Cancel();
    }

    // To send nothing fails where nothing can be sent any more: the connection was reset, the peer of a Unix socket has closed it, or we have.
    private bool TakesAnswers()
    {
        try
        {
            SocketError error = SocketError.NotSocket;
            _socket?.Send(ReadOnlySpan<byte>.Empty, SocketFlags.None, out error);
            return error == SocketError.Success;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }
}
