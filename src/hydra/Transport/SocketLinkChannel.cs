using System.Net.Sockets;

namespace Hydra.Transport;

/// <summary>A <see cref="LinkChannel"/> over <see cref="Socket"/>, for every platform.</summary>
internal sealed class SocketLinkChannel : PooledLinkChannel
{
    private readonly Socket _socket;

    /// <summary>Takes over a connected socket.</summary>
    public SocketLinkChannel(Socket socket)
    {
        _socket = socket;
        _socket.Blocking = false;
        if (_socket.AddressFamily != AddressFamily.Unix)
        {
            _socket.NoDelay = true;
        }
    }

    /// <inheritdoc/>
    public override void Start(ILinkSink sink) => _ = ReceiveAsync(sink);

    /// <inheritdoc/>
    protected override void Disconnect()
    {
        // Shutdown first: it wakes the reader, which then reports the end.
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // Not connected any more: closing is all that is left.
        }

        _socket.Dispose();
    }

    /// <inheritdoc/>
    protected override void SendAll()
    {
        while (TakeOutput())
        {
            int sent = Send(Sending.Written, out SocketError error);
            if (error is SocketError.WouldBlock)
            {
                sent = 0;
            }
            else if (error is not SocketError.Success)
            {
                Close();
                return;
            }

            if (sent < Sending.Count)
            {
                _ = SendRestAsync(sent);
                return;
            }

            Sending.Clear();
        }
    }

    /// <inheritdoc/>
    protected override ValueTask<int> ReadAsync(Memory<byte> buffer) => _socket.ReceiveAsync(buffer, SocketFlags.None);

    private int Send(ReadOnlySpan<byte> data, out SocketError error)
    {
        try
        {
            return _socket.Send(data, SocketFlags.None, out error);
        }
        catch (ObjectDisposedException)
        {
            error = SocketError.Shutdown;
            return 0;
        }
    }

    // The kernel took only a part: wait until it has taken the rest, then go on with what was written meanwhile.
    private async Task SendRestAsync(int sent)
    {
        try
        {
            while (sent < Sending.Count)
            {
                sent += await _socket.SendAsync(Sending.WrittenMemory[sent..], SocketFlags.None).ConfigureAwait(false);
            }

            Sending.Clear();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Close();
            return;
        }

        SendAll();
    }

    private async Task ReceiveAsync(ILinkSink sink)
    {
        Exception? error = null;
        try
        {
            await ReceiveLoopAsync(sink).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            error = IsClosed ? null : e;
        }

        Close();
        sink.OnClosed(error);
    }
}
