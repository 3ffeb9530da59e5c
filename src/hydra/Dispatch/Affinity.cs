using Hydra.Workers.Links;

namespace Hydra.Dispatch;

/// <summary>
/// Sends requests with the same key to the same worker (<see cref="AffinityPlace"/>), as long as it is there; and knows which worker has served a key last
/// (<see cref="KeyMemory"/>). Any thread may enter; workers come and go under the dispatcher's gate.
/// </summary>
/// <param name="wait">For how long a request waits for its worker before it goes to the next.</param>
/// <param name="time">The clock.</param>
/// <param name="keys">Who has served a key last; of all pools that have an application in common.</param>
internal sealed class Affinity(TimeSpan wait, TimeProvider time, KeyMemory keys)
{
    private long _served;
    private long _moved;

    // Swapped as a whole.
    private volatile AffinitySlot[] _slots = [];

    /// <summary>Requests with a key that were sent to workers.</summary>
    public long Served => Volatile.Read(ref _served);

    /// <summary>Those whose worker was told that the key has moved.</summary>
    public long Moved => Volatile.Read(ref _moved);

    /// <summary>For how long a request waits for its worker before it goes to the next.</summary>
    public TimeSpan Wait => wait;

    /// <summary>The indexes that have keys.</summary>
    public IReadOnlyList<AffinitySlot> Slots => _slots;

    /// <summary>A request with a key is about to be sent to a worker; as <see cref="KeyMemory.Serve"/>.</summary>
    public uint Serve(ulong key, WorkerHandle worker)
    {
        uint token = keys.Serve(key, worker.Id);
        Interlocked.Increment(ref _served);
        if (token != 0)
        {
            Interlocked.Increment(ref _moved);
        }

        return token;
    }

    /// <summary>The worker has answered a request that told it; as <see cref="KeyMemory.Confirm"/>.</summary>
    public void Confirm(ulong key, uint token) => keys.Confirm(key, token);

    /// <summary>A worker is ready: from now on it has the keys of its index, also where an older process of that is not gone yet.</summary>
    public void Add(WorkerHandle worker)
    {
        AffinitySlot? slot = Array.Find(_slots, slot => slot.Index == worker.Index);
        if (slot is null)
        {
            slot = new AffinitySlot(worker.Index);
            _slots = [.. _slots, slot];
        }

        slot.Worker = slot.Worker is { IsReady: true } present && present.Id > worker.Id ? present : worker;
    }

    /// <summary>A worker takes no more requests. Its keys wait for the next process of its index.</summary>
    public void Remove(WorkerHandle worker)
    {
        if (Array.Find(_slots, slot => slot.Worker == worker) is { } slot)
        {
            slot.Worker = null;
        }
    }

    /// <summary>There is to be no worker of this index any more: its keys go to the others at once.</summary>
    public void Dismiss(int index) => _slots = Array.FindAll(_slots, slot => slot.Index != index);

    /// <summary>The index that a key is for, of those whose worker is there; null where none is.</summary>
    public AffinitySlot? SlotOf(ulong key)
    {
        AffinitySlot? best = null;
        ulong weight = 0;
        foreach (AffinitySlot slot in _slots)
        {
            ulong its = AffinityPlace.Weight(key, slot.Index);
            if ((best is null || its > weight) && slot.IsThere(time, wait))
            {
                (best, weight) = (slot, its);
            }
        }

        return best;
    }

    /// <summary>Enters the window of the worker that a key is for; where nobody waits for his own, of the first in the order of weights that has room.</summary>
    /// <returns>Null when it has no room.</returns>
    public WorkerHandle? Enter(ulong key) => wait > TimeSpan.Zero ? SlotOf(key)?.Enter() : EnterNext(key);

    /// <summary>Enters the window of the first worker in the order of weights that has room; of one that does not answer only where no other has.</summary>
    /// <returns>Null when none has.</returns>
    public WorkerHandle? EnterNext(ulong key)
    {
        while (true)
        {
            AffinitySlot? best = null;
            ulong weight = 0;
            foreach (AffinitySlot slot in _slots)
            {
                ulong its = AffinityPlace.Weight(key, slot.Index);
                if (slot.HasRoomAtAll && (best is null || best.IsSilent.CompareTo(slot.IsSilent) is var order && (order > 0 || (order == 0 && its > weight))))
                {
                    (best, weight) = (slot, its);
                }
            }

            // Another thread may have been faster.
            WorkerHandle? entered = best?.EnterAtAll();
            if (best is null || entered is not null)
            {
                return entered;
            }
        }
    }
}
