using System.Buffers.Binary;
using System.Text;
using Hydra.Protocol;
using Hydra.Transport;

namespace Hydra.Workers;

/// <summary>
/// A data link: the streams that run on it, by slot and generation. Any thread may open, feed and cancel streams (the channel's
/// gate guards the table and the output); frames from the worker are handled by the channel's reading side alone, outside the gate.
/// </summary>
internal sealed class WorkerLink : ILinkSink
{
    private readonly LinkChannel _channel;
    private readonly WorkerHandle _worker;
    private readonly Action<WorkerLink, string?> _closed;

    // The stream table, under the gate. A slot's generation grows whenever its stream ends, so a late frame matches nothing.
    private Slot[] _slots = new Slot[64];
    private int _slotsUsed;
    private int _firstFree = -1;
    private bool _isClosed;

    // No stream is opened any more: the link is closed, or the worker drains.
    private bool _isShut;
    private long _opened;

    // Written by the reading side only.
    private string? _violation;

    /// <summary>Makes the link; <see cref="Start"/> begins to read.</summary>
    /// <param name="channel">The connected channel, its handshake done.</param>
    /// <param name="worker">The worker whose load is counted.</param>
    /// <param name="index">Which of the worker's data links this is.</param>
    /// <param name="closed">Called once when the link has closed, with the rule that the worker broke, if it did.</param>
    public WorkerLink(LinkChannel channel, WorkerHandle worker, int index, Action<WorkerLink, string?> closed)
    {
        _channel = channel;
        _worker = worker;
        _closed = closed;
        Index = index;
    }

    /// <summary>Which of the worker's data links this is, from 0.</summary>
    public int Index { get; }

    /// <summary>The worker at the other end.</summary>
    public WorkerHandle Worker => _worker;

    /// <summary>Streams that were opened so far.</summary>
    public long Opened => Volatile.Read(ref _opened);

    /// <summary>No stream is opened any more; those that are open go on.</summary>
    public void Shut()
    {
        lock (_channel.Gate)
        {
            _isShut = true;
        }
    }

    /// <summary>Begins to read.</summary>
    public void Start() => _channel.Start(this);

    /// <summary>Closes the link; every stream on it is lost.</summary>
    public void Close() => _channel.Close();

    /// <summary>Opens a stream and sends its REQUEST frame, unless nobody waits for the answer any more.</summary>
    /// <returns>False when the link is closed or shut: nothing was sent, and the stream is as before.</returns>
    public bool TryOpen(UpstreamStream stream)
    {
        lock (_channel.Gate)
        {
            if (_isShut)
            {
                return false;
            }

            _opened++;
            int index = TakeSlot();
            ref Slot slot = ref _slots[index];
            slot.Stream = stream;
            ulong id = ((ulong)slot.Generation << 32) | (uint)index;
            _worker.StreamOpened();
            if (!stream.OnSending(this, id))
            {
                Remove(id);
                return true;
            }

            ReadOnlySpan<byte> frame = stream.RequestFrame;
            Span<byte> target = _channel.Output.GetSpan(frame.Length);
            frame.CopyTo(target);
            BinaryPrimitives.WriteUInt64LittleEndian(target[FrameHeader.StreamOffset..], id);
            _channel.Output.Advance(frame.Length);
            _channel.FlushSoon();
            return true;
        }
    }

    /// <summary>Sends body bytes, at most <see cref="ProtocolLimits.MaxBody"/>, of a stream that is still open.</summary>
    public void SendBody(ulong id, ReadOnlySpan<byte> data, bool end)
    {
        lock (_channel.Gate)
        {
            if (_isClosed || Find(id) is null)
            {
                return;
            }

            var header = new FrameHeader(data.Length, MessageType.Body, end ? FrameFlags.End : FrameFlags.None, id);
            header.Write(_channel.Output.GetSpan(ProtocolLimits.HeaderSize));
            _channel.Output.Advance(ProtocolLimits.HeaderSize);
            _channel.Output.Write(data);
            _channel.FlushSoon();
        }
    }

    /// <summary>Lets the worker send more of the response's body.</summary>
    public void SendWindow(ulong id, uint credit)
    {
        lock (_channel.Gate)
        {
            if (!_isClosed && Find(id) is not null)
            {
                new WindowMessage { Credit = credit }.WriteFrame(_channel.Output, FrameFlags.None, id);
                _channel.FlushSoon();
            }
        }
    }

    /// <summary>Ends a stream from this side. Nothing more is reported for it.</summary>
    /// <returns>False when the stream had ended before.</returns>
    public bool Cancel(ulong id, CancelReason reason)
    {
        lock (_channel.Gate)
        {
            if (_isClosed || Remove(id) is null)
            {
                return false;
            }

            new CancelMessage { Reason = (byte)reason }.WriteFrame(_channel.Output, FrameFlags.None, id);
            _channel.FlushSoon();
            return true;
        }
    }

