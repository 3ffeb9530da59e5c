using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Hydra.Http;

/// <summary>Gives each connection of an endpoint its <see cref="ClientConnection"/>.</summary>
internal static class ClientConnectionMiddleware
{
    /// <summary>Adds the middleware to an endpoint.</summary>
    public static void UseClientConnection(this ListenOptions endpoint, ClientConnections connections) => endpoint.Use(next => async context =>
    {
        var connection = new ClientConnection(context);
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
}
