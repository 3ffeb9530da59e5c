using System.Text;
using Hydra.Protocol;
using Hydra.Topics;
using Hydra.Transport;

namespace Hydra.Workers.Links;

/// <summary>
/// What a worker sends on a data link, and what it says of the requests that were sent before. For the channel's reading side alone,
/// outside the gate; the streams are looked up under it.
/// </summary>
internal sealed class StreamFrames(LinkChannel channel, StreamTable streams, WorkerHandle worker)
{
    // How many of the requests that were sent it has taken by what has just come, and responses that have just ended.
    private long _takenNow;
    private int _completed;

    /// <summary>The kinds of messages that a worker may send.</summary>
    public static FrameRules<StreamFrames> Rules { get; } = new(
        "data",
        new(MessageType.Response, FrameFlags.End | FrameFlags.More | FrameFlags.File, StreamEnd.WithFlag, static (frames, id, flags, payload, end) => frames.OnResponse(id, flags, payload, end)),
        new(MessageType.Body, FrameFlags.End | FrameFlags.More, StreamEnd.WithFlag, static (frames, id, flags, payload, end) => frames.OnBody(id, flags, payload, end)),
        new(MessageType.Window, FrameFlags.None, StreamEnd.Never, static (frames, id, _, payload, end) => frames.OnWindow(id, payload, end)),
        new(MessageType.Reset, FrameFlags.None, StreamEnd.Always, static (frames, id, _, payload, end) => frames.OnReset(id, payload, end)),
        new(MessageType.Taken, FrameFlags.None, StreamEnd.Never, static (frames, id, _, payload, end) => frames.OnTaken(id, payload, end)),
        new(MessageType.Accept, FrameFlags.Resume, StreamEnd.Never, static (frames, id, flags, payload, end) => frames.OnAccept(id, flags, payload, end)),
        new(MessageType.Data, FrameFlags.Text | FrameFlags.More, StreamEnd.Never, static (frames, id, flags, payload, end) => frames.OnData(id, flags, payload, end)),
        new(MessageType.File, FrameFlags.End, StreamEnd.WithFlag, static (frames, id, _, payload, end) => frames.OnFile(id, payload, end)),
        new(MessageType.Hint, FrameFlags.None, StreamEnd.Never, static (frames, id, _, payload, end) => frames.OnHint(id, payload, end)),
        new(MessageType.Trailers, FrameFlags.None, StreamEnd.Always, static (frames, id, _, payload, end) => frames.OnTrailers(id, payload, end)),
        new(MessageType.Subscribe, FrameFlags.None, StreamEnd.Never, static (frames, id, _, payload, end) => frames.OnSubscribe(id, payload, end)),
        new(MessageType.Save, FrameFlags.None, StreamEnd.Never, static (frames, id, _, payload, end) => frames.OnSave(id, payload, end)),
        new(MessageType.Capacity, FrameFlags.None, StreamEnd.Never, static (frames, id, _, payload, _) => frames.OnCapacity(id, payload)),
        new(MessageType.Close, FrameFlags.None, StreamEnd.Always, static (frames, id, _, payload, end) => frames.OnClose(id, payload, end)));

    /// <summary>What the worker did wrong, or null.</summary>
    public string? Violation { get; private set; }

    /// <summary>
    /// The stream whose last frame came last: the table has it no more. Where that frame is the one that breaks a rule, nobody but who closes the link can
    /// tell the stream.
    /// </summary>
    public LostStream Ended { get; private set; }

    /// <summary>How many of the requests that were sent it is known to have taken.</summary>
    public long Taken { get; private set; }

    /// <summary>Handles what has come.</summary>
    /// <returns>How much of it, or -1 when the worker broke a rule.</returns>
    public int Read(ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<byte> rest = data;
        Violation = Rules.ReadAll(this, ref rest);
        if (Violation is not null)
        {
            return -1;
        }

        TellProgress();
        return data.Length - rest.Length;
    }

    // Once for all that has come in one piece: counters that threads share, and those who wait for a place.
    private void TellProgress()
    {
        NoteTaken();
        int completed = _completed;
        _completed = 0;
        worker.Progress?.OnProgress(completed);
    }

    private void NoteTaken()
    {
        if (_takenNow > Taken)
        {
            int count = (int)(_takenNow - Taken);
            Taken = _takenNow;
            worker.Window.OnTaken(count);
        }
    }

