using Hydra.Workers.Links;

namespace Hydra.Dispatch;

/// <summary>
/// Which worker a request goes to: the least busy that has room, and among equally busy ones the worker that served its connection last.
/// That one is also taken where it is somewhat busier, as long as the request would not have to wait in it: applications keep sessions in
/// memory, and a client's connection would leave its worker in no other server. Any thread.
/// </summary>
internal sealed class WorkerChoice
{
    // So many requests more than the least busy worker, and twice its own, may the last one have: beyond it connections move.
    private const int Slack = 8;

    // Where the search for the least busy begins, so that equally busy workers take turns.
    private uint _turn;

    /// <summary>Finds a worker and enters its window.</summary>
    /// <param name="ready">The workers that may be taken.</param>
    /// <param name="last">The id of the worker that served the connection last; 0 for none.</param>
    /// <returns>Null when none has room.</returns>
    public WorkerHandle? Enter(WorkerHandle[] ready, int last)
    {
        while (true)
        {
            WorkerHandle? best = null;
            WorkerHandle? familiar = null;
            int load = int.MaxValue;
            uint start = ready.Length > 1 ? ++_turn : 0;
            for (uint i = 0; i < (uint)ready.Length; i++)
            {
                WorkerHandle worker = ready[(start + i) % (uint)ready.Length];
                int itsLoad = worker.Load;
                if (worker.IsReady && worker.Window.HasRoom)
                {
                    familiar = worker.Id == last ? worker : familiar;
                    if (itsLoad < load)
                    {
                        best = worker;
                        load = itsLoad;
                    }
                }
            }

            if (familiar is not null && familiar != best && Stays(familiar, load))
            {
                best = familiar;
            }

            // Another thread may have been faster.
            if (best is null || best.Window.TryEnter())
            {
                return best;
            }
        }
    }

    private static bool Stays(WorkerHandle familiar, int least)
    {
        int load = familiar.Load;
        return load <= least || (load - least <= least + Slack && familiar.Window.TakesAtOnce);
    }
}
