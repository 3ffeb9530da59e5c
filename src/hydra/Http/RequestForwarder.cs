using System.Globalization;
using Hydra.Dispatch;
using Hydra.Protocol;

namespace Hydra.Http;

/// <summary>The end of the pipeline: forwards each request to a worker of its pool and writes what comes back.</summary>
/// <param name="pools">Which pool a request is for.</param>
/// <param name="bodies">Memory for bodies, and their bounds where no application has others.</param>
/// <param name="sessions">Runs what requests for WebSockets become.</param>
internal sealed class RequestForwarder(PoolSelector pools, BodyResources bodies, WebSocketSession sessions)
{
    private volatile bool _endsConnections;
    private int _connectionsEnded;

    /// <summary>Responses that have asked their client to close the connection since <see cref="EndConnections"/>.</summary>
    public int ConnectionsEnded => Volatile.Read(ref _connectionsEnded);

    /// <summary>The path below which a proxy in front shows all applications; empty where there is none.</summary>
    public string OuterPath => pools.OuterPath;

    /// <summary>What all requests share for their bodies.</summary>
    public BodyResources Bodies => bodies;

    /// <summary>The server stops, or wants no requests: responses that begin from now on end their connection. Or it wants some again.</summary>
    public void EndConnections(bool end) => _endsConnections = end;

    /// <summary>Whether responses end their connections.</summary>
    public bool IsEnding => _endsConnections;

    /// <summary>Whether a response that is about to begin ends its connection.</summary>
    public bool EndsConnection()
    {
        if (_endsConnections)
        {
            Interlocked.Increment(ref _connectionsEnded);
        }

        return _endsConnections;
    }

    /// <summary>Handles one request.</summary>
    public Task InvokeAsync(RequestContext context)
        => pools.Select(context) is { } route ? ForwardAsync(context, route) : FrontAnswer.RefuseAsync(context, Failure.NotMounted);

    private static bool IsBodyUnread(RequestContext context, HttpExchange exchange)
        => !exchange.Body.IsRead && FrontAnswer.HasBody(context);

