using System.Net.WebSockets;
using Hydra.Primitives;
using Hydra.Protocol;

namespace Hydra.Http;

/// <summary>
/// What a session's client sends, on its way to the application: read as far as the worker has given credit, so that a client cannot fill the
/// memory of either side. Between messages it holds no buffer.
/// </summary>
/// <param name="send">Gives a message, or a part of one, to the worker.</param>
/// <param name="maxMessage">Bytes that a message may have; 0 for no bound.</param>
/// <param name="window">Bytes that the worker takes before it gives credit.</param>
/// <param name="memory">What clients may have the front hold in all.</param>
internal sealed class SessionInput(SessionSender send, long maxMessage, long window, MemoryBudget memory)
{
    // Of a message that is read at once.
    private const int PieceSize = 16 * 1024;

    private readonly Lock _lock = new();

    // Who reads goes on in the thread pool: the link's gate is not to be met inside a callback of the link.
    private readonly CreditSignal _granted = new() { RunContinuationsAsynchronously = true };

    // What is left of the window: 0 when all of it is, less when some is used. Under _lock.
    private long _balance;
    private bool _isStopped;

    // Bytes of the message that has begun. Whoever reads alone.
    private long _length;

    /// <summary>The application has taken as much.</summary>
    /// <returns>False when that is more than it can have had.</returns>
    public bool Grant(uint credit)
    {
        lock (_lock)
        {
            _balance += credit;
            if (_balance > 0)
            {
                return false;
            }
        }

        _granted.Set();
        return true;
    }

    /// <summary>The application takes no more: what still comes is read and dropped.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            _isStopped = true;
        }

        _granted.Stop();
    }

    /// <summary>Reads until the client closes or goes beyond a bound.</summary>
    /// <param name="socket">The client's.</param>
    /// <returns>The close code: what the client has said, or why it is not heard any more.</returns>
    /// <exception cref="WebSocketException">It has left, or breaks a rule of the protocol.</exception>
    public async Task<ushort> RunAsync(WebSocket socket)
    {
        while (true)
        {
            // Only waits, and takes the head of a frame: who has nothing to say holds no memory.
            ValueWebSocketReceiveResult received = await socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None).ConfigureAwait(false);
            if (received.MessageType is WebSocketMessageType.Close)
            {
                return (ushort)(socket.CloseStatus ?? WebSocketCloseStatus.Empty);
            }

            int size = await TakeCreditAsync().ConfigureAwait(false);
            ushort end = received.EndOfMessage ? Give([], received, size) : await ReadAsync(socket, size).ConfigureAwait(false);
            if (end != 0)
            {
                return end;
            }
        }
    }

    // Reads a piece for which there is credit. Not 0 where that is the end.
    private async ValueTask<ushort> ReadAsync(WebSocket socket, int size)
    {
        byte[] buffer = BufferPool.Rent(size);
        ValueTask<ValueWebSocketReceiveResult> reading = socket.ReceiveAsync(buffer.AsMemory(0, size), CancellationToken.None);
        bool isHeld = !reading.IsCompleted;
        if (isHeld && !memory.TryTake(size))
        {
            // The buffer is not to be used by another: the read that has it ends with the socket.
            Forget(reading);
            return (ushort)TryAgainLater;
        }

        try
        {
            ValueWebSocketReceiveResult received = await reading.ConfigureAwait(false);
            return received.MessageType is WebSocketMessageType.Close
                ? (ushort)(socket.CloseStatus ?? WebSocketCloseStatus.Empty)
                : Give(buffer.AsSpan(0, received.Count), received, size);
        }
        finally
        {
            BufferPool.Return(buffer);
            if (isHeld)
            {
                memory.Give(size);
            }
        }
    }

    // RFC 6455's registry, "Try Again Later".
    private const int TryAgainLater = 1013;

    private static async void Forget(ValueTask<ValueWebSocketReceiveResult> reading)
    {
        try
        {
            await reading.ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or InvalidOperationException)
        {
            // That is how it ends.
        }
    }

    // Gives a piece to the worker, and the credit back that it did not need.
    private ushort Give(ReadOnlySpan<byte> data, in ValueWebSocketReceiveResult received, int size)
    {
        _length += data.Length;
        if (maxMessage > 0 && _length > maxMessage)
        {
            return (ushort)WebSocketCloseStatus.MessageTooBig;
        }

        if (received.EndOfMessage)
        {
            _length = 0;
        }

        bool isSent = !data.IsEmpty || received.EndOfMessage;
        lock (_lock)
        {
            if (_isStopped)
            {
                return 0;
            }

            _balance += size - data.Length + (isSent ? 0 : ProtocolLimits.DataCost);
        }

        if (isSent)
        {
            send(data, (received.MessageType is WebSocketMessageType.Text ? FrameFlags.Text : FrameFlags.None)
                | (received.EndOfMessage ? FrameFlags.None : FrameFlags.More));
        }

        return 0;
    }

    private async ValueTask<int> TakeCreditAsync()
    {
        do
        {
            lock (_lock)
            {
                int size = (int)Math.Min(_isStopped ? PieceSize : window + _balance - ProtocolLimits.DataCost, PieceSize);
                if (size > 0)
                {
                    _balance -= size + ProtocolLimits.DataCost;
                    return size;
                }

                _granted.Clear();
            }
        }
        while (await _granted.WaitAsync().ConfigureAwait(false));

        return PieceSize;
    }
}

/// <summary>Gives a message, or a part of one, to the worker.</summary>
/// <param name="data">The bytes.</param>
/// <param name="flags">Whether it is text, and whether more of the message follows.</param>
internal delegate void SessionSender(ReadOnlySpan<byte> data, FrameFlags flags);
