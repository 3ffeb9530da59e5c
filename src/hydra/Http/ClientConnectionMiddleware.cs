using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Hydra.Http;

/// <summary>Gives each connection of an endpoint its <see cref="ClientConnection"/>.</summary>
internal static class ClientConnectionMiddleware
{
    /// <summary>Adds the middleware to an endpoint.</summary>
    public static void UseClientConnection(this ListenOptions endpoint, ClientConnections connections) => endpoint.Use(next => async context =>
    {
        var connection = new ClientConnection(context, connections);
        connections.Add(connection);
        context.Features.Set(connection);
        if (context.Features.Get<IConnectionLifetimeNotificationFeature>() is { } lifetime)
        {
            // Kestrel's own wish comes as soon as the server stops, and would lose the requests that are on their way.
            lifetime.ConnectionClosedRequested = connections.IdleEnds;
        }

        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            connections.Remove(connection);
        }
    });
}
