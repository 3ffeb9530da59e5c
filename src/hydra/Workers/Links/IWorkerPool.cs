namespace Hydra.Workers.Links;

/// <summary>Where a worker that is ready, or not any more, is announced.</summary>
internal interface IWorkerPool
{
    /// <summary>The worker takes requests.</summary>
    void Add(WorkerHandle worker);

    /// <summary>The worker takes no more requests.</summary>
    void Remove(WorkerHandle worker);

    /// <summary>There is to be no worker of this index any more, until one is added. One that is there finishes what it has.</summary>
    void Dismiss(int index);
}