    private string? OnResponse(ulong id, FrameFlags flags, ReadOnlySpan<byte> payload, bool end)
    {
        FileMessage file = default;
        bool isFile = (flags & FrameFlags.File) != 0;
        if (!ResponseMessage.TryRead(payload, out ResponseMessage response) || (isFile && !FileMessage.TryRead(response.Body, out file)))
        {
            return "a RESPONSE frame has wrong lengths";
        }

        UpstreamStream? stream = Find(id, end, isAnswered: true);
        bool isTaken = stream is null
            || (isFile ? stream.OnFileResponse(id, response, file, end) : stream.OnResponse(id, response, end));
        TellPart(stream, id, flags);
        return isTaken ? null : "a RESPONSE frame came where none may";
    }

    private static void TellPart(UpstreamStream? stream, ulong id, FrameFlags flags)
    {
        if ((flags & FrameFlags.More) != 0)
        {
            stream?.OnPart(id);
        }
    }

    private string? OnBody(ulong id, FrameFlags flags, ReadOnlySpan<byte> payload, bool end)
    {
        if (payload.Length > ProtocolLimits.MaxBody)
        {
            return "a BODY frame is too long";
        }

        UpstreamStream? stream = Find(id, end);
        bool isTaken = stream is null || stream.OnBody(id, payload, end);
        TellPart(stream, id, flags);
        return isTaken ? null : "a BODY frame came before its RESPONSE or beyond its credit";
    }

    private string? OnWindow(ulong id, ReadOnlySpan<byte> payload, bool end)
    {
        if (!WindowMessage.TryRead(payload, out WindowMessage window))
        {
            return "a WINDOW frame has wrong lengths";
        }

        UpstreamStream? stream = Find(id, end);
        return stream is null || stream.OnWindow(id, window.Credit) ? null : "a WINDOW frame grants too much";
    }

    private string? OnReset(ulong id, ReadOnlySpan<byte> payload, bool end)
    {
        if (!ResetMessage.TryRead(payload, out ResetMessage reset))
        {
            return "a RESET frame has wrong lengths";
        }

        if ((ResetReason)reset.Reason is ResetReason.NotStarted)
        {
            worker.Window.OnGivenBack();
        }

        Find(id, end)?.OnReset(id, (ResetReason)reset.Reason, Encoding.UTF8.GetString(reset.Message));
        return null;
    }

    private string? OnTaken(ulong id, ReadOnlySpan<byte> payload, bool end)
    {
        if (!TakenMessage.TryRead(payload, out TakenMessage taken))
        {
            return "a TAKEN frame has wrong lengths";
        }

        if (id != 0)
        {
            Find(id, end);
        }

        if (taken.Requests > 0)
        {
            worker.Window.Report(taken.BusyMicroseconds, (int)Math.Min(taken.Requests, int.MaxValue));
        }

        worker.Window.OnHeld((int)Math.Min(taken.Held, int.MaxValue));
        return null;
    }

    private string? OnCapacity(ulong id, ReadOnlySpan<byte> payload)
    {
        if (id != 0 || !CapacityMessage.TryRead(payload, out CapacityMessage capacity) || capacity.Threads == 0)
        {
            return "a CAPACITY frame is for a stream, or says nothing";
        }

        worker.Window.OnCapacity((int)Math.Min(capacity.Threads, int.MaxValue));
        return null;
    }

    private string? OnFile(ulong id, ReadOnlySpan<byte> payload, bool end)
    {
        if (!FileMessage.TryRead(payload, out FileMessage file))
        {
            return "a FILE frame has wrong lengths";
        }

        UpstreamStream? stream = Find(id, end);
        return stream is null || stream.OnFile(id, file, end) ? null : "a FILE frame came before its RESPONSE, or before the last one was opened";
    }

    private string? OnHint(ulong id, ReadOnlySpan<byte> payload, bool end)
    {
        if (!HintMessage.TryRead(payload, out HintMessage hint))
        {
            return "a HINT frame has wrong lengths";
        }

        UpstreamStream? stream = Find(id, end);
        return stream is null || stream.OnHint(id, hint) ? null : "a HINT frame came where none may";
    }

    private string? OnTrailers(ulong id, ReadOnlySpan<byte> payload, bool end)
    {
        if (!TrailersMessage.TryRead(payload, out TrailersMessage trailers))
        {
            return "a TRAILERS frame has wrong lengths";
        }

        UpstreamStream? stream = Find(id, end);
        return stream is null || stream.OnTrailers(id, trailers) ? null : "a TRAILERS frame came before its RESPONSE, or before a file was opened";
    }

