using Hydra.Dispatch;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Hydra.Http;

/// <summary>Refuses the connections of an endpoint that are too many. To be added before all else, so that they cost nothing more.</summary>
internal static class ConnectionLimitsMiddleware
{
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
            await ConnectionRefusal.SayAsync(context, answers ? ConnectionRefusal.Answer(failure.Rule()) : []).ConfigureAwait(false);
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
}
