namespace Hydra.Workers.Supervision;

/// <summary>
/// What the workers with one number have done in all, also those that have ended: what is counted so never gets less. Any thread. Of the
/// processor time of one that has ended it knows what that had used at the last look.
/// </summary>
internal sealed class WorkerTotals
{
    private readonly Lock _lock = new();
    private readonly HashSet<Worker> _living = [];
    private readonly SortedDictionary<int, WorkerTotal> _ended = [];

    /// <summary>A worker is about to be started.</summary>
    public void Add(Worker worker)
    {
        lock (_lock)
        {
            _living.Add(worker);
        }
    }

    /// <summary>It has ended.</summary>
    public void Remove(Worker worker)
    {
        lock (_lock)
        {
            if (_living.Remove(worker))
            {
                _ended[worker.Index] = _ended.GetValueOrDefault(worker.Index) + new WorkerTotal(worker.Links.Opened, worker.Usage.Cpu);
            }
        }
    }

    /// <summary>The totals now, by number.</summary>
    public IReadOnlyDictionary<int, WorkerTotal> Read()
    {
        lock (_lock)
        {
            var totals = new SortedDictionary<int, WorkerTotal>(_ended);
            foreach (Worker worker in _living)
            {
                totals[worker.Index] = totals.GetValueOrDefault(worker.Index) + new WorkerTotal(worker.Links.Opened, worker.Measure().Cpu);
            }

            return totals;
        }
    }
}

/// <summary>What workers with one number have done.</summary>
/// <param name="Requests">Requests that they were given.</param>
/// <param name="Cpu">Processor time that they have used.</param>
internal readonly record struct WorkerTotal(long Requests, TimeSpan Cpu)
{
    /// <summary>Both together.</summary>
    public static WorkerTotal operator +(WorkerTotal left, WorkerTotal right) => new(left.Requests + right.Requests, left.Cpu + right.Cpu);
}
