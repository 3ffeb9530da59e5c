using System.Runtime.CompilerServices;

namespace Hydra.Workers.Links;

/// <summary>A place in a <see cref="StreamTable"/>.</summary>
internal struct StreamSlot
{
    /// <summary>The stream that has it; null when it is free, and when the front has cancelled the stream.</summary>
    public UpstreamStream? Stream;

    /// <summary>Grows whenever a stream ends, so that a late frame of it matches nothing.</summary>
    public uint Generation;

    /// <summary>The next of the free places, or -1.</summary>
    public int NextFree;

    /// <summary>The looks that there had been when the present deadline began to run, or <see cref="StreamDeadlines.None"/>.</summary>
    public int Since;

    /// <summary>The front has cancelled the stream, and the worker has not said yet that it is through with it.</summary>
    public bool IsCancelled;

    /// <summary>The worker was told to stop it.</summary>
    public bool IsInterrupted;

    /// <summary>It has taken longer than what is worth a word, and that was said.</summary>
    public bool IsNoted;

    /// <summary>It stays for long, and counts apart from requests.</summary>
    public bool IsSession;

    /// <summary>The number of its request among those that were sent on this link, from 1.</summary>
    public long Sequence;

    /// <summary>The id of its stream.</summary>
    /// <param name="index">Which place it is.</param>
    public readonly ulong IdAt(int index) => ((ulong)Generation << 32) | (uint)index;

    /// <summary>Whether the worker has something to do for it.</summary>
    public readonly bool IsTaken => Stream is not null || IsCancelled;
}

/// <summary>
/// The streams of a link, by place and generation, and their ends counted in the worker's window. All calls under the gate of the link's
/// channel.
/// </summary>
internal sealed class StreamTable(WorkerHandle worker)
{
    private StreamSlot[] _slots = new StreamSlot[64];
    private int _firstFree = -1;

    /// <summary>Places that were ever used: those from 0 on.</summary>
    public int Used { get; private set; }

    /// <summary>Places that are taken now. Any thread may read it, for an estimate.</summary>
    public int Taken { get; private set; }

    /// <summary>A place.</summary>
    public ref StreamSlot At(int index) => ref _slots[index];

    /// <summary>The id of the stream that has a place.</summary>
    public ulong IdOf(int index) => _slots[index].IdAt(index);

    /// <summary>The place of a stream that has not ended, or -1.</summary>
    public int IndexOf(ulong id)
    {
        uint index = (uint)id;
        return index < (uint)Used && _slots[index].Generation == (uint)(id >> 32) ? (int)index : -1;
    }

    /// <summary>The place of a stream that is open: it has not ended, and the front has not cancelled it; else -1.</summary>
    public int IndexOfOpen(ulong id)
    {
        int index = IndexOf(id);
        return index >= 0 && _slots[index].Stream is not null ? index : -1;
    }

    /// <summary>Gives out a place. Its owner sets what is in it.</summary>
    public int Take()
    {
        Taken++;
        if (_firstFree >= 0)
        {
            int index = _firstFree;
            _firstFree = _slots[index].NextFree;
            return index;
        }

        if (Used == _slots.Length)
        {
            Array.Resize(ref _slots, _slots.Length * 2);
        }

        // From 1, so that no stream has the id 0, which stands for the link itself.
        _slots[Used].Generation = 1;
        return Used++;
    }

    /// <summary>Takes a place back: its stream was never sent.</summary>
    public void Free(int index) => Free(ref _slots[index], index);

    /// <summary>Takes a place back: its stream has ended.</summary>
    /// <returns>Whether it was a request, not a session.</returns>
    public bool Remove(int index)
    {
        ref StreamSlot slot = ref _slots[index];
        bool wasRequest = !slot.IsSession;
        Free(ref slot, index);
        if (wasRequest)
        {
            worker.Window.Leave();
        }
        else
        {
            worker.Window.LeaveSession();
        }

        return wasRequest;
    }

    /// <summary>An open stream is a session from now on: it has no deadline, and is no load.</summary>
    /// <returns>False when it is one already.</returns>
    public bool TryMakeSession(int index)
    {
        ref StreamSlot slot = ref _slots[index];
        if (slot.IsSession)
        {
            return false;
        }

        slot.IsSession = true;
        slot.Since = StreamDeadlines.None;
        worker.Window.BecomeSession();
        return true;
    }

    /// <summary>Requests whose response has not begun.</summary>
    public int CountWaiting()
    {
        int count = 0;
        for (int i = 0; i < Used; i++)
        {
            count += _slots[i].IsTaken && !_slots[i].IsSession && _slots[i].Since != StreamDeadlines.None ? 1 : 0;
        }

        return count;
    }

    /// <summary>Requests that the worker may still finish: not those whose time was over.</summary>
    public int CountToFinish()
    {
        int count = 0;
        for (int i = 0; i < Used; i++)
        {
            count += _slots[i] is { IsTaken: true, IsInterrupted: false, IsSession: false } ? 1 : 0;
        }

        return count;
    }

    /// <summary>The streams that are open.</summary>
    public List<LostStream> ReadOpen()
    {
        List<LostStream> open = [];
        for (int i = 0; i < Used; i++)
        {
            if (_slots[i].Stream is { } stream)
            {
                open.Add(new LostStream(_slots[i].Sequence, stream, IdOf(i)));
            }
        }

        return open;
    }

    /// <summary>What there is to say of a stream.</summary>
    public ActiveStream Describe(int index, int link, StreamNotes notes, long now)
    {
        ref StreamSlot slot = ref _slots[index];
        (TimeSpan age, string method, string path) = notes.Of(index, now);
        StreamPhase phase = slot.IsCancelled ? StreamPhase.Cancelled : slot.IsSession ? StreamPhase.Session
            : slot.Since == StreamDeadlines.None ? StreamPhase.Responding : StreamPhase.Waiting;
        return new ActiveStream(link, slot.IdAt(index), age, method, path, phase);
    }

    /// <summary>Ends all streams, and gives those that the worker had in the order in which they were sent.</summary>
    public List<LostStream> RemoveAll()
    {
        List<LostStream> lost = [];
        for (int i = 0; i < Used; i++)
        {
            if (_slots[i].IsTaken)
            {
                lost.Add(new LostStream(_slots[i].Sequence, _slots[i].Stream, IdOf(i)));
                Remove(i);
            }
        }

        lost.Sort(static (a, b) => a.Sequence.CompareTo(b.Sequence));
        return lost;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Free(ref StreamSlot slot, int index)
    {
        Taken--;
        slot.Stream = null;
        slot.IsCancelled = false;
        slot.IsInterrupted = false;
        slot.IsNoted = false;
        slot.IsSession = false;
        slot.Generation++;
        slot.NextFree = _firstFree;
        _firstFree = index;
    }
}

/// <summary>A stream that a worker has, or had when its link closed.</summary>
/// <param name="Sequence">The number of its request among those that were sent on the link.</param>
/// <param name="Stream">The stream; null where the front had cancelled it.</param>
/// <param name="Id">Its id.</param>
internal readonly record struct LostStream(long Sequence, UpstreamStream? Stream, ulong Id);