    private string? OnAccept(ulong id, FrameFlags flags, ReadOnlySpan<byte> payload, bool end)
    {
        if (!AcceptMessage.TryRead(payload, out AcceptMessage accept))
        {
            return "an ACCEPT frame has wrong lengths";
        }

        UpstreamStream? stream = Find(id, end, isAnswered: true);
        if ((flags & FrameFlags.Resume) != 0)
        {
            stream?.OnKeepAsked(id);
        }

        return stream is null || stream.OnAccept(id, accept) ? null : "an ACCEPT frame came where none may";
    }

    private string? OnData(ulong id, FrameFlags flags, ReadOnlySpan<byte> payload, bool end)
    {
        if (payload.Length > ProtocolLimits.MaxBody)
        {
            return "a DATA frame is too long";
        }

        UpstreamStream? stream = Find(id, end);
        return stream is null || stream.OnData(id, flags, payload) ? null : "a DATA frame came before its ACCEPT or beyond its credit";
    }

    private string? OnSubscribe(ulong id, ReadOnlySpan<byte> payload, bool end)
    {
        if (!SubscribeMessage.TryRead(payload, out SubscribeMessage message))
        {
            return "a SUBSCRIBE frame has wrong lengths";
        }

        if (Find(id, end) is not { } stream)
        {
            return null;
        }

        if (stream.OnSubscribe(id, message, out TopicConfirmation? awaited) is not { } status)
        {
            return "a SUBSCRIBE frame came where none may";
        }

        return awaited is null ? Answer(id, message.Sequence, status) : AnswerLater(id, message.Sequence, awaited);
    }

    private string? AnswerLater(ulong id, uint sequence, TopicConfirmation awaited)
    {
        awaited.Then(status => Answer(id, sequence, status));
        return null;
    }

    private string? OnSave(ulong id, ReadOnlySpan<byte> payload, bool end)
    {
        if (!SaveMessage.TryRead(payload, out SaveMessage message))
        {
            return "a SAVE frame has wrong lengths";
        }

        return Find(id, end) is not { } stream ? null
            : stream.OnSave(id, message) is { } status ? Answer(id, message.Sequence, status) : "a SAVE frame came where none may";
    }

    private string? Answer(ulong id, uint sequence, StateStatus status)
    {
        lock (channel.Gate)
        {
            if (streams.IndexOfOpen(id) >= 0)
            {
                new SubscribedMessage { Sequence = sequence, Status = (byte)status }.WriteFrame(channel.Output, FrameFlags.None, id);
                channel.FlushSoon();
            }
        }

        return null;
    }

    private string? OnClose(ulong id, ReadOnlySpan<byte> payload, bool end)
    {
        if (!CloseMessage.TryRead(payload, out CloseMessage close))
        {
            return "a CLOSE frame has wrong lengths";
        }

        UpstreamStream? stream = Find(id, end);
        return stream is null || stream.OnClose(id, close) ? null : "a CLOSE frame came before its ACCEPT";
    }

    // The stream that a frame is for, or null when nobody waits for it any more.
    private UpstreamStream? Find(ulong id, bool end, bool isAnswered = false)
    {
        UpstreamStream? stream = FindAndNote(id, end, isAnswered);
        if (_takenNow > Taken && !worker.Window.HasRoom)
        {
            // The next request of this client may come inside the callback, and need not wait for what is known already.
            NoteTaken();
        }

        return stream;
    }

    private UpstreamStream? FindAndNote(ulong id, bool end, bool isAnswered)
    {
        lock (channel.Gate)
        {
            uint index = (uint)id;
            if (index >= (uint)streams.Used)
            {
                return null;
            }

            ref StreamSlot slot = ref streams.At((int)index);
            uint age = slot.Generation - (uint)(id >> 32);
            UpstreamStream? stream = slot.Stream;
            if (age == 0 || (age == 1 && stream is null))
            {
                // The latest stream of this slot, perhaps over already: the worker has taken it, and what was sent before it.
                _takenNow = Math.Max(_takenNow, slot.Sequence);
            }

            if (age != 0)
            {
                return null;
            }

            if (end && slot.IsTaken)
            {
                Ended = new LostStream(slot.Sequence, stream, id);
                _completed += streams.Remove((int)index) ? 1 : 0;
            }
            else if (isAnswered && stream is not null)
            {
                // It goes on, for as long as it likes.
                slot.Since = StreamDeadlines.None;
            }

            return stream;
        }
    }
}
