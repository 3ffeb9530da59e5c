namespace Hydra.Workers.Supervision;

/// <summary>All workers at one moment.</summary>
/// <param name="Wanted">How many there are to be.</param>
/// <param name="Fewest">How many there may be at least.</param>
/// <param name="Most">How many there may be at most.</param>
/// <param name="Generation">Which reload new ones come after: 0 before the first.</param>
/// <param name="IsReloading">Whether a reload is under way.</param>
/// <param name="Ends">How many have ended, by why: a <see cref="RetireReason"/>, or what <see cref="FleetHistory"/> has beside them.</param>
/// <param name="Workers">The processes, and the indexes whose next process waits for its time; by index.</param>
internal sealed record FleetSnapshot(
    int Wanted, int Fewest, int Most, int Generation, bool IsReloading, IReadOnlyDictionary<string, long> Ends, IReadOnlyList<WorkerSnapshot> Workers);

/// <summary>One worker at one moment.</summary>
/// <param name="Index">Its number.</param>
/// <param name="Worker">Its process; null where the next start waits for its time.</param>
/// <param name="Age">Since its start.</param>
/// <param name="ServedFor">Since it was ready; null before that.</param>
/// <param name="Reason">Why it goes, once that is decided.</param>
/// <param name="StartsIn">When the next start is due, where there is no process.</param>
internal sealed record WorkerSnapshot(int Index, Worker? Worker, TimeSpan Age, TimeSpan? ServedFor, RetireReason? Reason, TimeSpan? StartsIn);
