using System.Runtime.InteropServices;
using Hydra.Primitives;
using Hydra.Protocol;

namespace Hydra.Http;

/// <summary>
/// What a session's application sends, on its way to the client: in order, as fast as that takes it. As much waits here as the worker has
/// credit for. Messages are added by the reading side of the worker's link, also before there is a connection for them. Any thread.
/// </summary>
/// <param name="sent">Called with what a message has cost of the worker's credit, when the client's connection has taken it.</param>
internal sealed class SessionOutput(Action<int> sent)
{
    // Less is not worth the work: without what came before, hardly anything repeats.
    private const int LeastCompressed = 256;

    private readonly Lock _lock = new();
    private readonly Queue<Piece> _pieces = new(0);
    private SessionWire? _wire;
    private bool _deflates;
    private Action? _closed;

    // Somebody sends what is in the queue. Under the lock, as whether nothing more goes there.
    private bool _isSending;
    private bool _isEnded;

    // A message was begun and not ended; whether it is compressed. Who sends alone.
    private bool _isWithin;
    private bool _isCompressed;

    /// <summary>There is a connection: what has come before goes out.</summary>
    /// <param name="wire">The client's.</param>
    /// <param name="deflates">Whether messages may be compressed.</param>
    /// <param name="closed">Called once when the client was told that the session ends.</param>
    public void Attach(SessionWire wire, bool deflates, Action closed)
    {
        lock (_lock)
        {
            _wire = wire;
            _deflates = deflates;
            _closed = closed;
            if (_pieces.Count == 0 || _isSending)
            {
                return;
            }

            _isSending = true;
        }

        _ = SendAllAsync(wire);
    }

    /// <summary>A message, or a part of one.</summary>
    public void Add(ReadOnlySpan<byte> data, FrameFlags flags)
    {
        if (TrySendAtOnce(data, flags, out ValueTask done, out bool isDone))
        {
            if (isDone)
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

    // Most often nothing waits in front of it, and the connection has room. Whether it is done is looked at once: it may be a moment later.
    private bool TrySendAtOnce(ReadOnlySpan<byte> data, FrameFlags flags, out ValueTask done, out bool isDone)
    {
        lock (_lock)
        {
            done = default;
            isDone = false;
            try
            {
                if (_wire is null || _isSending || _isEnded || Compresses(data.Length) || !_wire.TrySend(FirstByte(flags), data, out done))
                {
                    return false;
                }
            }
            catch (Exception e) when (SessionEnd.IsOver(e))
            {
                // Who reads hears of it as well: the worker's link has nothing to do with it.
                _isEnded = true;
                return false;
            }

            _isWithin = (flags & FrameFlags.More) != 0;
            isDone = done.IsCompletedSuccessfully;
            _isSending = !isDone;
            return true;
        }
    }

    private async Task GoOnAsync(ValueTask done, int length)
    {
        try
        {
            await done.ConfigureAwait(false);
        }
        catch (Exception e) when (SessionEnd.IsOver(e))
        {
            Stop();
        }

        sent(length + ProtocolLimits.DataCost);
        await SendAllAsync(_wire!).ConfigureAwait(false);
    }

    // The opcode, and FIN where the message ends.
    private byte FirstByte(FrameFlags flags)
    {
        byte opcode = _isWithin ? SessionFrame.Continuation : (flags & FrameFlags.Text) != 0 ? SessionFrame.Text : SessionFrame.Binary;
        return (flags & FrameFlags.More) != 0 ? opcode : (byte)(opcode | SessionFrame.Final);
    }

    private bool Compresses(int length) => _deflates && (_isWithin ? _isCompressed : length >= LeastCompressed);

    private void Add(Piece piece)
    {
        SessionWire? wire;
        lock (_lock)
        {
            if (_isEnded)
            {
                BufferPool.Return(piece.Buffer);
                return;
            }

            _isEnded = piece.IsClose;
            _pieces.Enqueue(piece);
            wire = _wire;
            if (_isSending || wire is null)
            {
                return;
            }

            _isSending = true;
        }

        _ = SendAllAsync(wire);
    }

    private async Task SendAllAsync(SessionWire wire)
    {
        while (TryTake(out Piece piece))
        {
            try
            {
                if (piece.IsClose)
                {
                    await wire.CloseAsync(CodeOf(piece.Code), piece.Data.Span).ConfigureAwait(false);
                    _closed?.Invoke();
                }
                else
                {
                    await SendAsync(wire, piece).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (SessionEnd.IsOver(e))
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

    private ValueTask SendAsync(SessionWire wire, in Piece piece)
    {
        byte first = FirstByte(piece.Marks);
        bool compresses = Compresses(piece.Length);
        bool isFirst = !_isWithin;
        _isWithin = (piece.Marks & FrameFlags.More) != 0;
        _isCompressed = compresses;
        return compresses ? SendCompressedAsync(wire, piece, first, isFirst) : wire.SendAsync(first, piece.Data);
    }

    private static async ValueTask SendCompressedAsync(SessionWire wire, Piece piece, byte first, bool isFirst)
    {
        bool isLast = (first & SessionFrame.Final) != 0;
        byte[] buffer = MessageDeflate.Compress(piece.Data.Span, isLast, out int length);
        try
        {
            bool isWorthIt = !isFirst || !isLast || length < piece.Length;
            byte marked = isFirst && isWorthIt ? (byte)(first | SessionFrame.Compressed) : first;
            await wire.SendAsync(marked, isWorthIt ? buffer.AsMemory(0, length) : piece.Data).ConfigureAwait(false);
        }
        finally
        {
            BufferPool.Return(buffer);
        }
    }

    // What means nothing is told as an ordinary end; a close without a code stays one.
    private static ushort CodeOf(ushort code) => SessionEnd.IsSendable(code) || code is SessionEnd.NoCode ? code : (ushort)1000;

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
    }
}
