using Hydra.Primitives;

namespace Hydra.Http;

/// <summary>Finds the pool that a request is for. Immutable.</summary>
internal sealed class PoolSelector
{
    private readonly PoolRoute[] _routes;
    private readonly bool _asksForHost;

    // The one that takes every request.
    private readonly PoolRoute? _only;

    /// <summary>Asks the routes in the order of their places, whatever order they come in.</summary>
    /// <param name="routes">The ways to all pools.</param>
    public PoolSelector(IReadOnlyList<PoolRoute> routes)
    {
        _routes = [.. routes.OrderBy(static route => route.Where, MountPlace.Order)];
        _asksForHost = _routes.Any(static route => route.Where.Host.Length > 0);
        _only = _routes is [{ Where: { Host: "", Path: "" } }] ? _routes[0] : null;
    }

    /// <summary>The path below which a proxy shows the applications, if it shows all of them below the same: empty, or without a slash at its end.</summary>
    public string OuterPath => _routes.Select(static route => route.Pool.OuterPath).Distinct().ToArray() is [var only] ? only : "";

    /// <summary>The way to the pool for a request; null where no application is mounted there.</summary>
    public PoolRoute? Select(RequestContext context) => _only ?? Find(context);

    private PoolRoute? Find(RequestContext context)
    {
        ReadOnlySpan<char> host = _asksForHost ? RequestHost.NameOf(context) : "";
        ReadOnlySpan<byte> path = PoolRoute.PathOf(context);
        foreach (PoolRoute route in _routes)
        {
            if (route.Takes(host, path))
            {
                return route;
            }
        }

        return null;
    }
}
