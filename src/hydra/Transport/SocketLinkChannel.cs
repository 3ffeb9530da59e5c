using System.Net.Sockets;
using Hydra.Protocol;

namespace Hydra.Transport;

/// <summary>
/// A <see cref="LinkChannel"/> over <see cref="Socket"/>, for every platform. Sends run as a work item of the thread pool, so that
/// the frames of requests that are handled at the same time share one send; the socket is read by one asynchronous loop.
/// </summary>
internal sealed class SocketLinkChannel : LinkChannel, IThreadPoolWorkItem
{
    // The largest frame fits, so the reader always makes progress.
    private const int ReceiveCapacity = ProtocolLimits.HeaderSize + ProtocolLimits.MaxPayload;

    private readonly Socket _socket;
    private LinkOutput _sending = new();

    // Under Gate: true from the moment a flush is scheduled until a flush has found nothing left to send.
    private bool _flushing;
    private bool _closed;

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
    public override void FlushSoon()
    {
        if (_flushing || _closed)
        {
            return;
        }

        _flushing = true;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <inheritdoc/>
    public override void Close()
    {
        lock (Gate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            Output.Clear();
            TellRoom();
        }

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

    void IThreadPoolWorkItem.Execute()
    {
        while (TakeOutput())
        {
            int sent = Send(_sending.Written, out SocketError error);
            if (error is SocketError.WouldBlock)
            {
                sent = 0;
            }
            else if (error is not SocketError.Success)
            {
                Close();
                return;
            }

            if (sent < _sending.Count)
            {
                _ = SendRestAsync(sent);
                return;
            }

            _sending.Clear();
        }
    }

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

    private bool TakeOutput()
    {
        lock (Gate)
        {
            if (_closed || Output.Count == 0)
            {
                _flushing = false;
                return false;
            }

            (Output, _sending) = (_sending, Output);
            TellRoom();
            return true;
        }
    }

    // The kernel took only a part: wait until it has taken the rest, then go on with what was written meanwhile.
    private async Task SendRestAsync(int sent)
    {
        try
        {
            while (sent < _sending.Count)
            {
                sent += await _socket.SendAsync(_sending.WrittenMemory[sent..], SocketFlags.None).ConfigureAwait(false);
            }

            _sending.Clear();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Close();
            return;
        }

        ((IThreadPoolWorkItem)this).Execute();
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
            error = _closed ? null : e;
        }

        Close();
        sink.OnClosed(error);
    }

    private async Task ReceiveLoopAsync(ILinkSink sink)
    {
        byte[] buffer = new byte[ReceiveCapacity];
        int count = 0;
        while (true)
        {
            int received = await _socket.ReceiveAsync(buffer.AsMemory(count), SocketFlags.None).ConfigureAwait(false);
            if (received == 0)
            {
                return;
            }

            count += received;
            int consumed = sink.OnBytes(buffer.AsSpan(0, count));
            if (consumed < 0)
            {
                return;
            }

            count -= consumed;
            buffer.AsSpan(consumed, count).CopyTo(buffer);
        }
    }
}
