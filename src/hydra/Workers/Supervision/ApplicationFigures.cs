using System.Globalization;
using Hydra.Diagnostics;
using Hydra.Protocol;
using Hydra.Workers.Links;

namespace Hydra.Workers.Supervision;

/// <summary>
/// What the application counts in its workers: asked for when somebody wants to know, and kept of those that have ended. Any thread.
/// </summary>
internal sealed class ApplicationFigures
{
    // Who collects waits ten seconds, unless told otherwise. Of a worker that takes longer what it has said last is good enough.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly List<Source> _sources = [];
    private readonly MetricMerge _merge = new();
    private long _timeouts;
    private long _partial;
    private long _tooLarge;
    private long _refused;

    /// <summary>A worker is ready.</summary>
    public void Add(Worker worker)
    {
        lock (_lock)
        {
            _sources.Add(new Source(worker, new MetricSource(worker.Index.ToString(CultureInfo.InvariantCulture))));
        }
    }

    /// <summary>It has ended.</summary>
    public void Remove(Worker worker)
    {
        lock (_lock)
        {
            if (_sources.Find(source => source.Worker == worker) is { } ended)
            {
                Absorb(ended);
                _sources.Remove(ended);
                _merge.Keep(ended.Known);
            }
        }
    }

    /// <summary>Asks all workers.</summary>
    /// <param name="limit">How long to wait for them, for who has less time; one that does not answer then has not failed.</param>
    /// <returns>What they have said, and what is known of those that do not answer.</returns>
    public async Task<CollectedFigures> CollectAsync(TimeSpan? limit = null)
    {
        Worker[] workers;
        lock (_lock)
        {
            workers = [.. _sources.Select(static source => source.Worker)];
        }

        bool[] answered = await Task.WhenAll(workers.Select(worker => worker.Links.CollectAsync(limit ?? Limit))).ConfigureAwait(false);
        lock (_lock)
        {
            _timeouts += limit is null ? answered.Count(static one => !one) : 0;
            _sources.ForEach(Absorb);
            IReadOnlyList<MetricFamily> families = _merge.Merge([.. _sources.Select(static source => source.Known)]);
            return new CollectedFigures(
                families, [("timeout", _timeouts), ("error", _partial), ("too_large", _tooLarge), ("invalid", _refused), ("conflict", _merge.Conflicts)]);
        }
    }

    // Under the lock.
    private void Absorb(Source source)
    {
        if (source.Worker.Links.Collected is not { } said || ReferenceEquals(said, source.Seen))
        {
            return;
        }

        source.Seen = said;
        if (said.Outcome is CollectOutcome.TooLarge)
        {
            _tooLarge++;
            return;
        }

        MetricReader read = MetricReader.Read(said.Text.Span);
        _partial += said.Outcome is CollectOutcome.Partial ? 1 : 0;
        _refused += read.Refused;
        source.Known.Update(read.Families, said.Outcome is not CollectOutcome.Whole);
    }

    private sealed class Source(Worker worker, MetricSource known)
    {
        public Worker Worker => worker;

        public MetricSource Known => known;

        public CollectedText? Seen { get; set; }
    }
}

/// <summary>What an application counts, of all its workers.</summary>
/// <param name="Families">Its metrics.</param>
/// <param name="Failures">How often something could not be had, by why.</param>
internal sealed record CollectedFigures(IReadOnlyList<MetricFamily> Families, IReadOnlyList<(string Reason, long Count)> Failures);
