using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace Hydra.Transport;

/// <summary>
/// One address that is listened on, as Kestrel sees it: a queue of connections, those that its <see cref="LoopAcceptor"/> has accepted on its
/// <see cref="ListenSocket"/> and those that have slept. Any thread; one accept at a time.
/// </summary>
internal sealed class LoopListener : IConnectionListener
{
    private readonly EventLoopGroup _group;
    private readonly ListenSocket _socket;
    private readonly LoopAcceptor _acceptor;
    private volatile bool _isClosing;
    private readonly Channel<LoopConnection> _queue = Channel.CreateUnbounded<LoopConnection>(
        new UnboundedChannelOptions { SingleReader = true, AllowSynchronousContinuations = true });

    /// <summary>Takes over a listening socket and begins to accept.</summary>
    public LoopListener(ListenSocket socket, EventLoopGroup group)
    {
        _group = group;
        _socket = socket;
        _acceptor = new LoopAcceptor(socket, group, OnAccepted);
        EndPoint = socket.EndPoint;
        _acceptor.Start();
    }

    /// <inheritdoc/>
    public EndPoint EndPoint { get; }

    /// <summary>Whether it takes no more connections back. Any thread.</summary>
    public bool IsClosing => _isClosing;

    /// <summary>Gives Kestrel a connection: one that was just accepted, or one that it has given up and that is awake again. A loop's thread.</summary>
    public void Offer(LoopConnection connection)
    {
        connection.Arrive();
        _queue.Writer.TryWrite(connection);
    }

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        => await _queue.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false) && _queue.Reader.TryRead(out LoopConnection? connection)
            ? connection
            : null;

    /// <inheritdoc/>
    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        await _acceptor.StopAsync().ConfigureAwait(false);
        _isClosing = true;
        await Task.WhenAll(_group.Loops.Select(static loop => loop.Hibernator.WakeAllAsync())).ConfigureAwait(false);
        _socket.RemovePath();
        _queue.Writer.TryComplete();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await UnbindAsync().ConfigureAwait(false);

        // Kestrel has taken everything by now; another user may not have.
        while (_queue.Reader.TryRead(out LoopConnection? connection))
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void OnAccepted(int descriptor, EndPoint local, EndPoint? remote)
    {
        EventLoop loop = _group.LeastBusy();
        Offer(new LoopConnection(loop, _group, descriptor, local, remote, this));
        loop.Hibernator.OnConnection();
    }
}
