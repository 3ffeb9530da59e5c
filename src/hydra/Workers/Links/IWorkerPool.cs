namespace Hydra.Workers.Links;

/// <summary>Where a worker that is ready, or not any more, is announced.</summary>
internal interface IWorkerPool
{
    /// <summary>The worker takes requests.</summary>
    void Add(WorkerHandle worker);

    /// <summary>The worker takes no more requests.</summary>
    void Remove(WorkerHandle worker);
}
