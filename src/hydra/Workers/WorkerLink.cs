using System.Buffers.Binary;
using System.Text;
using Hydra.Protocol;
using Hydra.Transport;

namespace Hydra.Workers;

/// <summary>
/// A data link: the streams that run on it, by slot and generation. Any thread may open, feed and cancel streams (the channel's
/// gate guards the table and the output); frames from the worker are handled by the channel's reading side alone, outside the gate.
/// </summary>
internal sealed partial class WorkerLink : ILinkSink
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

    // Requests that were sent on this link, ever.
    private long _sent;

    // The reading side's own: what the worker did wrong; how many of the requests that were sent it has taken, known before and by
    // what has just come; responses that have just ended.
    private string? _violation;
    private long _taken;
    private long _takenNow;
    private int _completed;

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

    /// <summary>Called with the id of a stream whose client has left, once its CANCEL is written; null where nobody wants to know.</summary>
    public Action<ulong>? Abandoned { get; init; }

    /// <summary>Streams that were opened so far.</summary>
    public long Opened => Volatile.Read(ref _sent);

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

    /// <summary>
    /// Opens a stream and sends its REQUEST frame, unless nobody waits for the answer any more. The caller has entered the worker's
    /// window, and withdraws when the link is closed or shut.
    /// </summary>
    /// <returns>False when the link is closed or shut: nothing was sent, and the stream is as before.</returns>
    public bool TryOpen(UpstreamStream stream)
    {
        lock (_channel.Gate)
        {
            if (_isShut)
            {
                return false;
            }

            int index = TakeSlot();
            ref Slot slot = ref _slots[index];
            slot.Stream = stream;
            slot.Since = _looks;
            ulong id = ((ulong)slot.Generation << 32) | (uint)index;
            if (!stream.OnSending(this, id))
            {
                Free(ref slot, index);
                _worker.Window.Withdraw();
                return true;
            }

            slot.Sequence = ++_sent;
            ReadOnlySpan<byte> frame = stream.RequestFrame;
            Span<byte> target = _channel.Output.GetSpan(frame.Length);
            frame.CopyTo(target);
            BinaryPrimitives.WriteUInt64LittleEndian(target[FrameHeader.StreamOffset..], id);

            // The first field of the payload.
            BinaryPrimitives.WriteUInt32LittleEndian(target[ProtocolLimits.HeaderSize..], stream.QueueMicroseconds);
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
            if (_isClosed || Find(id) is null)
            {
                return false;
            }

            // The worker is busy with it until it says otherwise, and the slot stays its own.
            _slots[(uint)id].Stream = null;
            _slots[(uint)id].IsCancelled = true;
            new CancelMessage { Reason = (byte)reason }.WriteFrame(_channel.Output, FrameFlags.None, id);
            _channel.FlushSoon();
        }

        if (reason is CancelReason.ClientLeft)
        {
            Abandoned?.Invoke(id);
        }

        return true;
    }

    int ILinkSink.OnBytes(ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<byte> rest = data;
        while (true)
        {
            FrameReadStatus status = FrameReader.TryReadFrame(ref rest, out FrameHeader header, out ReadOnlySpan<byte> payload);
            if (status == FrameReadStatus.NeedMore)
            {
                TellProgress();
                return data.Length - rest.Length;
            }

            _violation = status is FrameReadStatus.Ok ? Handle(header, payload) : $"a frame header is invalid ({status})";
            if (_violation is not null)
            {
                return -1;
            }
        }
    }

    void ILinkSink.OnClosed(Exception? error)
    {
        List<(long Sequence, UpstreamStream? Stream, ulong Id)> lost;
        int elsewhere;
        lock (_channel.Gate)
        {
            _isClosed = true;
            _isShut = true;
            lost = TakeAll();
            elsewhere = _worker.InFlight;
        }

        // The worker is told first, so that it is not chosen again for what is sent once more.
        _closed(this, _violation);

        // Requests are begun in the order in which they were sent: as many as there are threads, or what the event loop has taken
        // and the one after it.
        lost.Sort(static (a, b) => a.Sequence.CompareTo(b.Sequence));
        int threads = _worker.Window.Threads;
        int begun = threads > 0 ? Math.Min(threads, lost.Count) : lost.Count(l => l.Sequence <= _taken + 1);
        StreamLoss loss = begun == 1 && elsewhere == 0 ? StreamLoss.LinkLostAlone : StreamLoss.LinkLost;
        for (int i = 0; i < lost.Count; i++)
        {
            lost[i].Stream?.OnLost(lost[i].Id, i < begun ? loss : StreamLoss.LinkLostBehind);
        }
    }

    // Ends all streams and gives those that were open, or cancelled and not through. Under the gate.
    private List<(long Sequence, UpstreamStream? Stream, ulong Id)> TakeAll()
    {
        List<(long, UpstreamStream?, ulong)> taken = [];
        for (int i = 0; i < _slotsUsed; i++)
        {
            ref Slot slot = ref _slots[i];
            if (slot.Stream is not null || slot.IsCancelled)
            {
                taken.Add((slot.Sequence, slot.Stream, ((ulong)slot.Generation << 32) | (uint)i));
                Free(ref slot, i);
                _worker.Window.Leave();
            }
        }

        return taken;
    }

    // Once for all that has come in one piece: counters that threads share, and those who wait for a place.
    private void TellProgress()
    {
        NoteTaken();
        int completed = _completed;
        _completed = 0;
        _worker.Listener?.OnProgress(completed);
    }

    private void NoteTaken()
    {
        if (_takenNow > _taken)
        {
            int count = (int)(_takenNow - _taken);
            _taken = _takenNow;
            _worker.Window.OnTaken(count);
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
            MessageType.Taken => HandleTaken(header.Stream, payload),
            _ => $"{header.Type} may not be sent by a worker on a data link",
        };
    }

    private string? HandleResponse(ulong id, ReadOnlySpan<byte> payload, bool end)
    {
        if (!ResponseMessage.TryRead(payload, out ResponseMessage response))
        {
            return "a RESPONSE frame has wrong lengths";
        }

        UpstreamStream? stream = end ? FindForFrame(id, remove: true) : FindAnswered(id);
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

        if ((ResetReason)reset.Reason is ResetReason.NotStarted)
        {
            _worker.Window.OnGivenBack();
        }

        FindForFrame(id, remove: true)?.OnReset(id, (ResetReason)reset.Reason, Encoding.UTF8.GetString(reset.Message));
        return null;
    }

    private string? HandleTaken(ulong id, ReadOnlySpan<byte> payload)
    {
        if (!TakenMessage.TryRead(payload, out TakenMessage taken))
        {
            return "a TAKEN frame has wrong lengths";
        }

        if (id != 0)
        {
            FindForFrame(id, remove: false);
        }

        if (taken.Requests > 0)
        {
            _worker.Window.Report(taken.BusyMicroseconds, (int)Math.Min(taken.Requests, int.MaxValue));
        }

        return null;
    }

    private UpstreamStream? FindForFrame(ulong id, bool remove)
    {
        UpstreamStream? stream = FindAndNote(id, remove);
        if (_takenNow > _taken && !_worker.Window.HasRoom)
        {
            // The next request of this client may come inside the callback, and need not wait for what is known already.
            NoteTaken();
        }

        return stream;
    }

    private UpstreamStream? FindAndNote(ulong id, bool remove)
    {
        lock (_channel.Gate)
        {
            uint index = (uint)id;
            if (index >= (uint)_slotsUsed)
            {
                return null;
            }

            ref Slot slot = ref _slots[index];
            uint age = slot.Generation - (uint)(id >> 32);
            if (age == 0 || (age == 1 && slot.Stream is null))
            {
                // The latest stream of this slot, perhaps over already: the worker has taken it, and what was sent before it.
                _takenNow = Math.Max(_takenNow, slot.Sequence);
            }

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
        if (stream is not null || IsCancelled(id))
        {
            Free(ref _slots[(uint)id], (int)(uint)id);
            _worker.Window.Leave();
            _completed++;
        }

        return stream;
    }

    private bool IsCancelled(ulong id)
    {
        uint index = (uint)id;
        return index < (uint)_slotsUsed && _slots[index].Generation == (uint)(id >> 32) && _slots[index].IsCancelled;
    }

    private void Free(ref Slot slot, int index)
    {
        slot.Stream = null;
        slot.IsCancelled = false;
        slot.IsInterrupted = false;
        slot.Generation++;
        slot.NextFree = _firstFree;
        _firstFree = index;
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

        // From 1, so that no stream has the id 0, which stands for the link itself.
        _slots[_slotsUsed].Generation = 1;
        return _slotsUsed++;
    }

    private struct Slot
    {
        public UpstreamStream? Stream;
        public uint Generation;
        public int NextFree;

        // The looks that there had been when the present deadline began to run.
        public int Since;

        // The front has cancelled the stream, and the worker has not said yet that it is through with it.
        public bool IsCancelled;

        // The worker was told to stop it.
        public bool IsInterrupted;

        // The number of its request among those that were sent on this link, from 1.
        public long Sequence;
    }
}
