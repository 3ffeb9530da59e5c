using System.Buffers;
using System.IO.Pipelines;
using Hydra.Dispatch;
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

            await CopyAsync(context.Http.Response, exchange).ConfigureAwait(false);
        }
        catch (ResponseFailedException e)
        {
            context.Failure = e.Failure;
            if (e.Failure is not Failure.ClientGone)
            {
                HttpLog.ResponseCutShort(logger, exchange.WorkerIndex, exchange.Method, exchange.Path, e.Message);
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

    private static async Task CopyAsync(HttpResponse response, HttpExchange exchange)
    {
        PipeReader reader = exchange.Response.Reader;
        PipeWriter writer = response.BodyWriter;
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

            if (isLast)
            {
                // Only now: what was given away before arrives.
                if (exchange.Response.Cut is { } cut)
                {
                    throw cut;
                }

                return;
            }

            exchange.GrantResponse(size);
            read = await reader.ReadAsync().ConfigureAwait(false);
        }
    }
}
