using Hydra.Primitives;

namespace Hydra.Http;

/// <summary>What decides when a request is sent that waits.</summary>
/// <param name="Priority">How urgent it is.</param>
/// <param name="Client">A hash of the client with which it takes turns; 0 for none.</param>
internal readonly record struct RequestRank(RequestPriority Priority, ulong Client);

/// <summary>Says how urgent requests are (--priority), and whose they are among those that take turns (--queue-fair). Immutable.</summary>
internal sealed class RequestRanks
{
    private readonly PriorityRule[] _rules;
    private readonly bool _asksForHost;
    private readonly AffinityKeys? _clients;

    /// <summary>Describes ranks.</summary>
    /// <param name="rules">How urgent requests are; of several for a place the most particular counts, and of equal ones the last.</param>
    /// <param name="clients">Tells clients apart; null where they take no turns.</param>
    /// <param name="outerPath">The path below which a proxy shows the application, and which it may not have taken off; empty for none.</param>
    public RequestRanks(IReadOnlyList<PriorityRule> rules, AffinityKeys? clients, string outerPath)
    {
        IEnumerable<PriorityRule> shown = outerPath.Length == 0 ? [] : rules.Select(rule => rule with { Place = MountPlace.At(rule.Place.Host, outerPath + rule.Place.Path) });
        _rules = [.. rules.Reverse().Concat(shown.Reverse()).OrderBy(static rule => rule.Place, MountPlace.Order)];
        _asksForHost = _rules.Any(static rule => rule.Place.Host.Length > 0);
        _clients = clients;
    }

    /// <summary>The rank of a request. To be asked before its frame is built.</summary>
    public RequestRank Read(RequestContext context)
        => new(_rules.Length == 0 ? RequestPriority.Normal : PriorityOf(context), _clients?.Read(context).Memory ?? 0);

    private RequestPriority PriorityOf(RequestContext context)
    {
        ReadOnlySpan<char> host = _asksForHost ? RequestHost.NameOf(context) : "";
        ReadOnlySpan<byte> path = PoolRoute.PathOf(context);
        foreach (PriorityRule rule in _rules)
        {
            if (rule.Place.TakesHost(host) && rule.Place.TakesPath(path))
            {
                return rule.Priority;
            }
        }

        return RequestPriority.Normal;
    }
}