    // One state machine for what nearly all requests do; each further one costs an allocation and a resumption of its own. Whatever else
    // may come of a request has a method of its own.
    private async Task ForwardAsync(RequestContext context, PoolRoute route)
    {
        RequestPool pool = route.Pool;
        HttpExchange exchange = ExchangeFor(context, route.Bodies);
        context.IsForwarded = true;
        context.Pool = pool.Number;
        context.Connection.OnRequestBegins();
        try
        {
            if (!TrySend(context, route, exchange, out Failure failure))
            {
                await BeginOtherwiseAsync(context, pool, exchange, failure).ConfigureAwait(false);
            }

            if (exchange.IsSubmitted)
            {
                ExchangeResult result = await exchange.ResultAsync().ConfigureAwait(false);
                if (exchange.Hinted is { } hinted)
                {
                    await hinted.ConfigureAwait(false);
                }

                if (result is ExchangeResult.Complete && !exchange.SendsBody)
                {
                    OnAnswered(pool, exchange);
                }
                else
                {
                    await GoOnAsync(context, pool, exchange, result).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            if (!exchange.Body.IsRead && IsBodyUnread(context, exchange) && !context.Http.RequestAborted.IsCancellationRequested)
            {
                // Kestrel reads on for five seconds, and aborts then: the client may still be sending, and has not seen the answer.
                context.Connection.AbortInOrder();
            }

            context.Connection.OnRequestEnds();
            exchange.Release();
        }
    }

    private static void OnAnswered(RequestPool pool, HttpExchange exchange)
    {
        pool.Recovery.OnAnswered(exchange, pool.Dispatcher);
        exchange.OnAnswered();
    }

    // Sends a request that is complete; false where there is more to do than that.
    private static bool TrySend(RequestContext context, PoolRoute route, HttpExchange exchange, out Failure failure)
    {
        RequestPool pool = route.Pool;
        HttpRequest request = context.Http.Request;
        OfferedUpgrade.PassOver(context, exchange);
        RequestRank rank = route.Ranks?.Read(context) ?? default;
        (exchange.Priority, exchange.Client) = (rank.Priority, rank.Client);
        failure = exchange is WebSocketExchange && CheckSession(request, pool) is not Failure.None and var fault ? fault
            : RequestMethod.IsConnect(request.Method) && exchange is not WebSocketExchange ? Failure.NotImplemented
            : exchange.Begin(context, route.Describe(context), pool.Dispatcher, route.Affinity?.Read(context));
        if (failure is not Failure.None || exchange.Body.WantsReadAhead || pool.Recovery.IsConvicted(exchange))
        {
            return false;
        }

        exchange.Send(pool.Dispatcher);
        return true;
    }

    // As long as no worker has said what it serves, the request waits for one.
    private static Failure CheckSession(HttpRequest request, RequestPool pool)
        => pool.Dispatcher.Features is { } features && (features & InterfaceFeatures.WebSockets) == 0
            ? Failure.NotImplemented
            : WebSocketHandshake.Check(request);

    private HttpExchange ExchangeFor(RequestContext context, BodyResources own)
        => WebSocketHandshake.IsAskedFor(context.Http.Request) ? context.Exchange = new WebSocketExchange(this, own, sessions)
            : context.Exchange is { HasMoved: false } kept and not WebSocketExchange && kept.Resources == own ? kept
            : context.Exchange = new HttpExchange(this, own);

    // Sends the request or answers it.
    private async ValueTask BeginOtherwiseAsync(RequestContext context, RequestPool pool, HttpExchange exchange, Failure failure)
    {
        if (failure is Failure.None && exchange.Body.WantsReadAhead)
        {
            failure = await exchange.ReadAheadAsync().ConfigureAwait(false);
        }

        if (failure is Failure.None && pool.Recovery.IsConvicted(exchange))
        {
            failure = Failure.Convicted;
        }

        if (failure is Failure.None)
        {
            exchange.Send(pool.Dispatcher);
        }
        else
        {
            context.Failure = failure;
            LogFault(context, failure.Rule());
            await AnswerAsync(context, failure.Rule(), retryAfter: 1, exchange).ConfigureAwait(false);
        }
    }

    // What is wrong with a body is known where it was looked at. Heads come no further than Kestrel, and are logged there.
    private void LogFault(RequestContext context, FailureRule rule)
    {
        if (context.Connection.FaultText is { } reason)
        {
            bodies.Faults.Add(context.Facts.Client, reason, rule.Status);
        }
    }

    private async ValueTask GoOnAsync(RequestContext context, RequestPool pool, HttpExchange exchange, ExchangeResult result)
    {
        try
        {
            if (result is ExchangeResult.Failed)
            {
                result = await pool.Recovery.RecoverAsync(exchange, pool.Dispatcher).ConfigureAwait(false);
            }

            if (result is not ExchangeResult.Failed || exchange.Failure is Failure.ApplicationError or Failure.BadResponse)
            {
                OnAnswered(pool, exchange);
            }

            exchange.KeepNoBody();
            if (result is ExchangeResult.Accepted)
            {
                await sessions.RunAsync(context, (WebSocketExchange)exchange).ConfigureAwait(false);
            }
            else if (result is ExchangeResult.Streaming)
            {
                await ResponseStreamer.RunAsync(context, exchange, bodies.Logger).ConfigureAwait(false);
            }
            else if (result is ExchangeResult.Failed)
            {
                await AnswerFailureAsync(context, pool, exchange).ConfigureAwait(false);
            }
        }
        finally
        {
            await exchange.StopBodyAsync().ConfigureAwait(false);
        }
    }

    private async Task AnswerFailureAsync(RequestContext context, RequestPool pool, HttpExchange exchange)
    {
        FailureRule rule = exchange.Failure.Rule();
        context.Failure = rule.Failure;
        LogFault(context, rule);
        if (rule.Level is not LogLevel.None && bodies.Logger.IsEnabled(rule.Level))
        {
            string what = rule.Failure is Failure.TimedOut
                ? string.Create(CultureInfo.InvariantCulture,
                    $"{rule.Text} within {pool.RequestTimeout.TotalSeconds:0.#} s (request {exchange.RequestName})")
                : exchange.Detail is { } detail ? $"{rule.Text}: {detail}" : rule.Text;
            what = context.Named(what);
            HttpLog.Failed(bodies.Logger, rule.Level, exchange.WorkerIndex, exchange.Method, exchange.Path, what, rule.Status);
        }

        await AnswerAsync(context, rule, exchange.RetryAfter, exchange).ConfigureAwait(false);
    }

    // As the table of failures says, unless somebody has a better answer.
    private static async Task AnswerAsync(RequestContext context, FailureRule rule, int retryAfter, HttpExchange exchange)
    {
        if (context.Connection.EndsWithAnswer())
        {
            ConnectionClose.Ask(context.Http);
        }

        if (context.IsGated && !rule.Aborts)
        {
            try
            {
                foreach (ResponseGate gate in context.Gates)
                {
                    if (await gate.ReplaceAsync(context, rule.Failure).ConfigureAwait(false))
                    {
                        return;
                    }
                }
            }
            catch (ResponseFailedException e)
            {
                context.Failure = e.Failure;
                context.Connection.AbortInOrder();
                context.Http.Abort();
                return;
            }
        }

        context.OwnBytes = await ErrorResponse.WriteAsync(context.Http, rule, retryAfter, IsBodyUnread(context, exchange)).ConfigureAwait(false);
    }
}
