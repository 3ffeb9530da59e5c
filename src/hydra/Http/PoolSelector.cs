using Hydra.Dispatch;

namespace Hydra.Http;

/// <summary>Finds the pool that a request is for. Immutable.</summary>
/// <param name="pools">All pools. There is one: it takes every request.</param>
internal sealed class PoolSelector(IReadOnlyList<RequestPool> pools)
{
    private readonly RequestPool _only = pools.Single();

    /// <summary>The pool for a request.</summary>
    public RequestPool Select(RequestContext context)
    {
        _ = context;
        return _only;
    }
}
