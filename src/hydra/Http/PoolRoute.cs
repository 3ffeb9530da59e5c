using System.Text;
using Hydra.Dispatch;
using Hydra.Primitives;
using Hydra.Transport;
using Microsoft.AspNetCore.Http.Features;

namespace Hydra.Http;

/// <summary>The way to an application's pool: which requests take it, and what they are told. Immutable.</summary>
/// <param name="pool">The pool.</param>
/// <param name="bodies">Windows and bounds of its bodies.</param>
/// <param name="where">Which requests take it, where they are not all of the application's; null for its place.</param>
internal sealed class PoolRoute(RequestPool pool, BodyResources bodies, MountPlace? where = null)
{
    // Where it is as a whole, if a proxy shows it below a path of the proxy's. Without a path of its own the worker can tell by itself whether
    // the proxy has taken that off.
    private readonly MountPlace? _shown = ShownOf(pool.Place, pool.OuterPath);
    private readonly MountPlace? _shownWhere = ShownOf(where ?? pool.Place, pool.OuterPath);

    /// <summary>The pool.</summary>
    public RequestPool Pool => pool;

    /// <summary>Which requests take it.</summary>
    public MountPlace Where => where ?? pool.Place;

    /// <summary>Windows and bounds of its bodies.</summary>
    public BodyResources Bodies => bodies;

    /// <summary>Finds the keys by which requests are kept together; null where they are not.</summary>
    public AffinityKeys? Affinity { get; init; }

    /// <summary>Says when requests are sent that wait; null where they are sent in the order in which they came.</summary>
    public RequestRanks? Ranks { get; init; }

    /// <summary>Whether it is for a request to this host and with this path, whether or not a proxy has taken its part off the path.</summary>
    /// <param name="host">The host without its port.</param>
    /// <param name="path">The path as it came.</param>
    public bool Takes(ReadOnlySpan<char> host, ReadOnlySpan<byte> path)
        => Where.TakesHost(host) && ((_shownWhere is not null && _shownWhere.TakesPath(path)) || Where.TakesPath(path));

    /// <summary>What the worker is told of a request beside its head.</summary>
    public RequestFacts Describe(RequestContext context)
    {
        if (context.Facts.OuterPath is { } outer)
        {
            return DescribeBelow(context.Facts, outer);
        }

        RequestFacts facts = context.Facts.Below(pool.RootPath);
        return _shown is null || IsWhole(PathOf(context)) ? facts : facts with { PathPrefix = pool.OuterPath };
    }

    /// <summary>The path of a request, as it came.</summary>
    public static ReadOnlySpan<byte> PathOf(RequestContext context)
    {
        ReadOnlySpan<byte> target = TargetOf(context);
        (int start, int end, _) = RequestTarget.Split(target);
        return target[start..end];
    }

    /// <summary>The target of a request, as it came.</summary>
    public static ReadOnlySpan<byte> TargetOf(RequestContext context)
        => context.Connection.Head is { } head ? head.Target : Encoding.Latin1.GetBytes(context.Http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);

    private static MountPlace? ShownOf(MountPlace place, string outer)
        => place.Path.Length > 0 && outer.Length > 0 ? MountPlace.At("", outer + place.Path) : null;

    // A proxy has said below which path it shows the server, and has taken that off.
    private RequestFacts DescribeBelow(RequestFacts facts, string outer)
    {
        facts = facts.Below(outer + pool.Place.Path);
        return pool.Place.Path.Length == 0 ? facts : facts with { PathPrefix = outer };
    }

    private bool IsWhole(ReadOnlySpan<byte> path) => _shown is not null && _shown.TakesPath(path);
}
