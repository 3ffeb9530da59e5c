using System.IO.Pipelines;
using Hydra.Protocol;

namespace Hydra.Http;

/// <summary>
/// Writes answers of status 103 (RFC 8297) past Kestrel, which knows none: straight into the connection, where its own answer follows. What cannot
/// be said to this client is left out; it is a hint.
/// </summary>
internal static class EarlyHints
{
    /// <summary>Writes one, as long as nobody else writes to the client.</summary>
    /// <param name="context">The request. Nothing of its response was written.</param>
    /// <param name="headers">The fields, as in HINT.</param>
    /// <returns>Completes when it is on its way; null when it is so already.</returns>
    public static Task? Write(RequestContext context, ReadOnlySpan<byte> headers)
    {
        // RFC 9110, section 15.2: a client of HTTP/1.0 knows none of this class.
        if (context.Http.Request.Protocol != HttpProtocol.Http11 || context.Connection.Output is not { } output
            || HeaderBlock.Validate(headers, out _) is not HeaderBlockError.None)
        {
            return null;
        }

        Write(output, "HTTP/1.1 103 Early Hints\r\n"u8);
        foreach ((ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) in new HeaderBlock(headers))
        {
            if (ConcernsTheAnswer(HeaderNames.Get(name)))
            {
                continue;
            }

            Write(output, name);
            Write(output, ": "u8);
            Write(output, value);
            Write(output, "\r\n"u8);
        }

        Write(output, "\r\n"u8);
        ValueTask<FlushResult> flushed = output.FlushAsync();
        return flushed.IsCompletedSuccessfully ? null : Wait(flushed);
    }

    private static async Task Wait(ValueTask<FlushResult> flushed)
    {
        try
        {
            await flushed.ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The client has left; whoever writes next is told so.
        }
    }

    // RFC 9110, sections 7.6.1 and 8.6: the connection's own, and the length of a body that there is not.
    private static bool ConcernsTheAnswer(string name)
        => name is "Content-Length" or "Transfer-Encoding" or "Connection" or "Keep-Alive" or "Proxy-Connection" or "Upgrade" or "Trailer";

    private static void Write(PipeWriter output, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(output.GetSpan(Math.Max(bytes.Length, 1)));
        output.Advance(bytes.Length);
    }
}
