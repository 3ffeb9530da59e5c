using Hydra.Primitives;
using Hydra.Workers.Links;

namespace Hydra.Dispatch;

/// <summary>A stream that can wait in the queue until there is a worker for it: the dispatcher's view of an <see cref="Exchange"/>.</summary>
internal abstract class QueuedStream : UpstreamStream
{
    /// <summary>The event loop of its client; 0 where there is one.</summary>
    public int Loop { get; set; }

    /// <summary>The id of the worker that served its client's connection last (<see cref="WorkerHandle.Id"/>); 0 where there is none.</summary>
    public int LastWorker { get; set; }

    /// <summary>Whether it was sent before: it waits in front of the others, and the bounds of the queue are not for it.</summary>
    public bool IsRetry { get; set; }

    /// <summary>
    /// The fingerprint by which it is suspected of killing workers, so that it is to be alone in one; 0 where it is not. In the queue it
    /// changes under the dispatcher's gate alone.
    /// </summary>
    public ulong Suspicion { get; set; }

    /// <summary>A hash of the key by which it is kept together with others (<see cref="KeyHash.ForPlace"/>); 0 where it has none.</summary>
    public ulong Place { get; set; }

    /// <summary>A hash of the client with which it takes turns (<see cref="KeyHash.ForMemory"/>); 0 where nobody tells clients apart.</summary>
    public ulong Client { get; set; }

    /// <summary>How urgent it is.</summary>
    public RequestPriority Priority { get; set; }

    /// <summary>Bytes that it holds while it waits.</summary>
    public virtual long HeldBytes => RequestFrame.Length;

    /// <summary>Whether somebody still wants it to be sent. Any thread.</summary>
    public abstract bool IsWaiting { get; }

    // The queue's own, under the dispatcher's gate: the neighbours, what was counted for it, and when its waiting began.
    internal QueuedStream? Next { get; set; }

    internal QueuedStream? Previous { get; set; }

    internal bool IsQueued { get; set; }

    internal long QueuedBytes { get; set; }

    internal long QueuedAt { get; set; }

    // Where it is among those of its lane, if the queue has lanes.
    internal LaneTicket? Ticket { get; set; }

    /// <summary>
    /// The request is refused, unless its client has left: from now on it belongs to whoever calls <see cref="OnRefused"/>. Called under
    /// the dispatcher's gate; must not call back.
    /// </summary>
    /// <returns>False when it is over already.</returns>
    public abstract bool TryRefuse(in Refusal refusal);

    /// <summary>Answers a request that <see cref="TryRefuse"/> has claimed. Called under no lock.</summary>
    public abstract void OnRefused();
}
