using Hydra.Primitives;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Hydra.Http;

/// <summary>Gives each connection of an endpoint its <see cref="ClientConnection"/>.</summary>
internal static class ClientConnectionMiddleware
{
    /// <summary>Adds the middleware to an endpoint, whose protocols are chosen before.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="connections">Where its connections are kept while they are open.</param>
    /// <param name="handler">What handles their requests.</param>
    /// <param name="limitField">Bytes that a line of a single header field may have; 0 for no bound of its own.</param>
    /// <param name="memory">What the heads of all connections may have in memory; null for no bound.</param>
    /// <param name="quick">What may answer requests before they come to the handler; null for nobody.</param>
    public static void UseClientConnection(
        this ListenOptions endpoint, ClientConnections connections, RequestHandler handler, int limitField = 0,
        MemoryBudget? memory = null, QuickAnswers? quick = null) => endpoint.Use(next => async context =>
    {
        using var connection = new ClientConnection(context, IsMultiplexed(endpoint, context), handler, limitField, memory, quick);
        connections.Add(connection);
        context.Features.Set(connection);
        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            connections.Remove(connection);
        }
    });

    // Where both are spoken, the handshake has chosen.
    private static bool IsMultiplexed(ListenOptions endpoint, ConnectionContext context)
        => endpoint.Protocols is not HttpProtocols.Http1
            && (endpoint.Protocols is HttpProtocols.Http2
                || context.Features.Get<ITlsApplicationProtocolFeature>() is { } chosen && chosen.ApplicationProtocol.Span.SequenceEqual("h2"u8));
}
