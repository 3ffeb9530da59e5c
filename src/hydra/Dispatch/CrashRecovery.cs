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
    // Each time a worker that was going away, or held up by another request, gave it back. That is nobody's fault, and no answer to the
    // client: it goes on like waiting in the queue, but not so fast when it has come so often.
    private const int QuickReturns = 20;
    private static readonly TimeSpan ReturnPause = TimeSpan.FromMilliseconds(20);

    // Workers that may die before they come to the request. It may be that it was begun, and the front had not heard of it yet: so this
    // is bounded as well, or a request that kills workers could do so for ever behind others.
    private const int MostLosses = 3;

    private readonly PoisonMemory _poison = new();

    /// <summary>Whether the request must not be given to any worker. One under suspicion is marked, so that it is alone in its worker.</summary>
    public bool IsConvicted(Exchange exchange) => !_poison.IsEmpty && Judge(exchange, mayTry: true) is Verdict.Convicted;

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
                Verdict verdict = await OnDeathAsync(exchange).ConfigureAwait(false);
                if (verdict is Verdict.Convicted)
                {
                    exchange.Convict();
                    return result;
                }

                // A crash among others is most likely another's doing, and it is alone from now on.
                bool isAnothers = verdict is Verdict.Suspect && exchange.Loss is not StreamLoss.LinkLostAlone;
                deaths += isAnothers || exchange.Loss is StreamLoss.LinkLostBehind ? 0 : 1;
            }
            else
            {
                returns++;
            }

            if (deaths > 1 || losses > MostLosses || !MaySendAgain(exchange))
            {
                return result;
            }

            if (!_poison.IsEmpty && IsConvictedMeanwhile(exchange))
            {
                exchange.Convict();
                return result;
            }

            if (returns > QuickReturns)
            {
                await Task.Delay(ReturnPause).ConfigureAwait(false);
            }

            await exchange.SendAgainAsync(dispatcher).ConfigureAwait(false);
            result = await exchange.ResultAsync().ConfigureAwait(false);
        }

        return result;
    }

    /// <summary>A worker has answered: the request is beyond suspicion, and so are its like.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="dispatcher">Where others like it may wait.</param>
    public void OnAnswered(Exchange exchange, Dispatcher dispatcher)
    {
        if (!_poison.IsEmpty)
        {
            ulong fingerprint = exchange.Fingerprint();
            if (_poison.OnAnswered(fingerprint))
            {
                dispatcher.Clear(fingerprint);
            }
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

    private Verdict Judge(Exchange exchange, bool mayTry)
    {
        ulong fingerprint = exchange.Fingerprint();
        Verdict verdict = _poison.Judge(fingerprint, mayTry);
        exchange.Suspicion = verdict is Verdict.Suspect ? fingerprint : 0;
        return verdict;
    }

    // By another of its kind, while it was away. The one by which a convicted kind is tried goes on.
    private bool IsConvictedMeanwhile(Exchange exchange)
    {
        ulong suspicion = exchange.Suspicion;
        if (Judge(exchange, mayTry: false) is not Verdict.Convicted)
        {
            return false;
        }

        exchange.Suspicion = suspicion;
        return suspicion == 0;
    }

    private async ValueTask<Verdict> OnDeathAsync(Exchange exchange)
    {
        if (exchange.Loss is StreamLoss.LinkLostBehind || exchange.Lost is not { } worker)
        {
            return Verdict.Free;
        }

        var death = new WorkerDeath(worker, exchange.Loss is StreamLoss.LinkLostAlone, exchange.Suspicion != 0, worker.Exit);
        Verdict verdict = await _poison.OnDeathAsync(exchange.Fingerprint(), death).ConfigureAwait(false);
        if (verdict is Verdict.Convicted)
        {
            DispatchLog.Convicted(logger, worker.Index, exchange.Method, exchange.Path);
        }

        return verdict;
    }
}
