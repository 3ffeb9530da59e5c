using Hydra.Workers.Links;

namespace Hydra.Dispatch;

/// <summary>
/// The keys of one worker's index: who serves them at present, and what waits for that one. The worker may change, by a reload or after a crash;
/// the keys stay. Any thread may read who it is; the rest under the dispatcher's gate.
/// </summary>
internal sealed class AffinitySlot
{
    private volatile WorkerHandle? _worker;

    // Since when nobody is there, as far as it was noticed; 0 while somebody is.
    private long _awaySince;

    /// <summary>An index that has no worker yet.</summary>
    /// <param name="index">The index, from 0.</param>
    public AffinitySlot(int index)
    {
        Index = index;
        Lane = new RequestLane(this);
    }

    /// <summary>The index, from 0.</summary>
    public int Index { get; }

    /// <summary>The process that serves the keys: the youngest of the index; null where none is ready.</summary>
    public WorkerHandle? Worker
    {
        get => _worker;
        set => _worker = value;
    }

    /// <summary>Requests that wait for this worker.</summary>
    public RequestLane Lane { get; }

    /// <summary>Whether the worker owes an answer for too long.</summary>
    public bool IsSilent => _worker is { IsSilent: true };

    /// <summary>Whether a request could be sent to the worker now, and would be begun soon.</summary>
    public bool HasRoom => !IsSilent && HasRoomAtAll;

    /// <summary>Whether a request could be sent to the worker now.</summary>
    public bool HasRoomAtAll => _worker is { IsReady: true, Window.HasRoom: true };

    /// <summary>Whether the worker is there, or has not been away for longer than it is waited for. Any thread.</summary>
    /// <param name="time">The clock, which is asked only where nobody is there.</param>
    /// <param name="wait">For how long it is waited.</param>
    public bool IsThere(TimeProvider time, TimeSpan wait)
    {
        if (_worker is { IsReady: true })
        {
            if (Volatile.Read(ref _awaySince) != 0)
            {
                Volatile.Write(ref _awaySince, 0);
            }

            return true;
        }

        long now = time.GetTimestamp();
        long since = Interlocked.CompareExchange(ref _awaySince, now, 0);
        return time.GetElapsedTime(since == 0 ? now : since, now) < wait;
    }

    /// <summary>Enters the window of the worker.</summary>
    /// <returns>Null when it has no room, or would not begin soon.</returns>
    public WorkerHandle? Enter() => IsSilent ? null : EnterAtAll();

    /// <summary>Enters the window of the worker, also where that is silent.</summary>
    /// <returns>Null when it has no room.</returns>
    public WorkerHandle? EnterAtAll() => _worker is { IsReady: true } worker && worker.Window.TryEnter() ? worker : null;
}
