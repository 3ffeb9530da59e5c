using Microsoft.Extensions.Logging;

namespace Hydra.Workers.Supervision;

/// <summary>Gives workers with event loops as many requests as they are quick with (<see cref="AdaptiveLimit"/>). For the supervisor's queue alone, but for <see cref="Limit"/>.</summary>
/// <param name="roster">The workers.</param>
/// <param name="logger">Told when the limit falls, at most every half a minute.</param>
internal sealed class ConcurrencyCheck(Roster roster, ILogger logger)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan SaidInterval = TimeSpan.FromSeconds(30);

    // Beyond this part of --worker-max-rss there is to be less.
    private const double MostResident = 0.9;

    private readonly AdaptiveLimit _limit = new();
    private readonly Dictionary<Worker, long> _begun = [];
    private TimeSpan? _since;
    private TimeSpan? _saidAt;
    private double _waiting;
    private double _answered;
    private int _looks;

    /// <summary>How many requests a worker may have that it has not begun to answer. Any thread.</summary>
    public int Limit => _limit.Limit;

    /// <summary>How many that are, and how long requests take when nothing holds them up. Any thread.</summary>
    public ConcurrencyFigures Figures => new(_limit.Limit, _limit.Usual);

    /// <summary>Looks at all workers, and moves the limit every half a second.</summary>
    public void Look(TimeSpan now)
    {
        _since ??= now;
        Worker[] serving = [.. roster.Alive.Where(static worker => worker.State.Serves() && !worker.Handle.Window.CountsThreads)];
        int[] waiting = [.. serving.Select(Count)];
        if (serving.Length > 0)
        {
            _looks++;
            _waiting += (double)waiting.Sum() / serving.Length;
        }

        if (now - _since >= Window && _looks > 0)
        {
            Add(serving, (now - _since.Value).TotalSeconds, now);
            _since = now;
            (_waiting, _answered, _looks) = (0, 0, 0);
        }

        for (int i = 0; i < serving.Length; i++)
        {
            // Responses that come are no load that grows while a dependency stands still, and some stay for ever.
            Links.WorkerHandle handle = serving[i].Handle;
            handle.Window.SetLimit(Limit + Math.Max(0, handle.InFlight - waiting[i]));
            handle.Progress?.OnProgress(0);
        }

        foreach (Worker gone in _begun.Keys.Except(roster.Alive).ToArray())
        {
            _begun.Remove(gone);
        }
    }

    private int Count(Worker worker)
    {
        (int waiting, long opened) = worker.Links.ReadLoad();
        long begun = opened - waiting;
        _answered += begun - _begun.GetValueOrDefault(worker);
        _begun[worker] = begun;
        return waiting;
    }

    private void Add(Worker[] serving, double seconds, TimeSpan now)
    {
        int before = Limit;
        TimeSpan lag = serving.Length == 0 ? TimeSpan.Zero : serving.Max(static worker => worker.Links.Probe?.LoopLag ?? TimeSpan.Zero);
        bool isShort = Array.Exists(serving, static worker => worker.Life.Limits?.Resident is { } most && worker.Process?.Resident > most * MostResident);
        _limit.Add(new ConcurrencySample(seconds, _waiting / _looks, _answered / Math.Max(1, serving.Length), lag, isShort));
        if (Limit < before && (_saidAt is null || now - _saidAt >= SaidInterval))
        {
            _saidAt = now;
            SupervisionLog.FewerAtATime(logger, Limit, _limit.Latest.TotalMilliseconds, _limit.Usual.TotalMilliseconds);
        }
    }
}
