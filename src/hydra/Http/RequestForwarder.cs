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
    Dispatcher dispatcher, ForwarderOptions options, Spool? spool, AccessLog? accessLog, ILogger<RequestForwarder> logger)
{
    // Written to the client at once: keeps what a slow one has not taken in the exchange's pipe, whose memory is counted.
    private const int FlushSize = 256 * 1024;

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
    public async Task InvokeAsync(HttpContext context)
    {
        long started = accessLog is null ? 0 : Stopwatch.GetTimestamp();
        var connection = (ClientConnection)context.Features[typeof(ClientConnection)]!;
        HttpExchange exchange = connection.Rent(this);
        try
        {
            if (IsWebSocketUpgrade(context.Request) || HttpMethods.IsConnect(context.Request.Method))
            {
                await ErrorResponse.WriteAsync(context, StatusCodes.Status501NotImplemented).ConfigureAwait(false);
            }
            else
            {
                await ForwardAsync(context, exchange).ConfigureAwait(false);
            }
        }
        finally
        {
            if (accessLog is not null)
            {
                WriteAccess(context, connection, exchange, Stopwatch.GetElapsedTime(started));
            }

            connection.Head.Restart(exchange.BodyLength(context.Request));
            exchange.Release();
            connection.Return(exchange);
        }
    }

    private static bool IsWebSocketUpgrade(HttpRequest request)
        => request.Headers.Upgrade.Count > 0
            && request.Headers.Upgrade.ToString().Contains("websocket", StringComparison.OrdinalIgnoreCase);

    private async Task ForwardAsync(HttpContext context, HttpExchange exchange)
    {
        RequestFrameError error = exchange.Begin(context);
        if (exchange.WantsReadAhead)
        {
            error = await exchange.ReadAheadAsync().ConfigureAwait(false);
        }

        if (error is not RequestFrameError.None)
        {
            await RefuseAsync(context, error).ConfigureAwait(false);
            return;
        }

        if (_recovery.IsConvicted(exchange))
        {
            await RespondAsync(context, exchange, ExchangeOutcome.Poisonous).ConfigureAwait(false);
            return;
        }

        exchange.Submit(dispatcher);
        try
        {
            ExchangeOutcome outcome = await exchange.HeadAsync().ConfigureAwait(false);
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

        // Where the next request begins is not certain.
        context.Response.Headers.Connection = "close";
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

    private void WriteAccess(HttpContext context, ClientConnection connection, HttpExchange exchange, TimeSpan elapsed)
    {
        IHttpRequestFeature request = context.Features.GetRequiredFeature<IHttpRequestFeature>();
        accessLog!.Write(
            connection.ClientAddress, connection.ClientPort, request.Method, request.RawTarget, request.Protocol,
            context.Response.StatusCode, exchange.BytesReceived, elapsed, TimeSpan.FromMicroseconds(exchange.QueueMicroseconds));
    }
}
