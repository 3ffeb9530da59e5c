namespace Hydra.Workers.Supervision;

/// <summary>What the number of workers is decided by.</summary>
internal sealed record ScaleOptions
{
    /// <summary>The fewest workers.</summary>
    public required int Minimum { get; init; }

    /// <summary>The most workers; scaling is on when they are more than <see cref="Minimum"/>.</summary>
    public required int Maximum { get; init; }

    /// <summary>Requests that wait longer than this call for another worker.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>A worker goes when none was missed for this long.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether the number of workers changes by itself.</summary>
    public bool IsUsed => Maximum > Minimum;
}

/// <summary>How things stand at one moment.</summary>
/// <param name="Now">When.</param>
/// <param name="Workers">Workers that are wanted.</param>
/// <param name="IsStarting">Whether one of them is not ready yet.</param>
/// <param name="Delay">How long a request waits, in the queue or for the event loop of the least busy worker.</param>
/// <param name="InFlight">Requests that workers have.</param>
/// <param name="Capacity">Requests that one worker can run at a time; 0 where there is no bound.</param>
internal readonly record struct ScaleSample(TimeSpan Now, int Workers, bool IsStarting, TimeSpan Delay, int InFlight, int Capacity);

/// <summary>What is to be done.</summary>
internal enum ScaleDecision
{
    /// <summary>The number stays.</summary>
    None,

    /// <summary>One worker more.</summary>
    Grow,

    /// <summary>One worker less.</summary>
    Shrink,
}

/// <summary>
/// Decides how many workers there are to be. One more when requests have waited too long at every look for <see cref="GrowTime"/>; one
/// less when none has waited, and one worker less would have been enough, for as long as <see cref="ScaleOptions.Idle"/> says. A
/// worker that is missed soon after it went doubles that time. For the supervisor's queue alone.
/// </summary>
internal sealed class ScalePolicy(ScaleOptions options)
{
    /// <summary>How long requests must wait too long.</summary>
    public static readonly TimeSpan GrowTime = TimeSpan.FromSeconds(0.5);

    /// <summary>How long nothing is decided after a new worker is ready: what waited for it must first be worked off.</summary>
    public static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongestIdle = TimeSpan.FromMinutes(10);

    // The share of what fewer workers can run at a time that may be in use.
    private const double Fullness = 0.8;

    private TimeSpan _idle = options.Idle;
    private TimeSpan _quietSince;
    private TimeSpan? _busySince;
    private TimeSpan? _settledAt;
    private TimeSpan? _shrankAt;

    /// <summary>How long no worker may be missed before one goes.</summary>
    public TimeSpan Idle => _idle;

    /// <summary>Takes a look; to be called several times within <see cref="GrowTime"/>.</summary>
    public ScaleDecision Decide(in ScaleSample sample)
    {
        if (sample.IsStarting)
        {
            _settledAt = sample.Now + Settling;
        }

        if (sample.Delay < options.Delay)
        {
            _busySince = null;
        }
        else
        {
            _busySince ??= sample.Now;
        }

        if (IsMissed(sample))
        {
            _quietSince = sample.Now;
        }

        if (sample.Now < _settledAt)
        {
            _busySince = null;
            return ScaleDecision.None;
        }

        return MayGrow(sample) ? Grow(sample.Now)
            : sample.Workers > options.Minimum && sample.Now - _quietSince >= _idle ? Shrink(sample.Now)
            : ScaleDecision.None;
    }

    // A tenth of what would call for one more: between the two nothing changes.
    private bool IsMissed(in ScaleSample sample)
        => sample.Delay * 10 >= options.Delay
            || (sample.Capacity > 0 && sample.InFlight > (sample.Workers - 1) * sample.Capacity * Fullness);

    private bool MayGrow(in ScaleSample sample)
        => sample.Workers < options.Maximum && _busySince is { } since && sample.Now - since >= GrowTime;

    private ScaleDecision Grow(TimeSpan now)
    {
        if (_shrankAt is { } shrank)
        {
            bool wasTooSoon = now - shrank < _idle;
            TimeSpan longer = _idle * 2 < LongestIdle ? _idle * 2 : LongestIdle;
            _idle = wasTooSoon && longer > _idle ? longer : options.Idle;
            _shrankAt = null;
        }

        _busySince = null;
        _quietSince = now;
        return ScaleDecision.Grow;
    }

    private ScaleDecision Shrink(TimeSpan now)
    {
        _shrankAt = now;
        _quietSince = now;
        return ScaleDecision.Shrink;
    }
}
