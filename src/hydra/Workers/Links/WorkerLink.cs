using System.Buffers.Binary;
using Hydra.Protocol;
using Hydra.Transport;

namespace Hydra.Workers.Links;

/// <summary>
/// A data link: the streams that run on it, by slot and generation. Any thread may open, feed and cancel streams (the channel's
/// gate guards the table and the output); frames from the worker are handled by the channel's reading side alone, outside the gate.
/// </summary>
internal sealed partial class WorkerLink : ILinkSink
{
    private readonly LinkChannel _channel;
    private readonly WorkerHandle _worker;
    private readonly Action<WorkerLink, string?> _closed;

    // Under the gate, as the stream table is.
    private bool _isClosed;

    // No stream is opened any more: the link is closed, or the worker drains. Under the gate.
    private bool _isShut;

    // Requests that were sent on this link, ever.
    private long _sent;

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
}
