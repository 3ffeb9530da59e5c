using Hydra.Workers.Links;

namespace Hydra.Dispatch;

/// <summary>Where what leaves a worker goes to. Any thread.</summary>
internal static class Successor
{
    /// <summary>Of the workers that were started after it the one with the fewest sessions, so that nothing moves twice when all are replaced.</summary>
    /// <param name="left">The one that is left.</param>
    /// <param name="ready">Those that may be taken.</param>
    /// <returns>Null where there is none.</returns>
    public static WorkerHandle? Of(WorkerHandle left, WorkerHandle[] ready)
    {
        WorkerHandle? found = null;
        foreach (WorkerHandle worker in ready)
        {
            found = worker.Id > left.Id && (found is null || worker.Sessions < found.Sessions) ? worker : found;
        }

        return found;
    }

    /// <summary>Sends it something that waits, and is in no queue.</summary>
    /// <returns>False when it has no room now; null when it does not serve any more.</returns>
    public static bool? TrySend(QueuedStream exchange, WorkerHandle worker)
    {
        if (!worker.IsReady || !worker.Window.HasRoom)
        {
            return worker.IsReady ? false : null;
        }

        if (!worker.Window.TryEnter())
        {
            return false;
        }

        if (worker.LinkFor(exchange.Loop).TryOpen(exchange))
        {
            return true;
        }

        worker.Window.Withdraw();
        return null;
    }
}
