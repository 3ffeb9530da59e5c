using Hydra.Dispatch;
using Hydra.Http;
using Hydra.Primitives;

namespace Hydra.Edge;

/// <summary>
/// Lets requests pass for the hosts that are named, and no others: whoever asks by another name means somebody else's site, or wants to see its
/// own in the links that applications make.
/// </summary>
/// <param name="patterns">The hosts.</param>
/// <param name="faults">Where refusals are said.</param>
internal sealed class AllowedHosts(IReadOnlyList<HostPattern> patterns, FaultLog faults) : EdgePart
{
    private readonly HostPattern[] _patterns = [.. patterns];

    /// <inheritdoc/>
    public override RequestHandler Before(RequestHandler next) => context => IsAllowed(RequestHost.NameOf(context)) ? next(context) : RefuseAsync(context);

    private bool IsAllowed(ReadOnlySpan<char> host)
    {
        foreach (HostPattern pattern in _patterns)
        {
            if (pattern.Takes(host))
            {
                return true;
            }
        }

        return false;
    }

    // RFC 9110, section 15.5.20: a client that uses a connection for all names of its certificate is told to make another one.
    private Task RefuseAsync(RequestContext context)
    {
        Failure failure = context.Connection.IsMultiplexed || context.Facts.Tls is not null ? Failure.Misdirected : Failure.OtherHost;
        faults.Add(context.Facts.Client, $"its host {ControlText.Escape(RequestHost.NameOf(context))} is not among those of --allowed-host", failure.Rule().Status);
        return FrontAnswer.RefuseAsync(context, failure);
    }
}
