using System.Globalization;
using System.Text;
using Hydra.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.WebUtilities;

namespace Hydra.Http;

/// <summary>Ends a connection before there is a request on it, and says why where somebody reads it.</summary>
internal static class ConnectionRefusal
{
    // Who is refused is to read why before the connection is gone.
    private static readonly TimeSpan ReadTime = TimeSpan.FromSeconds(1);

    /// <summary>The answer in HTTP/1.1. The request is on its way: a client speaks first (RFC 9112, section 9.3).</summary>
    public static byte[] Answer(FailureRule rule)
    {
        string reason = ReasonPhrases.GetReasonPhrase(rule.Status);
        string again = rule.RetryAfter ? "Retry-After: 1\r\n" : "";
        return Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"HTTP/1.1 {rule.Status} {reason}\r\nConnection: close\r\n{again}Content-Type: text/plain; charset=utf-8\r\nContent-Length: {reason.Length + 1}\r\n\r\n{reason}\n"));
    }

    /// <summary>Ends it.</summary>
    /// <param name="context">The connection.</param>
    /// <param name="answer">What is said before that; nothing where it is empty.</param>
    public static async Task SayAsync(ConnectionContext context, byte[] answer)
    {
        if (answer.Length > 0)
        {
            await context.Transport.Output.WriteAsync(answer, CancellationToken.None).ConfigureAwait(false);
            if (context.Features.Get<ILoopFeature>() is { } loop && context.Transport == loop)
            {
                // It reads on by itself until the client has ended.
                loop.AbortsInOrder = true;
            }
            else
            {
                await DropAsync(context).ConfigureAwait(false);
            }
        }

        context.Abort();
    }

    // A connection that is closed before its request is read would be reset, and the answer with it.
    private static async Task DropAsync(ConnectionContext context)
    {
        using var time = new CancellationTokenSource(ReadTime);
        try
        {
            await context.Transport.Output.CompleteAsync().ConfigureAwait(false);
            System.IO.Pipelines.ReadResult read;
            do
            {
                read = await context.Transport.Input.ReadAsync(time.Token).ConfigureAwait(false);
                context.Transport.Input.AdvanceTo(read.Buffer.End);
            }
            while (!read.IsCompleted);
        }
        catch (Exception e) when (SessionEnd.IsOver(e))
        {
            // It has left, or is slow.
        }
    }
}
