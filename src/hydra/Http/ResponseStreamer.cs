using System.Buffers;
using System.IO.Pipelines;
using Hydra.Dispatch;
using Hydra.Protocol;
using Microsoft.Extensions.Logging;

namespace Hydra.Http;

/// <summary>Writes a response that comes in pieces: past the gates at its head, then to the client as fast as that takes it.</summary>
internal static class ResponseStreamer
{
    // Written to the client at once: keeps what a slow one has not taken in the exchange's pipe, whose memory is counted.
    private const int FlushSize = 256 * 1024;

    /// <summary>Writes the response until it is complete, or aborts the connection.</summary>
    public static async Task RunAsync(RequestContext context, HttpExchange exchange, ILogger logger)
    {
        try
        {
            if (context.IsGated && await PassGatesAsync(context, exchange).ConfigureAwait(false))
            {
                return;
            }

            await CopyAsync(context, exchange).ConfigureAwait(false);
        }
        catch (ResponseFailedException e) when (exchange.Response.HasFile && !context.Http.Response.HasStarted)
        {
            // The client knows nothing of the response yet.
            FailureRule rule = e.Failure.Rule();
            string what = context.Named(e.Message);
            HttpLog.Failed(logger, rule.Level, exchange.WorkerIndex, exchange.Method, exchange.Path, what, rule.Status);
            context.Failure = e.Failure;
            exchange.Abandon(e.Failure, CancelReason.FrontError, e.Message);
            context.Http.Response.Clear();
            context.OwnBytes = await ErrorResponse.WriteAsync(context.Http, rule, retryAfter: 0, isBodyUnread: !exchange.Body.IsRead)
                .ConfigureAwait(false);
        }
        catch (ResponseFailedException e)
        {
            context.Failure = e.Failure;
            exchange.Abandon(e.Failure, CancelReason.FrontError, e.Message);
            if (e.Failure is not Failure.ClientGone)
            {
                string reason = context.Named(e.Message);
                HttpLog.ResponseCutShort(logger, exchange.WorkerIndex, exchange.Method, exchange.Path, reason);
            }

            // After the response has begun there is no status left to say it with: a finished response would look complete.
            if (TellsItsEnd(context.Http))
            {
                context.Connection.AbortInOrder();
            }

            context.Http.Abort();
        }
    }

    // Whether a client sees that something is missing when the connection ends in order (RFC 9112, section 8): the last chunk, or as much as the
    // length says. What was sent then arrives; a reset, which is all that tells it else, would destroy what is on its way.
    private static bool TellsItsEnd(HttpContext context)
        => context.Response.ContentLength is not null || !HttpProtocol.IsHttp10(context.Request.Protocol);

    // Whether one of them has written the response.
    private static async ValueTask<bool> PassGatesAsync(RequestContext context, HttpExchange exchange)
    {
        foreach (ResponseGate gate in context.Gates)
        {
            if (gate.Computes)
            {
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            }

            if (await gate.PassAsync(context, new GatedBody(exchange)).ConfigureAwait(false))
            {
                return true;
            }
        }

        // What came as a whole has a length all the same.
        context.Http.Response.ContentLength ??= exchange.Response.Length;
        return false;
    }

    private static async Task CopyAsync(RequestContext context, HttpExchange exchange)
    {
        HttpResponse response = context.Http.Response;
        PipeReader reader = exchange.Response.Reader;
        if (exchange.Response.File is { } first)
        {
            await SendFileAsync(context, exchange, first).ConfigureAwait(false);
        }

        PipeWriter writer = context.OpenBody();
        await response.StartAsync().ConfigureAwait(false);
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

            if (size == read.Buffer.Length && exchange.Response.File is { } file)
            {
                exchange.GrantResponse(size);
                if (!read.IsCompleted && reader.TryRead(out read))
                {
                    if (!read.Buffer.IsEmpty)
                    {
                        // Has come since, and stands before the file.
                        continue;
                    }

                    reader.AdvanceTo(read.Buffer.End);
                }

                await SendFileAsync(context, exchange, file).ConfigureAwait(false);
                read = await reader.ReadAsync().ConfigureAwait(false);
                continue;
            }

            if (isLast)
            {
                // Only now: what was given away before arrives.
                if (exchange.Response.Cut is { } cut)
                {
                    throw cut;
                }

                await context.EndBodyAsync(exchange.Response.Trailers).ConfigureAwait(false);
                return;
            }

            exchange.GrantResponse(size);
            read = await reader.ReadAsync().ConfigureAwait(false);
        }
    }

    // Behind all that has come of the body. What a Content-Length has promised is all that is sent, also of a file that grows.
    private static async Task SendFileAsync(RequestContext context, HttpExchange exchange, FileRange range)
    {
        HttpResponse response = context.Http.Response;
        using FileSender file = OpenFile(exchange, range, out bool isAll);
        if (isAll && !response.HasStarted)
        {
            response.ContentLength = file.Size;
        }

        _ = context.OpenBody();
        await response.StartAsync().ConfigureAwait(false);
        try
        {
            await file.CopyToAsync(context).ConfigureAwait(false);
        }
        finally
        {
            exchange.Response.OnFileLeft(file.Size - file.Sent);
        }
    }

    /// <summary>Opens a file that is to be sent, and tells the worker so: it may close its descriptor, and do something else.</summary>
    /// <param name="exchange">Whose response it belongs to.</param>
    /// <param name="range">The file.</param>
    /// <param name="isAll">Whether its size is the length of the rest of the body, which nothing has said.</param>
    /// <exception cref="ResponseFailedException">It is not there, cannot be read, or is shorter than was promised.</exception>
    public static FileSender OpenFile(HttpExchange exchange, FileRange range, out bool isAll)
    {
        FileSender file = FileSender.Open(range);
        ResponseBody body = exchange.Response;
        bool isLast = exchange.IsEnded && body.Cut is null;
        isAll = isLast && body.Missing is null;
        if (body.Missing is { } missing)
        {
            file.Limit(missing);
            if (isLast && file.Size < missing)
            {
                file.Dispose();
                throw new ResponseFailedException(
                    $"the file {range.Name} has {file.Size} bytes to be sent, its Content-Length says {missing}", Failure.BadResponse);
            }
        }

        exchange.OnFileOpened(file.Size);
        return file;
    }
}
