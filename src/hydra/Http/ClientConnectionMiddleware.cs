using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Hydra.Http;

/// <summary>Gives each connection of an endpoint its <see cref="ClientConnection"/>.</summary>
internal static class ClientConnectionMiddleware
{
    /// <summary>Adds the middleware to an endpoint.</summary>
    public static void UseClientConnection(this ListenOptions endpoint) => endpoint.Use(next => context =>
    {
        context.Features.Set(new ClientConnection(context));
        return next(context);
    });
}
