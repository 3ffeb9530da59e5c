using System.Net.WebSockets;
using System.Runtime.InteropServices;
using System.Text;
using Hydra.Primitives;
using Hydra.Protocol;

namespace Hydra.Http;

/// <summary>
/// What a session's application sends, on its way to the client: in order, as fast as that takes it. As much waits here as the worker has
/// credit for. Messages are added by the reading side of the worker's link, also before there is a socket. Any thread.
/// </summary>
/// <param name="sent">Called with what a message has cost of the worker's credit, when the client's connection has taken it.</param>
internal sealed class SessionOutput(Action<int> sent)
{
    // Less is not worth the work.
    private const int LeastCompressed = 64;

    private readonly Lock _lock = new();
    private readonly Queue<Piece> _pieces = new(0);
    private WebSocket? _socket;
    private ClosingStream? _direct;
    private Action? _closed;

    // Somebody sends what is in the queue. Under the lock, as whether nothing more goes there.
    private bool _isSending;
    private bool _isEnded;

    // A message was begun and not ended. Who sends alone.
    private bool _isWithin;

    /// <summary>
    /// A code as it can be sent (RFC 6455, section 7.4, and the registry that it has set up): 1000 in the place of those that only stand for a
    /// close without one, which .NET would put into the frame.
    /// </summary>
    public static WebSocketCloseStatus CodeOf(ushort code) => code is (>= 1000 and <= 1003) or (>= 1007 and <= 1014) or (>= 3000 and <= 4999)
        ? (WebSocketCloseStatus)code
        : WebSocketCloseStatus.NormalClosure;

    /// <summary>There is a socket: what has come before goes out.</summary>
    /// <param name="socket">The client's.</param>
    /// <param name="direct">Where messages go; null where the socket is to compress them.</param>
    /// <param name="closed">Called once when the client was told that the session ends.</param>
    public void Attach(WebSocket socket, ClosingStream? direct, Action closed)
    {
        lock (_lock)
        {
            _socket = socket;
            _direct = direct;
            _closed = closed;
            if (_pieces.Count == 0 || _isSending)
            {
                return;
            }

            _isSending = true;
        }

        _ = SendAllAsync(socket);
    }

    /// <summary>A message, or a part of one.</summary>
    public void Add(ReadOnlySpan<byte> data, FrameFlags flags)
    {
        if (TrySendAtOnce(data, flags, out ValueTask done))
        {
            if (done.IsCompletedSuccessfully)
            {
                sent(data.Length + ProtocolLimits.DataCost);
            }
            else
            {
                _ = GoOnAsync(done, data.Length);
            }

            return;
        }

        byte[] buffer = BufferPool.Rent(data.Length);
        data.CopyTo(buffer);
        Add(new Piece(buffer, data.Length, flags, 0));
    }

    /// <summary>The session ends, behind what was added before; what comes after that is for nobody.</summary>
    /// <param name="code">The close code (RFC 6455, section 7.4). One that cannot be sent is told as 1000.</param>
    /// <param name="reason">Why, in UTF-8.</param>
    public void Close(ushort code, ReadOnlySpan<byte> reason)
    {
        byte[] buffer = BufferPool.Rent(reason.Length);
        reason.CopyTo(buffer);
        Add(new Piece(buffer, reason.Length, FrameFlags.End, code));
    }

    /// <summary>Nobody is there to send to.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            _isEnded = true;
            Clear();
        }
    }

    // Most often nothing waits in front of it, and the connection has room.
    private bool TrySendAtOnce(ReadOnlySpan<byte> data, FrameFlags flags, out ValueTask done)
    {
        lock (_lock)
        {
            done = default;
            bool wasWithin = _isWithin;
            if (_direct is null || _isSending || _isEnded || !_direct.TrySend(FirstByte(flags), data, out done))
            {
                _isWithin = wasWithin;
                return false;
            }

            _isSending = !done.IsCompletedSuccessfully;
            return true;
        }
    }

    private async Task GoOnAsync(ValueTask done, int length)
    {
        try
        {
            await done.ConfigureAwait(false);
        }
        catch (Exception e) when (IsOver(e))
        {
            Stop();
        }

        sent(length + ProtocolLimits.DataCost);
        await SendAllAsync(_socket!).ConfigureAwait(false);
    }

    private static bool IsOver(Exception e) => e is WebSocketException or IOException or InvalidOperationException or OperationCanceledException;

    // RFC 6455, section 5.2: FIN and the opcode. As the message goes on.
    private byte FirstByte(FrameFlags flags)
    {
        int opcode = _isWithin ? 0 : (flags & FrameFlags.Text) != 0 ? 1 : 2;
        _isWithin = (flags & FrameFlags.More) != 0;
        return (byte)(_isWithin ? opcode : opcode | 0x80);
    }

    private void Add(Piece piece)
    {
        WebSocket? socket;
        lock (_lock)
        {
            if (_isEnded)
            {
                BufferPool.Return(piece.Buffer);
                return;
            }

            _isEnded = piece.IsClose;
            _pieces.Enqueue(piece);
            socket = _socket;
            if (_isSending || socket is null)
            {
                return;
            }

            _isSending = true;
        }

        _ = SendAllAsync(socket);
    }

    private async Task SendAllAsync(WebSocket socket)
    {
        while (TryTake(out Piece piece))
        {
            try
            {
                if (piece.IsClose)
                {
                    await CloseAsync(socket, piece).ConfigureAwait(false);
                }
                else if (_direct is { } direct)
                {
                    await direct.SendAsync(FirstByte(piece.Marks), piece.Data).ConfigureAwait(false);
                }
                else
                {
                    await socket.SendAsync(piece.Data, piece.Type, FlagsOf(piece), CancellationToken.None).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (IsOver(e))
            {
                // Who reads hears of it as well, and says it.
                Stop();
            }

            BufferPool.Return(piece.Buffer);
            if (!piece.IsClose)
            {
                sent(piece.Length + ProtocolLimits.DataCost);
            }
        }
    }

    private WebSocketMessageFlags FlagsOf(in Piece piece)
    {
        bool isFirst = !_isWithin;
        _isWithin = (piece.Marks & FrameFlags.More) != 0;
        return _isWithin ? WebSocketMessageFlags.None
            : isFirst && piece.Length < LeastCompressed ? WebSocketMessageFlags.EndOfMessage | WebSocketMessageFlags.DisableCompression
            : WebSocketMessageFlags.EndOfMessage;
    }

    private async Task CloseAsync(WebSocket socket, Piece piece)
    {
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await socket.CloseOutputAsync(CodeOf(piece.Code), Encoding.UTF8.GetString(piece.Data.Span), CancellationToken.None).ConfigureAwait(false);
            }
        }
        finally
        {
            _closed?.Invoke();
        }
    }

    private bool TryTake(out Piece piece)
    {
        lock (_lock)
        {
            _isSending = _pieces.TryDequeue(out piece);
            return _isSending;
        }
    }

    private void Clear()
    {
        while (_pieces.TryDequeue(out Piece piece))
        {
            BufferPool.Return(piece.Buffer);
        }
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Piece(byte[] Buffer, int Length, FrameFlags Marks, ushort Code)
    {
        public bool IsClose => Marks is FrameFlags.End;

        public ReadOnlyMemory<byte> Data => Buffer.AsMemory(0, Length);

        public WebSocketMessageType Type => (Marks & FrameFlags.Text) != 0 ? WebSocketMessageType.Text : WebSocketMessageType.Binary;
    }
}
