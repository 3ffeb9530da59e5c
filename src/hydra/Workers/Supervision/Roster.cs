using Hydra.Workers.Links;

namespace Hydra.Workers.Supervision;

/// <summary>What the <see cref="Fleet"/> has done for it: the supervisor with real processes, a test without.</summary>
internal interface IFleetActions
{
    /// <summary>Describes a worker; nothing is started yet.</summary>
    Worker Create(int index, WorkerLife life);

    /// <summary>Starts its process. What becomes of it is told to the fleet later, never within this call.</summary>
    void Launch(Worker worker);
}

/// <summary>
/// The workers there are: by index, and those that have not ended. For the supervisor's queue alone, but for <see cref="Alive"/> and
/// <see cref="OwnersOf"/>, which any thread may read. Times are spans since it was made.
/// </summary>
internal sealed class Roster(SupervisorOptions options, IFleetActions actions, TimeProvider time)
{
    private readonly long _origin = time.GetTimestamp();
    private readonly List<WorkerSlot> _slots = [];

    // Swapped as a whole: the handshakes read it.
    private volatile Worker[] _alive = [];

    /// <summary>The indexes that were ever used, in order.</summary>
    public IReadOnlyList<WorkerSlot> Slots => _slots;

    /// <summary>All processes that have not ended.</summary>
    public IReadOnlyList<Worker> Alive => _alive;

    /// <summary>How many workers there are to be.</summary>
    public int Wanted => _slots.Count(static slot => slot.IsWanted);

    /// <summary>The server stops: nothing is started any more.</summary>
    public bool IsStopping { get; set; }

    /// <summary>Time since it was made.</summary>
    public TimeSpan Now => time.GetElapsedTime(_origin);

    /// <summary>The index of a worker, with its other processes.</summary>
    public WorkerSlot SlotOf(Worker worker) => _slots[worker.Index];

    /// <summary>The workers of an index, whose links may come.</summary>
    public IEnumerable<ILinkOwner> OwnersOf(int index) => _alive.Where(worker => worker.Index == index).Select(static worker => worker.Links);

    /// <summary>There is to be one worker more, under the lowest index that is free; its start is due.</summary>
    public void WantOneMore()
    {
        WorkerSlot? slot = _slots.Find(static slot => !slot.IsWanted);
        if (slot is null)
        {
            slot = new WorkerSlot(_slots.Count);
            _slots.Add(slot);
        }

        slot.IsWanted = true;
        slot.StartAt = Now;
    }

    /// <summary>Starts another process for an index.</summary>
    /// <param name="slot">The index.</param>
    /// <param name="generation">Which reload it comes after.</param>
    /// <param name="assign">Takes the worker before its process is started.</param>
    public void Start(WorkerSlot slot, int generation, Action<Worker> assign)
    {
        var life = new WorkerLife { Generation = generation, StartedAt = Now, Limits = WearLimits.Draw(options.Recycle, Random.Shared) };
        Worker worker = actions.Create(slot.Index, life);
        _alive = [.. _alive, worker];
        assign(worker);
        actions.Launch(worker);
    }

    /// <summary>Forgets a process that has ended.</summary>
    public void Remove(Worker worker)
    {
        SlotOf(worker).Remove(worker);
        _alive = Array.FindAll(_alive, other => other != worker);
    }
}
