using Hydra.Dispatch;
using Hydra.Primitives;
using Hydra.Workers.Links;
using Microsoft.Extensions.Logging;

namespace Hydra.Http;

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
    public bool IsConvicted(HttpExchange exchange) => !_poison.IsEmpty && _poison.IsConvicted(exchange.Fingerprint());

    /// <summary>Goes on until the request is answered or must be given up.</summary>
    /// <param name="method">The request's method.</param>
    /// <param name="exchange">The request.</param>
    /// <param name="outcome">What came of it first; no answer.</param>
    /// <param name="dispatcher">Where it is sent again.</param>
    public async ValueTask<ExchangeOutcome> RecoverAsync(string method, HttpExchange exchange, ExchangeOutcome outcome, Dispatcher dispatcher)
    {
        int deaths = 0;
        int losses = 0;
        int returns = 0;
        while (outcome is ExchangeOutcome.LinkLost or ExchangeOutcome.NotStarted)
        {
            if (outcome is ExchangeOutcome.LinkLost)
            {
                losses++;
                deaths += exchange.Loss is StreamLoss.LinkLostBehind ? 0 : 1;
                if (await IsConvictedByAsync(method, exchange).ConfigureAwait(false))
                {
                    return ExchangeOutcome.Poisonous;
                }
            }
            else
            {
                returns++;
            }

            if (deaths > 1 || losses > MostLosses || returns > MostReturns || !MaySendAgain(method, exchange, outcome))
            {
                return outcome;
            }

            await exchange.SubmitAgainAsync(dispatcher).ConfigureAwait(false);
            outcome = await exchange.HeadAsync().ConfigureAwait(false);
        }

        return outcome;
    }

    /// <summary>A worker has answered: the request is beyond suspicion.</summary>
    public void OnAnswered(HttpExchange exchange)
    {
        if (!_poison.IsEmpty)
        {
            _poison.OnAnswered(exchange.Fingerprint());
        }
    }

    // Given back: the application has not seen it. Lost: only what may be done twice (RFC 9110, section 9.2.2).
    private bool MaySendAgain(string method, HttpExchange exchange, ExchangeOutcome outcome)
        => exchange.IsReplayable
            && (outcome is ExchangeOutcome.NotStarted
                || mode switch
                {
                    RetryMode.Always => true,
                    RetryMode.Never => false,
                    _ => method is "GET" or "HEAD" or "OPTIONS" or "PUT" or "DELETE" or "TRACE",
                });

    private async ValueTask<bool> IsConvictedByAsync(string method, HttpExchange exchange)
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

        HttpLog.Convicted(logger, worker.Index, method, exchange.Path, PoisonMemory.Refusal.TotalSeconds);
        return true;
    }
}
