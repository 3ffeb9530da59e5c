using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using Hydra.Diagnostics;
using Hydra.Dispatch;
using Hydra.Protocol;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Hydra.Http;

/// <summary>The end of the pipeline: forwards each request to a worker and writes what comes back.</summary>
internal sealed class RequestForwarder(
    Dispatcher dispatcher, ForwarderOptions options, Spool? spool, AccessLog? accessLog, ILogger<RequestForwarder> logger,
    RequestMetrics? metrics = null)
{
    // Written to the client at once: keeps what a slow one has not taken in the exchange's pipe, whose memory is counted.
    private const int FlushSize = 256 * 1024;

    private readonly bool _isTimed = accessLog is not null || metrics is not null;
    private volatile bool _endsConnections;
    private int _connectionsEnded;

    private readonly CrashRecovery _recovery = new(options.Retry, logger);

    /// <summary>Responses that have asked their client to close the connection since <see cref="EndConnections"/>.</summary>
    public int ConnectionsEnded => Volatile.Read(ref _connectionsEnded);

    /// <summary>Windows and bounds.</summary>
    public ForwarderOptions Options => options;

    /// <summary>What all requests' bodies may have in memory.</summary>
    public MemoryBudget RequestMemory { get; } = new(options.BufferMemory);

    /// <summary>What all responses' bodies may have in memory, beyond the window that each has in any case.</summary>
    public MemoryBudget ResponseMemory { get; } = new(options.BufferMemory);

    /// <summary>Where larger bodies go before a worker gets their request; null when they stream.</summary>
    public Spool? Spool => spool;

    /// <summary>For what exchanges have to say.</summary>
    public ILogger Logger => logger;

    /// <summary>Whether a body is to be read before a worker gets its request.</summary>
    /// <param name="length">Its length; null when it is chunked.</param>
    /// <param name="expects">The client waits for 100 Continue.</param>
    /// <param name="arrived">As much of it has arrived with the head.</param>
    public bool ReadsAhead(long? length, bool expects, long arrived)
        => spool is not null || (!expects && (length is null ? arrived < options.BufferBody : length <= options.BufferBody));

    /// <summary>The server stops: responses that begin from now on end their connection.</summary>
    public void EndConnections() => _endsConnections = true;

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
    /// <remarks>
    /// One state machine for what nearly all requests do; each further one costs an allocation and a resumption of its own. Whatever
    /// else may come of a request has a method of its own.
    /// </remarks>
    public async Task InvokeAsync(HttpContext context)
    {
        long started = _isTimed ? Stopwatch.GetTimestamp() : 0;
        var connection = (ClientConnection)context.Features[typeof(ClientConnection)]!;
        HttpExchange exchange = connection.Rent(this);
        try
        {
            if (!Begin(context, exchange, out RequestFrameError error))
            {
                await BeginOtherwiseAsync(context, exchange, error).ConfigureAwait(false);
            }

            if (exchange.IsSubmitted)
            {
                ExchangeOutcome outcome = await exchange.HeadAsync().ConfigureAwait(false);
                if (outcome is ExchangeOutcome.Complete && !exchange.SendsBody)
                {
                    _recovery.OnAnswered(exchange);
                }
                else
                {
                    await GoOnAsync(context, exchange, outcome).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            if (_isTimed)
            {
                Record(context, connection, exchange, Stopwatch.GetElapsedTime(started));
            }

            connection.Head.Restart(exchange.BodyLength(context.Request));
            exchange.Release();
            connection.Return(exchange);
        }
    }

    private static bool IsWebSocketUpgrade(HttpRequest request)
        => request.Headers.Upgrade.Count > 0
            && request.Headers.Upgrade.ToString().Contains("websocket", StringComparison.OrdinalIgnoreCase);

    // Submits a request that is complete; false where there is more to do than that.
    private bool Begin(HttpContext context, HttpExchange exchange, out RequestFrameError error)
    {
        error = IsWebSocketUpgrade(context.Request) || HttpMethods.IsConnect(context.Request.Method)
            ? RequestFrameError.NotImplemented
            : exchange.Begin(context);
        if (error is not RequestFrameError.None || exchange.WantsReadAhead || _recovery.IsConvicted(exchange))
        {
            return false;
        }

        exchange.Submit(dispatcher);
        return true;
    }

    // Submits the request or answers it.
    private async ValueTask BeginOtherwiseAsync(HttpContext context, HttpExchange exchange, RequestFrameError error)
    {
        if (error is RequestFrameError.None && exchange.WantsReadAhead)
        {
            error = await exchange.ReadAheadAsync().ConfigureAwait(false);
        }

        if (error is not RequestFrameError.None)
        {
            await RefuseAsync(context, error).ConfigureAwait(false);
        }
        else if (_recovery.IsConvicted(exchange))
        {
            await RespondAsync(context, exchange, ExchangeOutcome.Poisonous).ConfigureAwait(false);
        }
        else
        {
            exchange.Submit(dispatcher);
        }
    }

    private async ValueTask GoOnAsync(HttpContext context, HttpExchange exchange, ExchangeOutcome outcome)
    {
        try
        {
            if (outcome is ExchangeOutcome.LinkLost or ExchangeOutcome.NotStarted)
            {
                outcome = await _recovery.RecoverAsync(context.Request.Method, exchange, outcome, dispatcher).ConfigureAwait(false);
            }

            if (outcome is ExchangeOutcome.Complete or ExchangeOutcome.Streaming or ExchangeOutcome.ApplicationError
                or ExchangeOutcome.BadResponse)
            {
                _recovery.OnAnswered(exchange);
            }

            exchange.KeepNoBody();
            await RespondAsync(context, exchange, outcome).ConfigureAwait(false);
        }
        finally
        {
            await exchange.StopBodyAsync().ConfigureAwait(false);
        }
    }

    private static Task RefuseAsync(HttpContext context, RequestFrameError error)
    {
        if (error is RequestFrameError.ClientGone)
        {
            return LeaveAsync(context);
        }

        if (error is not RequestFrameError.NotImplemented)
        {
            // Where the next request begins is not certain.
            context.Response.Headers.Connection = "close";
        }

        return ErrorResponse.WriteAsync(context, ErrorResponse.StatusFor(error));
    }

    // Nobody gets it; the access log shows it, as nginx's does.
    private static Task LeaveAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        context.Abort();
        return Task.CompletedTask;
    }

    private Task RespondAsync(HttpContext context, HttpExchange exchange, ExchangeOutcome outcome)
    {
        switch (outcome)
        {
            case ExchangeOutcome.Complete:
                return Task.CompletedTask;
            case ExchangeOutcome.Streaming:
                return StreamAsync(context, exchange);
            case ExchangeOutcome.ClientGone:
                return LeaveAsync(context);
            case ExchangeOutcome.BadResponse:
                HttpLog.BadResponse(logger, exchange.WorkerIndex, context.Request.Method, context.Request.Path, exchange.Rule ?? "");
                break;
            case ExchangeOutcome.TimedOut:
                HttpLog.TimedOut(
                    logger, exchange.WorkerIndex, context.Request.Method, context.Request.Path, exchange.RequestName,
                    options.RequestTimeout.TotalSeconds);
                break;
            case ExchangeOutcome.LinkLost:
                HttpLog.WorkerLost(logger, exchange.WorkerIndex, context.Request.Method, context.Request.Path);
                break;
        }

        if (outcome is ExchangeOutcome.BodyTooLarge or ExchangeOutcome.BodyTooSlow)
        {
            // The rest of the body would come before the next request.
            context.Response.Headers.Connection = "close";
        }

        if (outcome is ExchangeOutcome.Refused or ExchangeOutcome.NotStarted)
        {
            int seconds = outcome is ExchangeOutcome.Refused ? exchange.Refusal.RetryAfter : 1;
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        return ErrorResponse.WriteAsync(context, ErrorResponse.StatusFor(outcome));
    }

    private async Task StreamAsync(HttpContext context, HttpExchange exchange)
    {
        PipeReader reader = exchange.Body;
        PipeWriter writer = context.Response.BodyWriter;
        try
        {
            await context.Response.StartAsync().ConfigureAwait(false);
            if (!reader.TryRead(out ReadResult read))
            {
                // The head leaves at once also when the first bytes of the body take their time.
                await writer.FlushAsync().ConfigureAwait(false);
                read = await reader.ReadAsync().ConfigureAwait(false);
            }

            while (true)
            {
                ReadOnlySequence<byte> piece = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, FlushSize));
                foreach (ReadOnlyMemory<byte> segment in piece)
                {
                    writer.Write(segment.Span);
                }

                long size = piece.Length;
                bool isLast = read.IsCompleted && size == read.Buffer.Length;
                reader.AdvanceTo(piece.End);
                if (size > 0)
                {
                    // Also what came last: Kestrel does not send by itself what was written without a flush behind a Content-Length.
                    await writer.FlushAsync().ConfigureAwait(false);
                }

                if (isLast)
                {
                    return;
                }

                exchange.GrantResponse(size);
                read = await reader.ReadAsync().ConfigureAwait(false);
            }
        }
        catch (ResponseFailedException e)
        {
            if (e.Outcome is not ExchangeOutcome.ClientGone)
            {
                HttpLog.ResponseCutShort(logger, exchange.WorkerIndex, context.Request.Method, context.Request.Path, e.Message);
            }

            // After the response has begun there is no status left to say it with: a finished response would look complete.
            context.Abort();
        }
    }

    private void Record(HttpContext context, ClientConnection connection, HttpExchange exchange, TimeSpan elapsed)
    {
        TimeSpan queued = TimeSpan.FromMicroseconds(exchange.QueueMicroseconds);
        metrics?.Add(context.Response.StatusCode, elapsed, queued);
        if (accessLog is not null)
        {
            IHttpRequestFeature request = context.Features.GetRequiredFeature<IHttpRequestFeature>();
            accessLog.Write(
                connection.ClientAddress, connection.ClientPort, request.Method, request.RawTarget, request.Protocol,
                context.Response.StatusCode, exchange.BytesReceived, elapsed, queued);
        }
    }
}
