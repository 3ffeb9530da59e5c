using System.Buffers;
using System.Buffers.Binary;
using Hydra.Protocol;
using Hydra.Transport;

namespace Hydra.Workers.Links;

/// <summary>
/// A data link: the streams that run on it (<see cref="StreamTable"/>), the frames that come for them (<see cref="StreamFrames"/>) and how
/// long they may take (<see cref="StreamDeadlines"/>). Any thread may open, feed and cancel streams: the channel's gate guards the table
/// and the output. Frames from the worker are handled by the channel's reading side alone, outside the gate.
/// </summary>
internal sealed class WorkerLink : ILinkSink
{
    private readonly LinkChannel _channel;
    private readonly WorkerHandle _worker;
    private readonly Action<WorkerLink, string?> _closed;
    private readonly StreamTable _streams;
    private readonly StreamDeadlines _deadlines;
    private readonly StreamFrames _frames;

    // Under the gate, as the stream table is.
    private bool _isClosed;

    // No stream is opened any more: the link is closed, or the worker drains. Under the gate.
    private bool _isShut;

    // Requests that were sent on this link, ever; those of them that another worker has had before.
    private long _sent;
    private long _moved;

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
        _streams = new StreamTable(worker);
        _deadlines = new StreamDeadlines(channel, _streams);
        _frames = new StreamFrames(channel, _streams, worker);
        Index = index;
    }

    /// <summary>Which of the worker's data links this is, from 0.</summary>
    public int Index { get; }

    /// <summary>The worker at the other end.</summary>
    public WorkerHandle Worker => _worker;

    /// <summary>Called with the id of a stream whose client has left, once its CANCEL is written; null where nobody wants to know.</summary>
    public Action<ulong>? Abandoned { get; init; }

    /// <summary>What is remembered of its streams; null where nobody may ask.</summary>
    public StreamNotes? Notes { get; init; }

    /// <summary>Whether a request is stopped when its client has left, for it has no other way to hear of that.</summary>
    public bool StopsAbandoned => Abandoned is not null && (_worker.Features & InterfaceFeatures.InterruptibleThreads) != 0;

    /// <summary>Requests that were opened so far.</summary>
    public long Opened => Volatile.Read(ref _sent) - Volatile.Read(ref _moved);

    /// <summary>Requests whose response has not begun, and all that were sent so far.</summary>
    public (int Waiting, long Opened) ReadLoad()
    {
        lock (_channel.Gate)
        {
            return (_streams.CountWaiting(), _sent);
        }
    }

    /// <summary>Streams that are open now, sessions among them: an estimate, for it is read without the gate.</summary>
    public int Streams => _streams.Taken;

    /// <summary>No stream is opened any more; those that are open go on.</summary>
    public void Shut()
    {
        lock (_channel.Gate)
        {
            _isShut = true;
        }
    }

    /// <summary>The worker is to go: what can go on in another one leaves it. Returns how many streams do.</summary>
    public int Leave()
    {
        List<LostStream> open;
        lock (_channel.Gate)
        {
            open = _streams.ReadOpen();
        }

        return open.Count(static one => one.Stream!.OnLeave(one.Id));
    }

    /// <summary>Begins to read.</summary>
    public void Start() => _channel.Start(this);

    /// <summary>Closes the link; every stream on it is lost.</summary>
    public void Close() => _channel.Close();

    /// <summary>Requests that the worker may still finish: not those whose time was over.</summary>
    public int CountToFinish()
    {
        lock (_channel.Gate)
        {
            return _streams.CountToFinish();
        }
    }

    /// <summary>Adds the requests that the worker has on this link, where notes are kept of them.</summary>
    public void ReadActive(List<ActiveStream> active)
    {
        long now = Environment.TickCount64;
        lock (_channel.Gate)
        {
            for (int i = 0; Notes is not null && i < _streams.Used; i++)
            {
                if (_streams.At(i).IsTaken)
                {
                    active.Add(_streams.Describe(i, Index, Notes, now));
                }
            }
        }
    }

    /// <summary>What is remembered of a stream that the worker has; null where it has ended, or nothing is.</summary>
    public ActiveStream? Find(ulong id)
    {
        lock (_channel.Gate)
        {
            int index = _streams.IndexOf(id);
            return Notes is null || index < 0 || !_streams.At(index).IsTaken ? null : _streams.Describe(index, Index, Notes, Environment.TickCount64);
        }
    }

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

            int index = _streams.Take();
            ref StreamSlot slot = ref _streams.At(index);
            slot.Stream = stream;
            slot.Since = _deadlines.Looks;
            ulong id = slot.IdAt(index);
            if (!stream.OnSending(this, id))
            {
                _streams.Free(index);
                _worker.Window.Withdraw();
                return true;
            }

            slot.Sequence = ++_sent;
            _moved += stream.HasMoved ? 1 : 0;
            ReadOnlySpan<byte> frame = stream.RequestFrame;
            Notes?.Keep(index, frame, Environment.TickCount64);
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
            if (_isClosed || _streams.IndexOfOpen(id) < 0)
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

    /// <summary>Sends a message of a session that is still open, or a part of one, at most <see cref="ProtocolLimits.MaxBody"/> bytes.</summary>
    /// <param name="id">The stream.</param>
    /// <param name="data">The bytes.</param>
    /// <param name="flags">Whether it is text, and whether more of the message follows.</param>
    public void SendData(ulong id, in ReadOnlySequence<byte> data, FrameFlags flags)
    {
        lock (_channel.Gate)
        {
            if (_isClosed || _streams.IndexOfOpen(id) < 0)
            {
                return;
            }

            int length = (int)data.Length;
            int size = ProtocolLimits.HeaderSize + length;
            Span<byte> target = _channel.Output.GetSpan(size);
            new FrameHeader(length, MessageType.Data, flags, id).Write(target);
            data.CopyTo(target[ProtocolLimits.HeaderSize..]);
            _channel.Output.Advance(size);
            _channel.FlushSoon();
        }
    }

    /// <summary>Whether so much waits to be sent that who can wait is to; the waiter then hears when it may ask again. Any thread.</summary>
    public bool AwaitsRoom(IOutputWaiter waiter)
    {
        lock (_channel.Gate)
        {
            return !_isClosed && _channel.AwaitsRoom(waiter);
        }
    }

    /// <summary>Lets the worker send more of the response's body.</summary>
    public void SendWindow(ulong id, uint credit)
    {
        lock (_channel.Gate)
        {
            if (!_isClosed && _streams.IndexOfOpen(id) >= 0)
            {
                new WindowMessage { Credit = credit }.WriteFrame(_channel.Output, FrameFlags.None, id);
                _channel.FlushSoon();
            }
        }
    }

    /// <summary>A file was opened: the worker may close it, and go on with the response.</summary>
    /// <param name="id">The stream.</param>
    /// <param name="size">How many bytes the client is to get of it.</param>
    public void SendOpened(ulong id, long size)
    {
        lock (_channel.Gate)
        {
            if (!_isClosed && _streams.IndexOfOpen(id) >= 0)
            {
                new OpenedMessage { Size = (ulong)size }.WriteFrame(_channel.Output, FrameFlags.None, id);
                _channel.FlushSoon();
            }
        }
    }

    /// <summary>The client of a stream has closed its sending side, and all that has come of the body was sent. The stream goes on.</summary>
    public void SendFinished(ulong id, bool isComplete)
    {
        lock (_channel.Gate)
        {
            if (!_isClosed && _streams.IndexOfOpen(id) >= 0)
            {
                new FinishedMessage { IsComplete = isComplete ? (byte)1 : (byte)0 }.WriteFrame(_channel.Output, FrameFlags.None, id);
                _channel.FlushSoon();
            }
        }
    }

    /// <summary>The application is to part from a stream, which goes on in another worker but for its first messages.</summary>
    public void SendLeave(ulong id, long kept)
    {
        lock (_channel.Gate)
        {
            if (!_isClosed && _streams.IndexOfOpen(id) >= 0)
            {
                new LeaveMessage { Kept = (ulong)kept }.WriteFrame(_channel.Output, FrameFlags.None, id);
                _channel.FlushSoon();
            }
        }
    }

    /// <summary>
    /// A stream is a session from now on, such as a WebSocket: it stays for long, has no deadline, and does not count as load. It keeps its
    /// id and ends as any stream. No call under an exchange's lock: those who wait for a place are told.
    /// </summary>
    /// <returns>False when the stream has ended, or is a session already.</returns>
    public bool BecomeSession(ulong id)
    {
        lock (_channel.Gate)
        {
            int index = _streams.IndexOfOpen(id);
            if (_isClosed || index < 0 || !_streams.TryMakeSession(index))
            {
                return false;
            }
        }

        _worker.Progress?.OnProgress(completed: 1);
        return true;
    }

    /// <summary>Ends a stream from this side. Nothing more is reported for it.</summary>
    /// <returns>False when the stream had ended before.</returns>
    public bool Cancel(ulong id, CancelReason reason)
    {
        lock (_channel.Gate)
        {
            int index = _streams.IndexOfOpen(id);
            if (_isClosed || index < 0)
            {
                return false;
            }

            BreakOff(index);
            new CancelMessage { Reason = (byte)reason }.WriteFrame(_channel.Output, FrameFlags.None, id);
            _channel.FlushSoon();
        }

        if (reason is CancelReason.ClientLeft)
        {
            Abandoned?.Invoke(id);
        }

        return true;
    }

    /// <summary>Ends a session from this side. Nothing more is reported for it.</summary>
    /// <param name="id">The stream.</param>
    /// <param name="code">What the application is told.</param>
    /// <param name="reason">More of that, at most 123 bytes.</param>
    /// <returns>False when the stream had ended before.</returns>
    public bool CloseSession(ulong id, ushort code, ReadOnlySpan<byte> reason)
    {
        lock (_channel.Gate)
        {
            int index = _streams.IndexOfOpen(id);
            if (_isClosed || index < 0)
            {
                return false;
            }

            BreakOff(index);
            new CloseMessage { Code = code, Reason = reason }.WriteFrame(_channel.Output, FrameFlags.None, id);
            _channel.FlushSoon();
            return true;
        }
    }

    /// <summary>Finds the streams whose time is over, and ends them. To be called at a steady interval, by one caller at a time.</summary>
    /// <param name="deadlines">How many intervals they have; each gets up to one more.</param>
    /// <param name="overdue">What was found is added here; the caller tells the worker and the stream.</param>
    public void Look(Deadlines deadlines, List<OverdueStream> overdue)
    {
        lock (_channel.Gate)
        {
            if (!_isClosed)
            {
                _deadlines.Look(deadlines, overdue);
            }
        }
    }

    /// <summary>How a stream is called in the logs of both sides: data link, slot, generation.</summary>
    public static string NameOf(int link, ulong id) => $"{link}.{(uint)id}.{id >> 32}";

    // The worker is busy with it until it says otherwise, and the slot stays its own. Under the gate.
    private void BreakOff(int index)
    {
        ref StreamSlot slot = ref _streams.At(index);
        slot.Stream = null;
        slot.IsCancelled = true;
    }

    int ILinkSink.OnBytes(ReadOnlySpan<byte> data) => _frames.Read(data);

    void ILinkSink.OnClosed(Exception? error)
    {
        List<LostStream> lost;
        int elsewhere;
        lock (_channel.Gate)
        {
            _isClosed = true;
            _isShut = true;
            lost = _streams.RemoveAll();
            elsewhere = _worker.InFlight + _worker.Sessions;
        }

        // The worker is told first, so that it is not chosen again for what is sent once more.
        _closed(this, _frames.Violation);

        // Requests are begun in the order in which they were sent: as many as there are threads, or what the event loop has taken
        // and the one after it.
        int threads = _worker.Window.MostThreads;
        int begun = threads > 0 ? Math.Min(threads, lost.Count) : lost.Count(l => l.Sequence <= _frames.Taken + 1);
        StreamLoss loss = begun == 1 && elsewhere == 0 ? StreamLoss.LinkLostAlone : StreamLoss.LinkLost;
        for (int i = 0; i < lost.Count; i++)
        {
            lost[i].Stream?.OnLost(lost[i].Id, i < begun ? loss : StreamLoss.LinkLostBehind);
        }

        if (_frames.Violation is not null)
        {
            // To one that has ended as it should this means nothing.
            _frames.Ended.Stream?.OnLost(_frames.Ended.Id, StreamLoss.LinkLost);
        }
    }
}
