using Hydra.Primitives;
using Hydra.Protocol;
using Hydra.Topics;

namespace Hydra.Http;

/// <summary>
/// What a session's application sends, on its way to the client: in order, as fast as that takes it. As much waits here as the worker has
/// credit for, and of topics as much as their subscriptions say. Messages are added by the reading side of the worker's link, also before there is a
/// connection for them, and by the lane of the topics. Any thread.
/// </summary>
/// <param name="sent">Called with what a message has cost of the worker's credit, when the client's connection has taken it.</param>
internal sealed class SessionOutput(Action<int> sent)
{
    /// <summary>Bytes; less is not worth the work: without what came before, hardly anything repeats.</summary>
    public const int LeastCompressed = 256;

    private readonly Lock _lock = new();
    private readonly LinkedList<SessionPiece> _pieces = [];

    // Messages of topics that have come while the application is within one of its own.
    private LinkedList<SessionPiece>? _held;
    private SessionWire? _wire;
    private bool _deflates;
    private Action? _closed;

    // Somebody sends what is in the queue. Under the lock, as whether nothing more goes there.
    private bool _isSending;
    private bool _isEnded;

    // The application has begun a message and not ended it. Under the lock.
    private bool _isOpen;

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
        if (TrySendAtOnce(data, flags, out ValueTask done, out bool isDone, out bool goesOn))
        {
            if (isDone)
            {
                sent(data.Length + ProtocolLimits.DataCost);
                if (goesOn)
                {
                    _ = SendAllAsync(_wire!);
                }
            }
            else
            {
                _ = GoOnAsync(done, data.Length + ProtocolLimits.DataCost);
            }

            return;
        }

