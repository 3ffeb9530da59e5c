using System.Globalization;
using System.Text;
using Hydra.Dispatch;
using Hydra.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.WebUtilities;

namespace Hydra.Http;

/// <summary>Refuses the connections of an endpoint that are too many. To be added before all else, so that they cost nothing more.</summary>
internal static class ConnectionLimitsMiddleware
{
    // Who is refused is to read why before the connection is gone.
    private static readonly TimeSpan ReadTime = TimeSpan.FromSeconds(1);

    /// <summary>Adds the middleware to an endpoint.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="limits">Counts its connections, and those of others.</param>
    /// <param name="answers">Whether what is refused is told so in HTTP/1.1; over TLS, or in HTTP/2 alone, it is closed: a handshake costs more than a request.</param>
    /// <param name="refused">Told of each that is refused: its address, and why.</param>
    public static void UseConnectionLimits(
        this ListenOptions endpoint, ConnectionLimits limits, bool answers, Action<string, Failure> refused) => endpoint.Use(next => async context =>
    {
        Failure failure = limits.Enter(context.RemoteEndPoint);
        if (failure is not Failure.None)
        {
            refused(context.RemoteEndPoint?.ToString() ?? "", failure);
            await RefuseAsync(context, answers ? Answer(failure.Rule()) : []).ConfigureAwait(false);
            return;
        }

        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            limits.Leave(context.RemoteEndPoint);
        }
    });

    // Before there is a request: it is on its way, since a client speaks first (RFC 9112, section 9.3).
    private static byte[] Answer(FailureRule rule)
    {
        string reason = ReasonPhrases.GetReasonPhrase(rule.Status);
        return Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"HTTP/1.1 {rule.Status} {reason}\r\nConnection: close\r\nRetry-After: 1\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {reason.Length + 1}\r\n\r\n{reason}\n"));
    }

    private static async Task RefuseAsync(ConnectionContext context, byte[] answer)
    {
        if (answer.Length > 0)
        {
            await context.Transport.Output.WriteAsync(answer, CancellationToken.None).ConfigureAwait(false);
            if (context.Features.Get<ILoopFeature>() is { } loop)
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
