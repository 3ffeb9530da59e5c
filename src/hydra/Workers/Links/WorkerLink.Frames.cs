using System.Text;
using Hydra.Protocol;
using Hydra.Transport;

namespace Hydra.Workers.Links;

/// <content>What the worker sends: frames, one after the other, on the channel's reading side.</content>
internal sealed partial class WorkerLink
{
    // The reading side's own: what the worker did wrong; how many of the requests that were sent it has taken, known before and by
    // what has just come; responses that have just ended.
    private string? _violation;
    private long _taken;
    private long _takenNow;
    private int _completed;

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
}
