using Hydra.Protocol;
using Hydra.Transport;

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
/// <param name="Slow">From the REQUEST until a response that has not begun is worth a word; nothing is done to it.</param>
internal readonly record struct Deadlines(int Request, int Return, int Slow = int.MaxValue - 1);

/// <summary>A stream whose time is over.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Stream">The request that has timed out; null where nobody waits for the response any more.</param>
/// <param name="IsStuck">Whether it was interrupted before and is still not through.</param>
/// <param name="IsSlow">It goes on: it is worth a word, and no more.</param>
internal readonly record struct OverdueStream(ulong Id, UpstreamStream? Stream, bool IsStuck, bool IsSlow = false);

/// <summary>
/// Deadlines without a timer, a clock or an allocation for each request: a stream remembers how many looks there had been when it was
/// opened, and each look counts on and finds those that are too old. All calls under the gate of the channel.
/// </summary>
internal sealed class StreamDeadlines(LinkChannel channel, StreamTable streams)
{
    /// <summary>Instead of the looks, of a stream that may take as long as it likes: its response has begun, or it is a session.</summary>
    public const int None = int.MaxValue;

    /// <summary>Looks so far.</summary>
    public int Looks { get; private set; }

    /// <summary>Finds the streams whose time is over, and ends them.</summary>
    /// <param name="deadlines">How many looks they have; each gets up to one more.</param>
    /// <param name="overdue">What was found is added here; the caller tells the worker and the stream.</param>
    public void Look(Deadlines deadlines, List<OverdueStream> overdue)
    {
        Looks++;
        for (int i = 0; i < streams.Used; i++)
        {
            ref StreamSlot slot = ref streams.At(i);
            if (slot.IsTaken && slot.Since != None)
            {
                Check(ref slot, streams.IdOf(i), deadlines, overdue);
            }
        }
    }

    // Once for each; what it takes for the client's sake does not count, as with the deadline itself.
    private void Note(ref StreamSlot slot, UpstreamStream stream, ulong id, List<OverdueStream> overdue)
    {
        if (stream.IsAwaitingClient(id))
        {
            slot.Since = Looks;
            return;
        }

        slot.IsNoted = true;
        overdue.Add(new OverdueStream(id, stream, IsStuck: false, IsSlow: true));
    }

    private void Check(ref StreamSlot slot, ulong id, Deadlines deadlines, List<OverdueStream> overdue)
    {
        int age = Looks - slot.Since;
        if (age > deadlines.Slow && !slot.IsNoted && !slot.IsInterrupted && slot.Stream is { } slow)
        {
            Note(ref slot, slow, id, overdue);
            age = Looks - slot.Since;
        }

        if (age <= (slot.IsInterrupted ? deadlines.Return : deadlines.Request))
        {
            return;
        }

        if (slot.IsInterrupted)
        {
            slot.Since = None;
            overdue.Add(new OverdueStream(id, null, IsStuck: true));
            return;
        }

        UpstreamStream? stream = slot.Stream;
        switch (stream?.OnDeadline(id))
        {
            case DeadlineVerdict.Over:
                return;
            case DeadlineVerdict.AwaitsClient:
                slot.Since = Looks;
                return;
            case DeadlineVerdict.TimedOut:
                slot.Stream = null;
                slot.IsCancelled = true;
                new CancelMessage { Reason = (byte)CancelReason.Timeout }.WriteFrame(channel.Output, FrameFlags.None, id);
                channel.FlushSoon();
                break;
        }

        slot.IsInterrupted = true;
        slot.Since = Looks;
        overdue.Add(new OverdueStream(id, stream, IsStuck: false));
    }
}
