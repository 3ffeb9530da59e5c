using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using Hydra.Diagnostics;
using Hydra.Primitives;
using Hydra.Protocol;

namespace Hydra.Http;

/// <summary>
/// What a session's client sends, on its way to the application: read as far as the worker has given credit, so that a client cannot fill the
/// memory of either side. Between messages it holds no buffer. One reader; any thread may grant and stop.
/// </summary>
/// <param name="send">Gives a message, or a part of one, to the worker.</param>
/// <param name="maxMessage">Bytes that a message may have, decompressed; 0 for no bound.</param>
/// <param name="window">Bytes that the worker takes before it gives credit.</param>
/// <param name="memory">What clients may have the front hold in all.</param>
/// <param name="metrics">Counts messages; null where nobody wants to know.</param>
#pragma warning disable CA1001 // RunAsync() leaves nothing behind.
internal sealed class SessionInput(SessionSender send, long maxMessage, long window, MemoryBudget memory, SessionMetrics? metrics = null)
#pragma warning restore CA1001
{
    // Of a message that is given to the worker at once.
    private const int PieceSize = 16 * 1024;

    private readonly SessionCredit _credit = new(send, window, metrics);
    private SessionFrame _frame;

    // Bytes of its payload that were taken; the frame is over when that is all.
    private long _at;
    private bool _isWithinFrame;

    // The message that has begun: whether there is one, its opcode, whether it is compressed, its bytes so far.
    private bool _isWithinMessage;
    private byte _opcode;
    private bool _isCompressed;
    private long _length;
    private Utf8Check _text;
    private MessageInflater? _inflater;

    // Of the memory budget.
    private int _held;
    private int _heard;

    /// <summary>Changes whenever the client is heard.</summary>
    public int Heard => Volatile.Read(ref _heard);

    /// <summary>What the worker takes, and what is kept for the next one.</summary>
    public SessionCredit Credit => _credit;

    /// <inheritdoc cref="SessionCredit.IsWaiting"/>
    public bool IsWaiting => _credit.IsWaiting;

    /// <inheritdoc cref="SessionCredit.Grant"/>
    public bool Grant(uint credit) => _credit.Grant(credit);

    /// <inheritdoc cref="SessionCredit.Stop"/>
    public void Stop() => _credit.Stop();

    /// <inheritdoc cref="SessionCredit.Lose"/>
    public void Lose() => _credit.Lose();

    /// <summary>Reads until the client closes or goes beyond a bound.</summary>
    /// <param name="input">The connection's bytes.</param>
    /// <param name="wire">Where pings are answered.</param>
    /// <param name="deflates">Whether messages may be compressed.</param>
    public async Task<SessionEnd> RunAsync(PipeReader input, SessionWire wire, bool deflates)
    {
        try
        {
            while (true)
            {
                ReadResult read = await input.ReadAsync(CancellationToken.None).ConfigureAwait(false);
                Volatile.Write(ref _heard, _heard + 1);
                ReadOnlySequence<byte> data = read.Buffer;
                SessionEnd end = default;
                while (!end.HasCome && TryTakePiece(ref data, deflates, out ReadOnlySequence<byte> piece, ref end))
                {
                    end = _frame.IsControl ? OnControl(piece, wire)
                        : _isCompressed ? await InflateAsync(piece).ConfigureAwait(false)
                        : await GiveAllAsync(piece, EndsMessage).ConfigureAwait(false);
                    _isWithinMessage &= _frame.IsControl || !EndsMessage;
                }

                input.AdvanceTo(data.Start, data.End);
                if (end.HasCome || read.IsCompleted)
                {
                    return end.HasCome ? end : new SessionEnd(SessionEnd.Lost);
                }
            }
        }
        finally
        {
            _inflater?.Dispose();
            Hold(0);
            _credit.KeepNoMore();
        }
    }

    private bool EndsMessage => _frame.IsFinal && !_isWithinFrame;

    // The payload of the next frame, or as much of it as is taken at once, without its mask. False where that has not come, or is not to come.
    private bool TryTakePiece(ref ReadOnlySequence<byte> data, bool deflates, out ReadOnlySequence<byte> piece, ref SessionEnd end)
    {
        piece = default;
        if (!_isWithinFrame)
        {
            if (!SessionFrame.TryTake(ref data, out _frame))
            {
                return false;
            }

            _isWithinFrame = true;
            _at = 0;
            end = Begin(deflates);
            if (end.HasCome)
            {
                return false;
            }
        }

        long size = Math.Min(_frame.Length - _at, PieceSize);
        if (data.Length < size)
        {
            end = Hold(_inflater is null ? (int)size : MessageInflater.Held + (int)size);
            return false;
        }

        piece = data.Slice(0, size);
        Unmask(piece);
        data = data.Slice(size);
        _at += size;
        _isWithinFrame = _at < _frame.Length;
        Hold(_inflater is null ? 0 : MessageInflater.Held);
        return true;
    }

    // The rules for a frame among others (RFC 6455, section 5.4).
    private SessionEnd Begin(bool deflates)
    {
        if (!_frame.IsValid(deflates))
        {
            return new SessionEnd(SessionEnd.ProtocolError);
        }

        if (_frame.IsControl)
        {
            return default;
        }

        if (_isWithinMessage != (_frame.Opcode == SessionFrame.Continuation))
        {
            return new SessionEnd(SessionEnd.ProtocolError);
        }

        if (!_isWithinMessage)
        {
            _isWithinMessage = true;
            _opcode = _frame.Opcode;
            _isCompressed = _frame.IsCompressed;
            _length = 0;
        }

        return !_isCompressed && IsTooLong(_frame.Length) ? new SessionEnd(SessionEnd.MessageTooBig) : default;
    }

    private bool IsTooLong(long more) => maxMessage > 0 && more > maxMessage - _length;

    private SessionEnd OnControl(in ReadOnlySequence<byte> payload, SessionWire wire)
    {
        if (_frame.Opcode == SessionFrame.Close)
        {
            return SessionEnd.Of(payload);
        }

        if (_frame.Opcode == SessionFrame.Ping && !wire.IsClosed)
        {
            wire.Answer(payload);
        }

        return default;
    }

    private async ValueTask<SessionEnd> InflateAsync(ReadOnlySequence<byte> piece)
    {
        bool isLast = EndsMessage;
        if (_credit.IsStopped)
        {
            return default;
        }

        if (_inflater is null)
        {
            if (Hold(MessageInflater.Held) is { HasCome: true } end)
            {
                return end;
            }

            _inflater = new MessageInflater();
        }

        byte[] buffer = BufferPool.Rent(PieceSize);
        try
        {
            _inflater.Feed(piece, isLast);
            int count;
            do
            {
                count = _inflater.Read(buffer.AsSpan(0, PieceSize));
                SessionEnd end = await GiveAllAsync(new ReadOnlySequence<byte>(buffer, 0, count), isLast && count < PieceSize).ConfigureAwait(false);
                if (end.HasCome)
                {
                    return end;
                }
            }
            while (count == PieceSize);
        }
        catch (InvalidDataException)
        {
            return new SessionEnd(SessionEnd.InvalidPayload);
        }
        finally
        {
            BufferPool.Return(buffer);
        }

        if (isLast)
        {
            _inflater.Dispose();
            _inflater = null;
            Hold(0);
        }

        return default;
    }

    // Gives bytes of a message to the worker as far as there is credit, and waits for more.
    private ValueTask<SessionEnd> GiveAllAsync(in ReadOnlySequence<byte> data, bool isLast)
        => _credit.TryTake((int)data.Length, out int size) && size == data.Length
            ? ValueTask.FromResult(Give(data, isLast))
            : GiveSlowlyAsync(data, size, isLast);

    private async ValueTask<SessionEnd> GiveSlowlyAsync(ReadOnlySequence<byte> data, int size, bool isLast)
    {
        while (true)
        {
            if (size >= 0)
            {
                SessionEnd end = Give(data.Slice(0, size), isLast && size == data.Length);
                data = data.Slice(size);
                if (data.IsEmpty || end.HasCome)
                {
                    return end;
                }
            }

            size = await _credit.TakeAsync((int)data.Length).ConfigureAwait(false);
        }
    }

    private SessionEnd Give(in ReadOnlySequence<byte> data, bool isLast)
    {
        if (IsTooLong(data.Length))
        {
            return new SessionEnd(SessionEnd.MessageTooBig);
        }

        _length += data.Length;
        if (_opcode == SessionFrame.Text && !IsText(data, isLast))
        {
            return new SessionEnd(SessionEnd.InvalidPayload);
        }

        if (!_credit.IsStopped && (isLast || !data.IsEmpty))
        {
            _credit.Give(data, (_opcode == SessionFrame.Text ? FrameFlags.Text : FrameFlags.None) | (isLast ? FrameFlags.None : FrameFlags.More));
        }
        else
        {
            _credit.GiveBack();
        }

        return default;
    }

    private bool IsText(in ReadOnlySequence<byte> data, bool isLast)
    {
        foreach (ReadOnlyMemory<byte> part in data)
        {
            if (!_text.Add(part.Span))
            {
                return false;
            }
        }

        return !isLast || _text.End();
    }

    // The connection's bytes are for nobody else: the mask is taken off where they are.
    private void Unmask(in ReadOnlySequence<byte> piece)
    {
        if (_frame.Mask == 0)
        {
            return;
        }

        long at = _at;
        foreach (ReadOnlyMemory<byte> part in piece)
        {
            _frame.Unmask(MemoryMarshal.AsMemory(part).Span, at);
            at += part.Length;
        }
    }

    // What is held of the budget from now on.
    private SessionEnd Hold(int size)
    {
        if (size > _held && !memory.TryTake(size - _held))
        {
            return new SessionEnd(SessionEnd.TryAgainLater);
        }

        if (size < _held)
        {
            memory.Give(_held - size);
        }

        _held = size;
        return default;
    }
}

/// <summary>Gives a message, or a part of one, to the worker.</summary>
/// <param name="data">The bytes.</param>
/// <param name="flags">Whether it is text, and whether more of the message follows.</param>
internal delegate void SessionSender(in ReadOnlySequence<byte> data, FrameFlags flags);
