using Hydra.Workers.Links;

namespace Hydra.Dispatch;

/// <summary>
/// Where requests wait that may have killed a worker: they are sent one at a time, each to a worker that has nothing else and gets nothing
/// else meanwhile. So a further death names the one that it is of, and costs no other request. All calls under the dispatcher's gate.
/// </summary>
/// <remarks>
/// One worker at a time is kept for them, and not the last one where there are several: a suspect waits for the next to be ready. What
/// takes its time is not waited for without end (<see cref="Patience"/>, <see cref="ShortPatience"/>).
/// </remarks>
internal sealed class SuspectLane(RequestQueue queue, TimeProvider time)
{
    /// <summary>How long a worker may take to finish what it has, and how long a suspect has it for itself.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>For how long the only worker that is left of several is spared.</summary>
    public static readonly TimeSpan ShortPatience = TimeSpan.FromSeconds(15);

    private WorkerHandle? _kept;
    private ulong _running;
    private long _since;
    private int _mostReady;
    private long _shortSince;
    private volatile bool _isActive;

    /// <summary>Whether a suspect waits, or a worker is kept for one. Any thread.</summary>
    public bool IsActive => _isActive;

    /// <summary>The suspects that wait.</summary>
    public RequestQueue Queue => queue;

    /// <summary>The worker that is kept for suspects at present, or null.</summary>
    public WorkerHandle? Kept => _kept;

    /// <summary>Adds a suspect.</summary>
    /// <returns>False when that would be too many.</returns>
    public bool TryAdd(QueuedStream suspect, long queuedAt)
    {
        bool isAdded = queue.TryAdd(suspect, queuedAt);
        _isActive |= isAdded;
        return isAdded;
    }

    /// <summary>A worker has got ready.</summary>
    public void OnReady(WorkerHandle[] ready) => _mostReady = Math.Max(_mostReady, ready.Count(static worker => worker.IsReady));

    /// <summary>A worker takes no more requests.</summary>
    public void Forget(WorkerHandle worker)
    {
        if (_kept == worker)
        {
            LetGo();
        }
    }

    /// <summary>A worker has answered such a request: those that wait are like any others, and the one that runs need not be alone.</summary>
    /// <param name="kind">Its fingerprint.</param>
    /// <param name="others">Where they wait from now on, in front.</param>
    public void Clear(ulong kind, RequestQueue others)
    {
        QueuedStream? next = queue.First;
        while (next is { } suspect)
        {
            next = suspect.Next;
            if (suspect.Suspicion == kind)
            {
                Move(suspect, others);
            }
        }

        if (_running == kind)
        {
            LetGo();
        }

        Settle();
    }

    /// <summary>Sends the next one where that is possible now.</summary>
    /// <param name="ready">The workers that take requests.</param>
    /// <param name="others">Where a suspect waits for which no worker gets free.</param>
    /// <param name="send">Sends a request to a worker whose window it has entered.</param>
    public void Advance(WorkerHandle[] ready, RequestQueue others, Func<QueuedStream, WorkerHandle, bool> send)
    {
        while (true)
        {
            if (_kept is { IsReady: false })
            {
                LetGo();
            }

            if (_kept is { } busy && busy.InFlight + busy.Sessions > 0)
            {
                if (time.GetElapsedTime(_since) < Patience)
                {
                    return;
                }

                if (_running == 0 && queue.First is { } suspect)
                {
                    // What the worker has takes too long, a stream perhaps: better beside it than never.
                    Move(suspect, others);
                }

                LetGo();
            }

            _running = 0;
            if (queue.First is null || !TryKeep(ready))
            {
                break;
            }

            if (_kept!.Window.TryEnterKept())
            {
                QueuedStream suspect = queue.First;
                _running = suspect.Suspicion;
                _since = time.GetTimestamp();
                if (!send(suspect, _kept))
                {
                    LetGo();
                }
            }
        }

        if (queue.First is null)
        {
            LetGo();
        }

        Settle();
    }

    private bool TryKeep(WorkerHandle[] ready)
    {
        if (_kept is not null)
        {
            return true;
        }

        WorkerHandle[] usable = Array.FindAll(ready, static worker => worker.IsReady);
        if (usable.Length == 0 || (usable.Length == 1 && SparesTheLast()))
        {
            return false;
        }

        _shortSince = 0;
        _kept = usable.MinBy(static worker => worker.IsSilent ? int.MaxValue : worker.InFlight + worker.Sessions)!;
        _kept.Window.Keep();
        _since = time.GetTimestamp();
        return true;
    }

    private bool SparesTheLast()
    {
        if (_mostReady <= 1)
        {
            return false;
        }

        long now = time.GetTimestamp();
        _shortSince = _shortSince == 0 ? now : _shortSince;
        if (time.GetElapsedTime(_shortSince, now) < ShortPatience)
        {
            return true;
        }

        // There are fewer by now: until another one comes it is not waited for again.
        _mostReady = 1;
        return false;
    }

    private void LetGo()
    {
        _kept?.Window.Open();
        _kept = null;
        _running = 0;
    }

    private void Move(QueuedStream suspect, RequestQueue others)
    {
        long queuedAt = suspect.QueuedAt;
        queue.Remove(suspect);
        suspect.Suspicion = 0;

        // It has been admitted before, as those that are sent again have.
        suspect.IsRetry = true;
        others.TryAdd(suspect, queuedAt);
    }

    private void Settle() => _isActive = _kept is not null || queue.First is not null;
}
