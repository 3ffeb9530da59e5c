using System.Buffers;
using System.IO.Pipelines;
using Hydra.Dispatch;
using Microsoft.AspNetCore.Http.Features;

namespace Hydra.Http;

/// <summary>Answers to requests that no worker hears of: those that are refused, redirected, kept or files.</summary>
internal static class FrontAnswer
{
    private const int PieceSize = 64 * 1024;

    /// <summary>Whether something of a body may come with the request.</summary>
    public static bool HasBody(RequestContext context)
        => context.Http.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true };

    /// <summary>Answers as the table of failures says.</summary>
    /// <param name="context">The request.</param>
    /// <param name="failure">Why.</param>
    /// <param name="retryAfter">Seconds after which the client may come again, where the failure's row has it told so.</param>
    public static Task RefuseAsync(RequestContext context, Failure failure, int retryAfter = 0)
    {
        context.Failure = failure;
        return AnswerAsync(context, (context, isUnread) => ErrorResponse.WriteAsync(context.Http, context.Failure.Rule(), retryAfter, isUnread));
    }

    /// <summary>Answers in the place of a worker.</summary>
    /// <param name="context">The request.</param>
    /// <param name="write">Writes the answer, told whether something of a body is unread, and gives the bytes of its own.</param>
    public static Task AnswerAsync(RequestContext context, Func<RequestContext, bool, Task<int>> write)
    {
        Begin(context);
        bool isUnread = HasBody(context);
        return CompleteAsync(context, new ValueTask(WriteAsync(context, write, isUnread)), isUnread);
    }

    /// <summary>An answer begins: a server that stops waits for it as for a worker's, and its connection ends with it where it is to.</summary>
    public static void Begin(RequestContext context)
    {
        context.Connection.OnRequestBegins();
        context.Connection.OnReadAhead();
        if (context.Connection.EndsWithAnswer())
        {
            ConnectionClose.Ask(context.Http);
        }
    }

    /// <summary>Waits for an answer that has begun to be written, and ends its request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="written">The answer. Where it fails with a <see cref="ResponseFailedException"/> the client gets no end that looks complete.</param>
    /// <param name="isUnread">Whether something of the request's body is unread.</param>
    /// <returns>Null, or why the answer was cut short.</returns>
    public static async Task<ResponseFailedException?> CompleteAsync(RequestContext context, ValueTask written, bool isUnread)
    {
        try
        {
            await written.ConfigureAwait(false);
            return null;
        }
        catch (ResponseFailedException e)
        {
            // After the answer has begun there is no status left to say it with: one that ends short must not look complete.
            context.Failure = e.Failure;
            context.Connection.AbortInOrder();
            context.Http.Abort();
            return e;
        }
        finally
        {
            if (isUnread && !context.Http.RequestAborted.IsCancellationRequested)
            {
                context.Connection.AbortInOrder();
            }

            context.Connection.OnRequestEnds();
        }
    }

    /// <summary>Writes bytes of the body, in pieces: what a client has not taken waits in the connection. Counts them.</summary>
    /// <exception cref="ResponseFailedException">The client has left.</exception>
    public static ValueTask SendAsync(RequestContext context, ReadOnlyMemory<byte> bytes)
    {
        PipeWriter writer = context.Http.Response.BodyWriter;
        if (bytes.Length > PieceSize)
        {
            return SendPiecesAsync(context, writer, bytes);
        }

        context.OwnBytes += bytes.Length;
        writer.Write(bytes.Span);
        ValueTask<FlushResult> flushed = writer.FlushAsync();
        if (!flushed.IsCompletedSuccessfully)
        {
            return WaitAsync(flushed);
        }

        _ = flushed.Result;
        return default;
    }

    private static async ValueTask SendPiecesAsync(RequestContext context, PipeWriter writer, ReadOnlyMemory<byte> bytes)
    {
        for (; bytes.Length > 0; bytes = bytes[Math.Min(PieceSize, bytes.Length)..])
        {
            int piece = Math.Min(PieceSize, bytes.Length);
            context.OwnBytes += piece;
            writer.Write(bytes.Span[..piece]);
            if ((await writer.FlushAsync().ConfigureAwait(false)).IsCompleted && bytes.Length > PieceSize)
            {
                throw new ResponseFailedException("the client has left", Failure.ClientGone);
            }
        }
    }

    private static async ValueTask WaitAsync(ValueTask<FlushResult> flushed) => await flushed.ConfigureAwait(false);

    private static async Task WriteAsync(RequestContext context, Func<RequestContext, bool, Task<int>> write, bool isUnread)
        => context.OwnBytes = await write(context, isUnread).ConfigureAwait(false);
}
