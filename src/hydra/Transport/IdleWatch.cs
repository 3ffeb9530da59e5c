namespace Hydra.Transport;

/// <summary>
/// Tells that nothing happens on a connection, without a clock: the <see cref="Hibernator"/> looks at regular times, and counts the looks
/// between which there was no event. Held by its connection; only the loop's thread may change it.
/// </summary>
internal struct IdleWatch
{
    /// <summary>As often a connection is found without an event before it may sleep.</summary>
    public const int LooksUntilSleep = 2;

    private byte _quietLooks;
    private volatile bool _isFallingAsleep;

    /// <summary>Whether the connection was found idle, and ends for Kestrel without ending for its client. Any thread.</summary>
    public readonly bool IsFallingAsleep => _isFallingAsleep;

    /// <summary>Something has happened.</summary>
    public void OnEvent() => _quietLooks = 0;

    /// <summary>The connection falls asleep.</summary>
    public void FallAsleep() => _isFallingAsleep = true;

    /// <summary>Looks whether nothing has happened for so many looks; then they are counted anew.</summary>
    public bool Look()
    {
        if (++_quietLooks < LooksUntilSleep)
        {
            return false;
        }

        _quietLooks = 0;
        return true;
    }
}