    int ILinkSink.OnBytes(ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<byte> rest = data;
        while (true)
        {
            FrameReadStatus status = FrameReader.TryReadFrame(ref rest, out FrameHeader header, out ReadOnlySpan<byte> payload);
            if (status == FrameReadStatus.NeedMore)
            {
                return data.Length - rest.Length;
            }

            if (status != FrameReadStatus.Ok)
            {
                _violation = $"a frame header is invalid ({status})";
                return -1;
            }

            _violation = Handle(header, payload);
            if (_violation is not null)
            {
                return -1;
            }
        }
    }

    void ILinkSink.OnClosed(Exception? error)
    {
        List<(UpstreamStream Stream, ulong Id)> lost = [];
        lock (_channel.Gate)
        {
            _isClosed = true;
            _isShut = true;
            for (int i = 0; i < _slotsUsed; i++)
            {
                if (_slots[i].Stream is { } stream)
                {
                    ulong id = ((ulong)_slots[i].Generation << 32) | (uint)i;
                    Remove(id);
                    lost.Add((stream, id));
                }
            }
        }

        // The worker is told first, so that it is not chosen again for what is sent once more.
        _closed(this, _violation);
        foreach ((UpstreamStream stream, ulong id) in lost)
        {
            stream.OnLost(id, StreamLoss.LinkLost);
        }
    }

    // Returns the rule that the worker broke, or null.
    private string? Handle(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        bool end = (header.Flags & FrameFlags.End) != 0;
        return header.Type switch
        {
            MessageType.Response => HandleResponse(header.Stream, payload, end),
            MessageType.Body => HandleBody(header.Stream, payload, end),
            MessageType.Window => HandleWindow(header.Stream, payload),
            MessageType.Reset => HandleReset(header.Stream, payload),
            _ => $"{header.Type} may not be sent by a worker on a data link",
        };
    }

    private string? HandleResponse(ulong id, ReadOnlySpan<byte> payload, bool end)
    {
        if (!ResponseMessage.TryRead(payload, out ResponseMessage response))
        {
            return "a RESPONSE frame has wrong lengths";
        }

        UpstreamStream? stream = FindForFrame(id, end);
        return stream is null || stream.OnResponse(id, response, end) ? null : "a RESPONSE frame came where none may";
    }

    private string? HandleBody(ulong id, ReadOnlySpan<byte> payload, bool end)
    {
        if (payload.Length > ProtocolLimits.MaxBody)
        {
            return "a BODY frame is too long";
        }

        UpstreamStream? stream = FindForFrame(id, end);
        return stream is null || stream.OnBody(id, payload, end) ? null : "a BODY frame came before its RESPONSE or beyond its credit";
    }

    private string? HandleWindow(ulong id, ReadOnlySpan<byte> payload)
    {
        if (!WindowMessage.TryRead(payload, out WindowMessage window))
        {
            return "a WINDOW frame has wrong lengths";
        }

        UpstreamStream? stream = FindForFrame(id, remove: false);
        return stream is null || stream.OnWindow(id, window.Credit) ? null : "a WINDOW frame grants too much";
    }

    private string? HandleReset(ulong id, ReadOnlySpan<byte> payload)
    {
        if (!ResetMessage.TryRead(payload, out ResetMessage reset))
        {
            return "a RESET frame has wrong lengths";
        }

        FindForFrame(id, remove: true)?.OnReset(id, (ResetReason)reset.Reason, Encoding.UTF8.GetString(reset.Message));
        return null;
    }

    private UpstreamStream? FindForFrame(ulong id, bool remove)
    {
        lock (_channel.Gate)
        {
            return remove ? Remove(id) : Find(id);
        }
    }

    private UpstreamStream? Find(ulong id)
    {
        uint index = (uint)id;
        return index < (uint)_slotsUsed && _slots[index].Generation == (uint)(id >> 32) ? _slots[index].Stream : null;
    }

    private UpstreamStream? Remove(ulong id)
    {
        UpstreamStream? stream = Find(id);
        if (stream is not null)
        {
            ref Slot slot = ref _slots[(uint)id];
            slot.Stream = null;
            slot.Generation++;
            slot.NextFree = _firstFree;
            _firstFree = (int)(uint)id;
            _worker.StreamClosed();
        }

        return stream;
    }

    private int TakeSlot()
    {
        if (_firstFree >= 0)
        {
            int index = _firstFree;
            _firstFree = _slots[index].NextFree;
            return index;
        }

        if (_slotsUsed == _slots.Length)
        {
            Array.Resize(ref _slots, _slots.Length * 2);
        }

        return _slotsUsed++;
    }

    private struct Slot
    {
        public UpstreamStream? Stream;
        public uint Generation;
        public int NextFree;
    }
}
