using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using Hydra.Diagnostics;
using Hydra.Dispatch;
using Hydra.Protocol;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Hydra.Http;

/// <summary>The end of the pipeline: forwards each request to a worker and writes what comes back.</summary>
internal sealed class RequestForwarder(Dispatcher dispatcher, ForwarderOptions options, AccessLog? accessLog, ILogger<RequestForwarder> logger)
{
    private volatile bool _endsConnections;
    private int _connectionsEnded;

    /// <summary>Responses that have asked their client to close the connection since <see cref="EndConnections"/>.</summary>
    public int ConnectionsEnded => Volatile.Read(ref _connectionsEnded);

    /// <summary>Bytes of BODY that the front may send on a new stream.</summary>
    public int RequestWindow => options.RequestWindow;

    /// <summary>Bytes of BODY that a worker may send on a new stream.</summary>
    public int ResponseWindow => options.ResponseWindow;

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
        ClientConnection connection = context.Features.GetRequiredFeature<ClientConnection>();
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
                WriteAccess(context, connection, exchange.BytesReceived, Stopwatch.GetElapsedTime(started));
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
        if (error is not RequestFrameError.None)
        {
            // Where the next request begins is not certain.
            context.Response.Headers.Connection = "close";
            await ErrorResponse.WriteAsync(context, ErrorResponse.StatusFor(error)).ConfigureAwait(false);
            return;
        }

        exchange.Submit(dispatcher);
        Task? body = exchange.IsReplayable ? null : exchange.SendBodyAsync();
        try
        {
            ExchangeOutcome outcome = await exchange.HeadAsync().ConfigureAwait(false);
            if (outcome is ExchangeOutcome.LinkLost or ExchangeOutcome.NotStarted && MaySendAgain(context, exchange, outcome))
            {
                exchange.Submit(dispatcher);
                outcome = await exchange.HeadAsync().ConfigureAwait(false);
            }

            await RespondAsync(context, exchange, outcome).ConfigureAwait(false);
        }
        finally
        {
            if (body is not null)
            {
                exchange.StopBody();
                await body.ConfigureAwait(false);
            }
        }
    }

    // Not started: the application has not seen it. Lost: only what may be done twice (RFC 9110, section 9.2.2).
    private static bool MaySendAgain(HttpContext context, HttpExchange exchange, ExchangeOutcome outcome)
    {
        return exchange.IsReplayable
            && (outcome is ExchangeOutcome.NotStarted
                || context.Request.Method is "GET" or "HEAD" or "OPTIONS" or "PUT" or "DELETE" or "TRACE");
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
                // Nobody gets it; the access log shows it, as nginx's does.
                context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
                context.Abort();
                return Task.CompletedTask;
            case ExchangeOutcome.BadResponse:
                HttpLog.BadResponse(logger, exchange.WorkerIndex, context.Request.Method, context.Request.Path, exchange.Rule ?? "");
                break;
            case ExchangeOutcome.LinkLost:
                HttpLog.WorkerLost(logger, exchange.WorkerIndex, context.Request.Method, context.Request.Path);
                break;
        }

        if (outcome is ExchangeOutcome.Refused or ExchangeOutcome.NotStarted)
        {
            context.Response.Headers.RetryAfter = "1";
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
                foreach (ReadOnlyMemory<byte> segment in read.Buffer)
                {
                    writer.Write(segment.Span);
                }

                long size = read.Buffer.Length;
                reader.AdvanceTo(read.Buffer.End);
                if (size > 0)
                {
                    // Also what came last: Kestrel does not send by itself what was written without a flush behind a Content-Length.
                    await writer.FlushAsync().ConfigureAwait(false);
                }

                if (read.IsCompleted)
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

    private void WriteAccess(HttpContext context, ClientConnection connection, long bytes, TimeSpan elapsed)
    {
        IHttpRequestFeature request = context.Features.GetRequiredFeature<IHttpRequestFeature>();
        accessLog!.Write(
            connection.ClientAddress, connection.ClientPort, request.Method, request.RawTarget, request.Protocol,
            context.Response.StatusCode, bytes, elapsed);
    }
}