        byte[] buffer = BufferPool.Rent(data.Length);
        data.CopyTo(buffer);
        Add(new SessionPiece(buffer, data.Length, flags, 0));
    }

    /// <summary>A message of a topic: behind what was added before, and never within a message of the application's.</summary>
    public Offered Offer(Subscription subscription, TopicMessage message)
    {
        Offered outcome = Offered.Taken;
        SessionWire? wire = null;
        ValueTask done = default;
        lock (_lock)
        {
            bool isSent = !_isEnded && TrySendAtOnce(message, out done);
            if (!isSent && !_isEnded)
            {
                outcome = Queue(subscription, message);
            }

            if (!_isSending && (isSent ? !done.IsCompletedSuccessfully : _pieces.Count > 0))
            {
                wire = _wire;
                _isSending = wire is not null;
            }
        }

        if (wire is not null)
        {
            _ = GoOnAsync(done, 0);
        }

        return outcome;
    }

    /// <summary>The session ends at once: what waits is for nobody any more.</summary>
    /// <param name="code">The close code.</param>
    public void Break(ushort code)
    {
        Action? closed;
        lock (_lock)
        {
            Clear();
            closed = _closed;
        }

        // A client that takes nothing is not to be waited for.
        closed?.Invoke();
        Close(code, []);
    }

    /// <summary>The session ends, behind what was added before; what comes after that is for nobody.</summary>
    /// <param name="code">The close code (RFC 6455, section 7.4). One that cannot be sent is told as 1000.</param>
    /// <param name="reason">Why, in UTF-8.</param>
    public void Close(ushort code, ReadOnlySpan<byte> reason)
    {
        byte[] buffer = BufferPool.Rent(reason.Length);
        reason.CopyTo(buffer);
        Add(new SessionPiece(buffer, reason.Length, FrameFlags.End, code));
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
    private bool TrySendAtOnce(ReadOnlySpan<byte> data, FrameFlags flags, out ValueTask done, out bool isDone, out bool goesOn)
    {
        lock (_lock)
        {
            done = default;
            isDone = goesOn = false;
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
            OnAdded(flags);
            isDone = done.IsCompletedSuccessfully;
            goesOn = isDone && _pieces.Count > 0;
            _isSending = !isDone || goesOn;
            return true;
        }
    }

    // A message of a topic, likewise. Under the lock.
    private bool TrySendAtOnce(TopicMessage message, out ValueTask done)
    {
        done = default;
        try
        {
            return _wire is not null && !_isSending && !_isOpen && _wire.TrySend(TopicFrames.FrameOf(message, _deflates), out done);
        }
        catch (Exception e) when (SessionEnd.IsOver(e))
        {
            // Who reads hears of it as well.
            _isEnded = true;
            return false;
        }
    }

    // A message of a topic waits, as far as it may. Under the lock.
    private Offered Queue(Subscription subscription, TopicMessage message)
    {
        Offered outcome = Offered.Taken;
        if (!subscription.HasRoom(message) && subscription.Options.Policy is SlowPolicy.DropOldest)
        {
            outcome = Offered.Dropped;
            DropOldest(_pieces, subscription, message);
            DropOldest(_held, subscription, message);
        }

        if (!subscription.HasRoom(message) || !message.TryHold())
        {
            return subscription.Options.Policy is SlowPolicy.Close ? Offered.TooSlow : Offered.Dropped;
        }

        subscription.OnQueued(message);
        var piece = new SessionPiece([], 0, FrameFlags.None, 0) { Subscription = subscription, Message = message };
        if (_isOpen)
        {
            (_held ??= []).AddLast(piece);
        }
        else
        {
            _pieces.AddLast(piece);
        }

        return outcome;
    }

    private static void DropOldest(LinkedList<SessionPiece>? pieces, Subscription subscription, TopicMessage message)
    {
        LinkedListNode<SessionPiece>? next = pieces?.First;
        while (next is { } node && !subscription.HasRoom(message))
        {
            next = node.Next;
            if (node.Value.Subscription == subscription)
            {
                pieces!.Remove(node);
                subscription.OnUnqueued(node.Value.Message!);
            }
        }
    }

    // The application has added a message, or a part of one: what has waited for its end comes behind it. Under the lock.
    private void OnAdded(FrameFlags flags)
    {
        _isOpen = (flags & FrameFlags.More) != 0;
        while (!_isOpen && _held?.First is { } first)
        {
            _held.RemoveFirst();
            _pieces.AddLast(first);
        }
    }

    private async Task GoOnAsync(ValueTask done, int cost)
    {
        try
        {
            await done.ConfigureAwait(false);
        }
        catch (Exception e) when (SessionEnd.IsOver(e))
        {
            Stop();
        }

        if (cost > 0)
        {
            sent(cost);
        }

        await SendAllAsync(_wire!).ConfigureAwait(false);
    }

    // The opcode, and FIN where the message ends.
    private byte FirstByte(FrameFlags flags)
    {
        byte opcode = _isWithin ? SessionFrame.Continuation : (flags & FrameFlags.Text) != 0 ? SessionFrame.Text : SessionFrame.Binary;
        return (flags & FrameFlags.More) != 0 ? opcode : (byte)(opcode | SessionFrame.Final);
    }

    private bool Compresses(int length) => _deflates && (_isWithin ? _isCompressed : length >= LeastCompressed);

    private void Add(SessionPiece piece)
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
            _pieces.AddLast(piece);
            OnAdded(piece.Marks);
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
        while (TryTake(out SessionPiece piece))
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

            if (piece.Message is not null)
            {
                continue;
            }

            BufferPool.Return(piece.Buffer);
            if (!piece.IsClose)
            {
                sent(piece.Length + ProtocolLimits.DataCost);
            }
        }
    }

    private ValueTask SendAsync(SessionWire wire, in SessionPiece piece)
    {
        if (piece.Message is { } message)
        {
            return wire.SendAsync(TopicFrames.FrameOf(message, _deflates));
        }

        byte first = FirstByte(piece.Marks);
        bool compresses = Compresses(piece.Length);
        bool isFirst = !_isWithin;
        _isWithin = (piece.Marks & FrameFlags.More) != 0;
        _isCompressed = compresses;
        return compresses ? SendCompressedAsync(wire, piece, first, isFirst) : wire.SendAsync(first, piece.Data);
    }

    private static async ValueTask SendCompressedAsync(SessionWire wire, SessionPiece piece, byte first, bool isFirst)
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

    private bool TryTake(out SessionPiece piece)
    {
        lock (_lock)
        {
            if (_pieces.First is not { } first)
            {
                piece = default;
                return _isSending = false;
            }

            _pieces.RemoveFirst();
            piece = first.Value;
            piece.Subscription?.OnUnqueued(piece.Message!);
            return true;
        }
    }

    private void Clear()
    {
        foreach (SessionPiece piece in _pieces.Concat(_held ?? []))
        {
            if (piece.Message is { } message)
            {
                piece.Subscription!.OnUnqueued(message);
            }
            else
            {
                BufferPool.Return(piece.Buffer);
            }
        }

        _pieces.Clear();
        _held = null;
    }
}
