namespace Hydra.Workers.Supervision;

/// <summary>How many workers have ended, and why. The supervisor's queue counts; any thread may read.</summary>
internal sealed class FleetHistory
{
    /// <summary>A worker that served has ended, and nobody had asked for it.</summary>
    public const string Died = "died";

    /// <summary>A worker has ended before it was ready.</summary>
    public const string StartFailed = "start_failed";

    /// <summary>What they may have ended of.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. RetireRules.All.Where(static rule => rule.Reason is not RetireReason.LinkLost).Select(static rule => NameOf(rule.Reason)), Died, StartFailed];

    private volatile IReadOnlyDictionary<string, long> _ends = new Dictionary<string, long>(StringComparer.Ordinal);

    /// <summary>A worker has ended.</summary>
    /// <param name="reason">Why it was to go; null where that was not decided.</param>
    /// <param name="wasReady">Whether it was ever ready.</param>
    public void OnEnded(RetireReason? reason, bool wasReady)
    {
        // What has lost its link has most often died a moment before it.
        string name = reason is { } known and not RetireReason.LinkLost ? NameOf(known) : wasReady ? Died : StartFailed;
        var ends = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach ((string other, long count) in _ends)
        {
            ends[other] = count;
        }

        ends[name] = ends.GetValueOrDefault(name) + 1;
        _ends = ends;
    }

    /// <summary>The counts, by name: as of now, and not changed any more.</summary>
    public IReadOnlyDictionary<string, long> Read() => _ends;

    /// <summary>What a reason is called: max_requests.</summary>
    public static string NameOf(RetireReason reason)
        => string.Concat(reason.ToString().Select(static (c, i) => char.IsAsciiLetterUpper(c) ? (i > 0 ? "_" : "") + char.ToLowerInvariant(c) : c.ToString()));
}
