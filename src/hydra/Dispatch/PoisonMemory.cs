namespace Hydra.Dispatch;

/// <summary>The end of a worker while it ran a request.</summary>
/// <param name="Worker">Which worker; the same object for all requests that ended with it.</param>
/// <param name="WasAlone">Whether the worker can have run no other request.</param>
/// <param name="Exit">Its exit code, which comes later; on POSIX 128 + the signal's number when a signal ended it.</param>
internal readonly record struct WorkerDeath(object Worker, bool WasAlone, Task<int> Exit);

/// <summary>
/// Remembers requests that were being run when workers died, and convicts those that have killed two, so that they kill no third for a
/// while. Any thread; <c>_gate</c> guards the table. While it is empty, as it is unless workers die, nobody pays for it.
/// </summary>
/// <remarks>
/// A death counts against a request that the worker may have begun, unless a worker answers the same request in between: requests
/// that only happened to be there are answered when they are sent once more, or when the next client asks the same. A worker that was
/// ended by SIGKILL was most likely killed from outside, so that death counts only against a request that was alone with the worker
/// (it may have taken all the memory).
/// </remarks>
internal sealed class PoisonMemory(TimeProvider? time = null)
{
    /// <summary>For how long a convicted request is refused, and for how long a death is remembered.</summary>
    public static readonly TimeSpan Refusal = TimeSpan.FromSeconds(60);

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

    /// <summary>Whether the request is to be refused.</summary>
    public bool IsConvicted(ulong fingerprint)
    {
        lock (_gate)
        {
            long now = _time.GetTimestamp();
            if (!_suspects.TryGetValue(fingerprint, out Suspect? suspect))
            {
                return false;
            }

            if (_time.GetElapsedTime(suspect.LastDeath, now) > Memory)
            {
                Forget(fingerprint);
                return false;
            }

            return suspect.ConvictedAt is { } since && _time.GetElapsedTime(since, now) <= Refusal;
        }
    }

    /// <summary>A worker has answered the request, in whatever way: it kills none.</summary>
    public void OnAnswered(ulong fingerprint)
    {
        lock (_gate)
        {
            Forget(fingerprint);
        }
    }

    /// <summary>A worker has died that may have been running the request.</summary>
    /// <returns>True when the request is convicted by that.</returns>
    public async ValueTask<bool> OnDeathAsync(ulong fingerprint, WorkerDeath death)
    {
        WorkerDeath before;
        lock (_gate)
        {
            Suspect suspect = FindOrAdd(fingerprint);
            if (suspect.Latest is { } latest && latest.Worker != death.Worker)
            {
                suspect.Previous = latest;
            }

            suspect.Latest = death;
            suspect.LastDeath = _time.GetTimestamp();
            if (suspect.Previous is not { } previous)
            {
                return false;
            }

            before = previous;
        }

        if (!await CountsAsync(before).ConfigureAwait(false) || !await CountsAsync(death).ConfigureAwait(false))
        {
            return false;
        }

        lock (_gate)
        {
            if (!_suspects.TryGetValue(fingerprint, out Suspect? suspect))
            {
                // It was answered meanwhile.
                return false;
            }

            suspect.ConvictedAt = _time.GetTimestamp();
            return true;
        }
    }

    private async Task<bool> CountsAsync(WorkerDeath death)
    {
        if (death.WasAlone)
        {
            return true;
        }

        await Task.WhenAny(death.Exit, Task.Delay(ExitTime, _time)).ConfigureAwait(false);
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

    private void Forget(ulong fingerprint)
    {
        _suspects.Remove(fingerprint);
        _isEmpty = _suspects.Count == 0;
    }

    private sealed class Suspect
    {
        public WorkerDeath? Previous { get; set; }

        public WorkerDeath? Latest { get; set; }

        public long LastDeath { get; set; }

        public long? ConvictedAt { get; set; }
    }
}
