using Hydra.Dispatch;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Hydra.Http;

/// <summary>Gives each connection of HTTP/3 its <see cref="ClientConnection"/>, as <see cref="ClientConnectionMiddleware"/> does for the older versions.</summary>
internal static class QuicConnectionMiddleware
{
    /// <summary>Adds the middleware to an endpoint.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="connections">Where its connections are kept while they are open.</param>
    /// <param name="handler">What handles their requests.</param>
    /// <param name="rules">What holds for them.</param>
    /// <param name="limits">Counts them together with all others; null where nothing bounds them.</param>
    public static void UseQuicConnection(
        this ListenOptions endpoint, ClientConnections connections, RequestHandler handler, ConnectionRules rules, ConnectionLimits? limits)
        => ((IMultiplexedConnectionBuilder)endpoint).Use(next => async context =>
        {
            string client = context.RemoteEndPoint?.ToString() ?? "";
            Failure failure = limits?.Enter(context.RemoteEndPoint) ?? Failure.None;
            if (failure is not Failure.None)
            {
                rules.Refused(client, failure);
                context.Abort();
                return;
            }

            var resets = new FrameBudget(2 * rules.MaxStreams, rules.MaxStreams, rules.Time);
            using var connection = new ClientConnection(context, handler, resets)
            {
                LimitRequests = rules.LimitRequests,
                Ends = rules.Ends,
                Flooded = () => rules.Refused(client, Failure.Flooded),
            };
            connections.Add(connection, isTls: true);
            try
            {
                await next(new NamedStreams(context, connection)).ConfigureAwait(false);
            }
            finally
            {
                connections.Remove(connection, isTls: true);
                limits?.Leave(context.RemoteEndPoint);
            }
        });
}
