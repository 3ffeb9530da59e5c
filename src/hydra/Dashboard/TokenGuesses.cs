namespace Hydra.Dashboard;

/// <summary>Counts wrong tokens by who has sent them, so that nobody can try many. Any thread.</summary>
/// <param name="time">The clock.</param>
internal sealed class TokenGuesses(TimeProvider time)
{
    /// <summary>So many a minute are compared.</summary>
    public const int Most = 10;

    /// <summary>The minute.</summary>
    public static readonly TimeSpan Span = TimeSpan.FromMinutes(1);

    // Who has more addresses than this makes the table forget the oldest: a token that was made has 128 bits, and one that was chosen 16 characters.
    private const int MostPeers = 4096;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (long Since, int Count)> _wrong = new(StringComparer.Ordinal);

    /// <summary>How long somebody has to wait until a token of his is compared again; zero where it is now.</summary>
    /// <param name="peer">Who.</param>
    public TimeSpan Wait(string peer)
    {
        lock (_lock)
        {
            return _wrong.TryGetValue(peer, out (long Since, int Count) known) && known.Count >= Most && Span - time.GetElapsedTime(known.Since) is { Ticks: > 0 } rest
                ? rest
                : TimeSpan.Zero;
        }
    }

    /// <summary>A token was wrong.</summary>
    /// <param name="peer">Whose.</param>
    /// <returns>Whether it was the one after which he has to wait.</returns>
    public bool Add(string peer)
    {
        lock (_lock)
        {
            bool isKnown = _wrong.TryGetValue(peer, out (long Since, int Count) known) && time.GetElapsedTime(known.Since) < Span;
            if (!isKnown && _wrong.Count >= MostPeers)
            {
                _wrong.Remove(_wrong.MinBy(static one => one.Value.Since).Key);
            }

            int count = isKnown ? known.Count + 1 : 1;
            _wrong[peer] = (isKnown ? known.Since : time.GetTimestamp(), count);
            return count == Most;
        }
    }
}
