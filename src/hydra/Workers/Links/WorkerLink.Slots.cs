namespace Hydra.Workers.Links;

/// <content>The table of streams, under the channel's gate.</content>
internal sealed partial class WorkerLink
{
    // The stream table, under the gate. A slot's generation grows whenever its stream ends, so a late frame matches nothing.
    private Slot[] _slots = new Slot[64];
    private int _slotsUsed;
    private int _firstFree = -1;

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
