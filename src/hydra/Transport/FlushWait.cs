using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Hydra.Transport;

/// <summary>
/// A writer's wait for the kernel, which may be cancelled. Held by the connection's <see cref="LoopOutput"/>, which calls everything under its
/// lock but <see cref="Complete"/> and what the writer asks of <see cref="Source"/>.
/// </summary>
internal struct FlushWait
{
    /// <summary>What the writer awaits.</summary>
    public ManualResetValueTaskSourceCore<FlushResult> Source;

    private bool _cancelAsked;
    private CancellationToken _token;
    private CancellationTokenRegistration _registration;

    /// <summary>Whether the writer waits.</summary>
    public bool IsWaiting { get; private set; }

    /// <summary>Whether the writer's token asks for the end of the wait.</summary>
    public readonly bool IsCancelled => _token.IsCancellationRequested;

    /// <summary>Whether the wait, or the flush that comes next, is to end without a reason of its own.</summary>
    public readonly bool IsCancelAsked => _cancelAsked;

    /// <summary>Asks for that.</summary>
    /// <returns>Whether somebody waits.</returns>
    public bool AskCancel()
    {
        _cancelAsked = true;
        return IsWaiting;
    }

    /// <summary>Whether that was asked for; it then is no more.</summary>
    public bool TakeCancel()
    {
        bool asked = _cancelAsked;
        _cancelAsked = false;
        return asked;
    }

    /// <summary>The writer waits from now on.</summary>
    /// <param name="runInline">Whether it goes on inside <see cref="Complete"/>.</param>
    /// <returns>The version of the wait.</returns>
    public short Begin(bool runInline)
    {
        IsWaiting = true;
        Source.Reset();
        Source.RunContinuationsAsynchronously = !runInline;
        return Source.Version;
    }

    /// <summary>Keeps the token of a wait and its registration, which the end of the wait undoes.</summary>
    /// <returns>False when the wait is over: then the registration remains the caller's.</returns>
    public bool TryKeep(short version, CancellationTokenRegistration registration, CancellationToken token)
    {
        if (!IsWaiting || Source.Version != version)
        {
            return false;
        }

        _token = token;
        _registration = registration;
        return true;
    }

    /// <summary>The wait is over; <see cref="Complete"/> must follow.</summary>
    /// <returns>The token of the wait.</returns>
    public CancellationToken End()
    {
        CancellationToken token = _token;
        IsWaiting = false;
        _registration.Unregister();
        _registration = default;
        _token = default;
        return token;
    }

    /// <summary>Lets the writer go on; its code may run inside.</summary>
    /// <param name="result">What it gets.</param>
    /// <param name="cancelled">The token, if that is why.</param>
    public void Complete(FlushResult result, CancellationToken cancelled)
    {
        if (cancelled.IsCancellationRequested)
        {
            Source.SetException(new OperationCanceledException(cancelled));
        }
        else
        {
            Source.SetResult(result);
        }
    }
}
