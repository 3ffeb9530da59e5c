using Hydra.Dispatch;
using Hydra.Http;

namespace Hydra.Edge;

/// <summary>
/// Finds out who the client is where proxies tell of theirs, and leaves out what others only pretend to be told. Refuses requests of HTTP/2 that name no host:
/// those of HTTP/1.1 have not come as far.
/// </summary>
/// <param name="rules">Who is believed, and what.</param>
internal sealed class DoubtfulFieldsPart(DoubtfulRules rules) : EdgePart
{
    /// <inheritdoc/>
    public override RequestHandler Before(RequestHandler next) => context =>
        context.Connection.IsMultiplexed && MultiplexedRules.LacksHost(context.Http.Request) ? FrontAnswer.RefuseAsync(context, Failure.BadHead)
            : DoubtfulRules.IsConcerned(context) && rules.Apply(context) is not Failure.None and var failure
            ? FrontAnswer.RefuseAsync(context, failure)
            : next(context);
}
