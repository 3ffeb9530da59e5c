namespace Hydra.Dispatch;

/// <summary>The end of a worker while it ran a request.</summary>
/// <param name="Worker">Which worker; the same object for all requests that ended with it.</param>
/// <param name="WasAlone">Whether the worker can have run no other request.</param>
/// <param name="WasKept">Whether the worker was kept for this request, because it was under suspicion.</param>
/// <param name="Exit">Its exit code, which comes later; on POSIX 128 + the signal's number when a signal ended it.</param>
internal readonly record struct WorkerDeath(object Worker, bool WasAlone, bool WasKept, Task<int> Exit);

/// <summary>What is held against a request.</summary>
internal enum Verdict
{
    /// <summary>Nothing.</summary>
    Free,

    /// <summary>A worker died that ran it, perhaps beside others: it is to be alone in the next one.</summary>
    Suspect,

    /// <summary>It is refused.</summary>
    Convicted,
}

/// <summary>
/// Remembers requests that were being run when workers died: they are suspects, to be sent one at a time and alone; and convicts those
/// that kill a worker in which they were alone. Any thread; <c>_gate</c> guards the table. While it is empty, as it is unless workers die,
/// nobody pays for it.
/// </summary>
/// <remarks>
/// A death among others shows nothing but that one of them may be at fault, so it never convicts. Any answer clears a suspect. A worker
/// that was ended by SIGKILL was most likely killed from outside, so that counts only against a request that was alone with the worker
/// (it may have taken all the memory). A convicted request is let through now and then, alone, so that it can clear itself: after a second
/// first, after each further death twice as long, at most <see cref="LongestPause"/>.
/// </remarks>
internal sealed class PoisonMemory(TimeProvider? time = null)
{
    /// <summary>After how long a convicted request is let through for the first time.</summary>
    public static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);

    /// <summary>After how long it is let through at the latest.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(10);

    // A worker that closed its link and does not end in this time: how it ends is not known.
    private static readonly TimeSpan ExitTime = TimeSpan.FromSeconds(2);

    private const int Capacity = 1024;
    private const int KilledFromOutside = 128 + 9;

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, Suspect> _suspects = [];
    private volatile bool _isEmpty = true;

    /// <summary>Whether no request is under suspicion: then no fingerprint has to be taken.</summary>
    public bool IsEmpty => _isEmpty;

    /// <summary>What is to be done with a request.</summary>
    /// <param name="fingerprint">Which one.</param>
    /// <param name="mayTry">Whether it may be the one by which a convicted kind is tried once more: then it is a suspect.</param>
    public Verdict Judge(ulong fingerprint, bool mayTry = true)
    {
        lock (_gate)
        {
            long now = _time.GetTimestamp();
            if (!_suspects.TryGetValue(fingerprint, out Suspect? suspect))
            {
                return Verdict.Free;
            }

            if (_time.GetElapsedTime(suspect.LastDeath, now) > Memory)
            {
                Forget(fingerprint);
                return Verdict.Free;
            }

            if (suspect.IsConvicted && !(mayTry && _time.GetElapsedTime(suspect.TriedAt, now) >= suspect.Pause))
            {
                return Verdict.Convicted;
            }

            suspect.TriedAt = now;
            return Verdict.Suspect;
        }
    }

    /// <summary>A worker has answered the request, in whatever way: it kills none.</summary>
    /// <returns>Whether it was under suspicion.</returns>
    public bool OnAnswered(ulong fingerprint)
    {
        lock (_gate)
        {
            return Forget(fingerprint);
        }
    }

    /// <summary>A worker has died that may have been running the request.</summary>
    /// <returns>What is held against the request by that.</returns>
    public async ValueTask<Verdict> OnDeathAsync(ulong fingerprint, WorkerDeath death)
    {
        if (!await CountsAsync(death).ConfigureAwait(false))
        {
            return Verdict.Free;
        }

        lock (_gate)
        {
            Suspect suspect = FindOrAdd(fingerprint);
            bool isFirst = suspect.Worker is null || suspect.Worker == death.Worker;
            suspect.Worker = death.Worker;
            long now = suspect.LastDeath = _time.GetTimestamp();
            if (isFirst || !death.WasAlone || !death.WasKept)
            {
                return Verdict.Suspect;
            }

            TimeSpan pause = suspect.IsConvicted ? suspect.Pause * 2 : ShortestPause;
            suspect.Pause = pause < LongestPause ? pause : LongestPause;
            suspect.IsConvicted = true;
            suspect.TriedAt = now;
            return Verdict.Convicted;
        }
    }

    private async ValueTask<bool> CountsAsync(WorkerDeath death)
    {
        if (death.WasAlone)
        {
            return true;
        }

        if (!death.Exit.IsCompleted)
        {
            await Task.WhenAny(death.Exit, Task.Delay(ExitTime, _time)).ConfigureAwait(false);
        }

        return death.Exit.IsCompletedSuccessfully && death.Exit.Result != KilledFromOutside;
    }

    private Suspect FindOrAdd(ulong fingerprint)
    {
        if (_suspects.TryGetValue(fingerprint, out Suspect? known) && _time.GetElapsedTime(known.LastDeath) <= Memory)
        {
            return known;
        }

        if (_suspects.Count >= Capacity)
        {
            _suspects.Remove(_suspects.MinBy(pair => pair.Value.LastDeath).Key);
        }

        _isEmpty = false;
        return _suspects[fingerprint] = new Suspect();
    }

    private bool Forget(ulong fingerprint)
    {
        bool wasKnown = _suspects.Remove(fingerprint);
        _isEmpty = _suspects.Count == 0;
        return wasKnown;
    }

    private sealed class Suspect
    {
        // Whose end was the latest.
        public object? Worker { get; set; }

        public long LastDeath { get; set; }

        public bool IsConvicted { get; set; }

        // When it was convicted, or let through after that; and how long nothing of it is let through from then on.
        public long TriedAt { get; set; }

        public TimeSpan Pause { get; set; }
    }
}
