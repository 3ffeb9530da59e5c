using Hydra.Protocol;

namespace Hydra.Http;

/// <content>How much the worker takes.</content>
#pragma warning disable CA1001 // RunAsync() leaves nothing behind.
internal sealed partial class SessionInput
#pragma warning restore CA1001
{
    private readonly Lock _lock = new();

    // Who reads goes on in the thread pool: the link's gate is not to be met inside a callback of the link.
    private readonly CreditSignal _granted = new() { RunContinuationsAsynchronously = true };

    // What is left of the window: 0 when all of it is, less when some is used. Under _lock.
    private long _balance;
    private bool _isLost;
    private volatile bool _isStopped;
    private volatile bool _isWaiting;

    /// <summary>Whether the client is not read because the application takes nothing.</summary>
    public bool IsWaiting => _isWaiting;

    /// <summary>The application has taken as much.</summary>
    /// <returns>False when that is more than it can have had.</returns>
    public bool Grant(uint credit)
    {
        lock (_lock)
        {
            _balance += credit;
            if (_balance > 0)
            {
                return false;
            }
        }

        _granted.Set();
        return true;
    }

    /// <summary>The application takes no more: what still comes is read and dropped.</summary>
    public void Stop()
    {
        _isStopped = true;
        _granted.Stop();
    }

    /// <summary>The client is gone: nobody waits for the application to take what it has sent, beyond what there is credit for.</summary>
    public void Lose()
    {
        lock (_lock)
        {
            _isLost = true;
        }

        _granted.Set();
    }

    // Credit for so many bytes, or for some of them. False, and less than 0, where there is none.
    private bool TryTakeCredit(int wanted, out int size)
    {
        lock (_lock)
        {
            long left = window + _balance - ProtocolLimits.DataCost;
            size = (int)Math.Min(wanted, left);
            bool isUsedUp = left < 0 || (left == 0 && wanted > 0);
            _isStopped |= _isLost && isUsedUp;
            if (_isStopped)
            {
                size = wanted;
                return true;
            }

            if (isUsedUp)
            {
                size = -1;
                _granted.Clear();
                return false;
            }

            _balance -= size + ProtocolLimits.DataCost;
            return true;
        }
    }

    private async ValueTask<int> TakeCreditAsync(int wanted)
    {
        int size;
        while (!TryTakeCredit(wanted, out size))
        {
            _isWaiting = true;
            await _granted.WaitAsync().ConfigureAwait(false);
            _isWaiting = false;
        }

        return size;
    }

    // A piece without bytes, within a message, is not sent.
    private void GiveCreditBack()
    {
        lock (_lock)
        {
            if (!_isStopped)
            {
                _balance += ProtocolLimits.DataCost;
            }
        }
    }
}
