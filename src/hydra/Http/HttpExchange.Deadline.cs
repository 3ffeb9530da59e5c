using Hydra.Workers.Links;

namespace Hydra.Http;

/// <summary>A request that takes too long.</summary>
internal sealed partial class HttpExchange
{
    /// <summary>How the request is called in the logs of both sides, once a worker has it.</summary>
    public string RequestName => WorkerLink.NameOf(_link!.Index, _id);

    /// <inheritdoc/>
    public override DeadlineVerdict OnDeadline(ulong id)
    {
        lock (_lock)
        {
            if (_state is not ExchangeState.Sent || _id != id)
            {
                return DeadlineVerdict.Over;
            }

            if (!_isBodyRead && _requestCredit > 0)
            {
                return DeadlineVerdict.AwaitsClient;
            }

            // The head's waiter is told when the link's gate is free.
            _state = ExchangeState.Ended;
            return DeadlineVerdict.TimedOut;
        }
    }

    /// <inheritdoc/>
    public override void OnTimedOut(ulong id) => _head.SetResult(ExchangeOutcome.TimedOut);
}
