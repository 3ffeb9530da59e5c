using System.Threading.Tasks.Sources;

namespace Hydra.Http;

/// <summary>
/// Lets one waiter wait for credit. Any thread may set, clear or stop; one at a time may wait. The lock guards the flags.
/// </summary>
internal sealed class CreditSignal : IValueTaskSource<bool>
{
    private readonly Lock _lock = new();
    private ManualResetValueTaskSourceCore<bool> _source;
    private bool _isSet;
    private bool _isStopped;
    private bool _isAwaited;

    /// <summary>Whether the waiter goes on in the thread pool rather than inside the call that wakes it.</summary>
    public bool RunContinuationsAsynchronously
    {
        set => _source.RunContinuationsAsynchronously = value;
    }

    /// <summary>Makes ready for the next request.</summary>
    public void Reset()
    {
        lock (_lock)
        {
            _isSet = false;
            _isStopped = false;
        }
    }

    /// <summary>There is credit.</summary>
    public void Set()
    {
        lock (_lock)
        {
            _isSet = true;
        }

        Wake(true);
    }

    /// <summary>The credit is used up.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _isSet = false;
        }
    }

    /// <summary>Nobody needs to wait any more.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            _isStopped = true;
        }

        Wake(false);
    }

    /// <summary>Waits for credit.</summary>
    /// <returns>False after <see cref="Stop"/>.</returns>
    public ValueTask<bool> WaitAsync()
    {
        lock (_lock)
        {
            if (_isStopped || _isSet)
            {
                return ValueTask.FromResult(!_isStopped);
            }

            _source.Reset();
            _isAwaited = true;
            return new ValueTask<bool>(this, _source.Version);
        }
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _source.OnCompleted(continuation, state, token, flags);

    private void Wake(bool result)
    {
        lock (_lock)
        {
            if (!_isAwaited)
            {
                return;
            }

            _isAwaited = false;
        }

        _source.SetResult(result);
    }
}
