using Hydra.Primitives;
using Hydra.Workers.Links;
using Microsoft.Extensions.Logging;

namespace Hydra.Dispatch;

/// <summary>
/// What becomes of a request whose worker has died or has given it back: sent once more, or given up. Requests that kill workers are
/// kept from them for a while (<see cref="PoisonMemory"/>).
/// </summary>
internal sealed class CrashRecovery(RetryMode mode, ILogger logger)
{
    // Each time a worker that was going away, or held up by another request, gave it back. More is a mistake of ours.
    private const int MostReturns = 100;

    // Workers that may die before they come to the request. It may be that it was begun, and the front had not heard of it yet: so this
    // is bounded as well, or a request that kills workers could do so for ever behind others.
    private const int MostLosses = 3;

    private readonly PoisonMemory _poison = new();

    /// <summary>Whether the request must not be given to any worker.</summary>
    public bool IsConvicted(Exchange exchange) => !_poison.IsEmpty && _poison.IsConvicted(exchange.Fingerprint());

    /// <summary>Sends the request again as long as it failed for no fault of its own.</summary>
    /// <param name="exchange">The request; it has just failed.</param>
    /// <param name="dispatcher">Where it is sent again.</param>
    /// <returns>What comes of it; with a failure it is given up.</returns>
    public async ValueTask<ExchangeResult> RecoverAsync(Exchange exchange, Dispatcher dispatcher)
    {
        int deaths = 0;
        int losses = 0;
        int returns = 0;
        var result = ExchangeResult.Failed;
        while (result is ExchangeResult.Failed && exchange.Failure is Failure.WorkerLost or Failure.NotStarted)
        {
            if (exchange.Failure is Failure.WorkerLost)
            {
                losses++;
                deaths += exchange.Loss is StreamLoss.LinkLostBehind ? 0 : 1;
                if (await IsConvictedByAsync(exchange).ConfigureAwait(false))
                {
                    exchange.Convict();
                    return result;
                }
            }
            else
            {
                returns++;
            }

            if (deaths > 1 || losses > MostLosses || returns > MostReturns || !MaySendAgain(exchange))
            {
                return result;
            }

            await exchange.SendAgainAsync(dispatcher).ConfigureAwait(false);
            result = await exchange.ResultAsync().ConfigureAwait(false);
        }

        return result;
    }

    /// <summary>A worker has answered: the request is beyond suspicion.</summary>
    public void OnAnswered(Exchange exchange)
    {
        if (!_poison.IsEmpty)
        {
            _poison.OnAnswered(exchange.Fingerprint());
        }
    }

    // Given back: the application has not seen it. Lost: only what may be done twice (RFC 9110, section 9.2.2).
    private bool MaySendAgain(Exchange exchange)
        => exchange.IsReplayable
            && (exchange.Failure is Failure.NotStarted
                || mode switch
                {
                    RetryMode.Always => true,
                    RetryMode.Never => false,
                    _ => exchange.Method is "GET" or "HEAD" or "OPTIONS" or "PUT" or "DELETE" or "TRACE",
                });

    private async ValueTask<bool> IsConvictedByAsync(Exchange exchange)
    {
        if (exchange.Loss is StreamLoss.LinkLostBehind || exchange.Lost is not { } worker)
        {
            return false;
        }

        var death = new WorkerDeath(worker, exchange.Loss is StreamLoss.LinkLostAlone, worker.Exit);
        if (!await _poison.OnDeathAsync(exchange.Fingerprint(), death).ConfigureAwait(false))
        {
            return false;
        }

        DispatchLog.Convicted(logger, worker.Index, exchange.Method, exchange.Path, PoisonMemory.Refusal.TotalSeconds);
        return true;
    }
}
