using Hydra.Primitives;
using Hydra.Protocol;
using Hydra.Workers.Links;

namespace Hydra.Http;

/// <summary>What all connections that outlive their workers share: memory, counts, and the place for those that seem to kill workers. Any thread.</summary>
/// <param name="memory">Bytes that all of it may take; 0: no connection outlives its worker.</param>
#pragma warning disable CA1001 // It lives as long as the server.
internal sealed class ResumeDesk(long memory)
#pragma warning restore CA1001
{
    // As with requests: a worker that goes away has given it back.
    private const int QuickReturns = 20;
    private static readonly TimeSpan ReturnPause = TimeSpan.FromMilliseconds(20);

    private static readonly int Reasons = Enum.GetValues<ResumeReason>().Length;

    // Milliseconds that a worker may take to have room which is to get those of another one.
    private const int MostFollowing = 1000;

    // Those that are to have a certain worker wait for it one after the other; and one that had no room for them for long: others go elsewhere at once.
    private readonly SemaphoreSlim _following = new(1);
    private WorkerHandle? _crowded;

    private readonly long[] _resumed = new long[Reasons];
    private long _failed;
    private long _lapsed;
    private int _differs;
    private volatile Resumption? _onTrial;

    /// <summary>Whether there is any.</summary>
    public bool IsOn => memory > 0;

    /// <summary>What is saved, and what is kept until it is acknowledged.</summary>
    public MemoryBudget Memory { get; } = new(memory);

    /// <summary>Bytes that are kept for one session before its client is not read any more, but for a message that has begun.</summary>
    public long MostKept { get; init; } = 1024 * 1024;

    /// <summary>How long an application that has had all of that may take to acknowledge some.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an application that is to leave a connection may take to say its last word.</summary>
    public TimeSpan Parting { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long after it was resumed a connection may be what a worker has died of, whatever it does.</summary>
    public TimeSpan Probation { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long one may wait for its turn to be tried.</summary>
    public TimeSpan TrialWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Those that may be what their workers die of go on one at a time, so that it can be told.</summary>
    public SemaphoreSlim Trials { get; } = new(1);

    /// <summary>The one that goes on alone at present.</summary>
    public Resumption? OnTrial => _onTrial;

    /// <summary>Has a connection go to a certain worker, also where that has no room for all of them at once; one after the other.</summary>
    /// <param name="next">The worker.</param>
    /// <param name="trySend">Sends it there: false where there is no room now, null where it is not to be sent there any more.</param>
    /// <returns>Whether it was sent.</returns>
    public async ValueTask<bool> FollowAsync(WorkerHandle next, Func<bool?> trySend)
    {
        bool? isSent = null;
        await _following.WaitAsync().ConfigureAwait(false);
        try
        {
            long until = Environment.TickCount64 + MostFollowing;
            while (_crowded != next && (isSent = trySend()) == false && Environment.TickCount64 < until)
            {
                await Task.Delay(1).ConfigureAwait(false);
            }

            if (isSent == false)
            {
                // The others need not wait as long for it to find the same.
                _crowded = next;
            }
        }
        finally
        {
            _following.Release();
        }

        return isSent == true;
    }

    /// <summary>Waits before one that was given back is sent again, once that has happened often.</summary>
    public static Task PauseAsync(int returns) => returns > QuickReturns ? Task.Delay(ReturnPause) : Task.CompletedTask;

    /// <summary>One goes on alone.</summary>
    public void BeginTrial(Resumption tried) => _onTrial = tried;

    /// <summary>Nothing is held against it any more, or it is over.</summary>
    public void EndTrial(Resumption tried) => Interlocked.CompareExchange(ref _onTrial, null, tried);

    /// <summary>Connections that could not go on.</summary>
    public long Failed => Volatile.Read(ref _failed);

    /// <summary>How often an application has acknowledged too little, so that its connection could not go on any more.</summary>
    public long Lapsed => Volatile.Read(ref _lapsed);

    /// <summary>How often connections went on in another worker.</summary>
    public long ReadResumed(ResumeReason reason) => Volatile.Read(ref _resumed[(int)reason]);

    /// <summary>A connection has gone on.</summary>
    public void OnResumed(ResumeReason reason) => Interlocked.Increment(ref _resumed[(int)reason]);

    /// <summary>A connection could not go on.</summary>
    public void OnFailed() => Interlocked.Increment(ref _failed);

    /// <summary>A connection cannot go on any more, and serves on.</summary>
    /// <returns>Whether it is the first.</returns>
    public bool OnLapsed() => Interlocked.Increment(ref _lapsed) == 1;

    /// <summary>An application has accepted a session again with something else than before, which its client does not hear of.</summary>
    /// <returns>Whether it is the first.</returns>
    public bool OnDiffers() => Interlocked.Exchange(ref _differs, 1) == 0;
}
