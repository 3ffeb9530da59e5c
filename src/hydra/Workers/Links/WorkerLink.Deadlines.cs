using Hydra.Protocol;

namespace Hydra.Workers.Links;

/// <summary>What a stream says when its time is over.</summary>
internal enum DeadlineVerdict
{
    /// <summary>It is over already, and about to be cancelled.</summary>
    Over,

    /// <summary>The worker waits for its client: that time does not count.</summary>
    AwaitsClient,

    /// <summary>It is over now, because it took too long.</summary>
    TimedOut,
}

/// <summary>How long streams may take, in looks of <see cref="WorkerLink.Look"/>.</summary>
/// <param name="Request">From the REQUEST to the RESPONSE.</param>
/// <param name="Return">From the interruption until the worker is through with the stream.</param>
internal readonly record struct Deadlines(int Request, int Return);

/// <summary>A stream whose time is over.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Stream">The request that has timed out; null where nobody waits for the response any more.</param>
/// <param name="IsStuck">Whether it was interrupted before and is still not through.</param>
internal readonly record struct OverdueStream(ulong Id, UpstreamStream? Stream, bool IsStuck);

/// <content>
/// Deadlines without a timer, a clock or an allocation for each request: a stream remembers how many looks there had been when it was
/// opened, and each look counts on and finds those that are too old.
/// </content>
internal sealed partial class WorkerLink
{
    // Of a stream whose response has begun: it may take as long as it likes.
    private const int NoDeadline = int.MaxValue;

    // Looks so far, under the gate.
    private int _looks;

    /// <summary>Finds the streams whose time is over, and ends them. To be called at a steady interval, by one caller at a time.</summary>
    /// <param name="deadlines">How many intervals they have; each gets up to one more.</param>
    /// <param name="overdue">What was found is added here; the caller tells the worker and the stream.</param>
    public void Look(Deadlines deadlines, List<OverdueStream> overdue)
    {
        lock (_channel.Gate)
        {
            if (_isClosed)
            {
                return;
            }

            _looks++;
            for (int i = 0; i < _slotsUsed; i++)
            {
                ref Slot slot = ref _slots[i];
                if ((slot.Stream is not null || slot.IsCancelled) && slot.Since != NoDeadline)
                {
                    Check(ref slot, i, deadlines, overdue);
                }
            }
        }
    }

    /// <summary>How a stream is called in the logs of both sides: data link, slot, generation.</summary>
    public static string NameOf(int link, ulong id) => $"{link}.{(uint)id}.{id >> 32}";

    private void Check(ref Slot slot, int index, Deadlines deadlines, List<OverdueStream> overdue)
    {
        int age = _looks - slot.Since;
        if (age <= (slot.IsInterrupted ? deadlines.Return : deadlines.Request))
        {
            return;
        }

        ulong id = ((ulong)slot.Generation << 32) | (uint)index;
        if (slot.IsInterrupted)
        {
            slot.Since = NoDeadline;
            overdue.Add(new OverdueStream(id, null, IsStuck: true));
            return;
        }

        UpstreamStream? stream = slot.Stream;
        switch (stream?.OnDeadline(id))
        {
            case DeadlineVerdict.Over:
                return;
            case DeadlineVerdict.AwaitsClient:
                slot.Since = _looks;
                return;
            case DeadlineVerdict.TimedOut:
                slot.Stream = null;
                slot.IsCancelled = true;
                new CancelMessage { Reason = (byte)CancelReason.Timeout }.WriteFrame(_channel.Output, FrameFlags.None, id);
                _channel.FlushSoon();
                break;
        }

        slot.IsInterrupted = true;
        slot.Since = _looks;
        overdue.Add(new OverdueStream(id, stream, IsStuck: false));
    }

    // Finds the stream of a response that has begun and goes on.
    private UpstreamStream? FindAnswered(ulong id)
    {
        lock (_channel.Gate)
        {
            if (Find(id) is not null)
            {
                _slots[(uint)id].Since = NoDeadline;
            }
        }

        return FindForFrame(id, remove: false);
    }
}
