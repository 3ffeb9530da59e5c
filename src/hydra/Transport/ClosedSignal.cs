namespace Hydra.Transport;

/// <summary>
/// The token of a connection that tells of its end. Most connections end before anybody has asked for it, and then it costs nothing. Held
/// by its connection. Any thread, without a lock.
/// </summary>
internal struct ClosedSignal
{
    // Takes the place of the source in what has ended: whoever asks for the token then gets one that is cancelled.
    private static readonly CancellationTokenSource Ended = MakeEnded();

    private CancellationTokenSource? _source;

    // A token that the owner has put in its place, boxed: nearly nobody does.
    private object? _override;

    /// <summary>Is cancelled when the connection has ended. Setting it puts another in its place, which the end then does not cancel.</summary>
    public CancellationToken Token
    {
        get => Volatile.Read(ref _override) is CancellationToken token ? token : (Volatile.Read(ref _source) ?? MakeSource()).Token;
        set => Volatile.Write(ref _override, value);
    }

    /// <summary>The connection has ended.</summary>
    /// <returns>What is to be cancelled, if somebody has asked for the token; null the next time.</returns>
    public CancellationTokenSource? End()
    {
        CancellationTokenSource? source = Interlocked.Exchange(ref _source, Ended);
        return source == Ended ? null : source;
    }

    private CancellationTokenSource MakeSource()
    {
        var source = new CancellationTokenSource();
        return Interlocked.CompareExchange(ref _source, source, null) ?? source;
    }

    private static CancellationTokenSource MakeEnded()
    {
        var source = new CancellationTokenSource();
        source.Cancel();
        return source;
    }
}
