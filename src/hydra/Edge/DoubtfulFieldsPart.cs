using Hydra.Dispatch;
using Hydra.Http;

namespace Hydra.Edge;

/// <summary>Finds out who the client is where proxies tell of theirs, and leaves out what others only pretend to be told.</summary>
/// <param name="rules">Who is believed, and what.</param>
internal sealed class DoubtfulFieldsPart(DoubtfulRules rules) : EdgePart
{
    /// <inheritdoc/>
    public override RequestHandler Before(RequestHandler next) => context =>
        DoubtfulRules.IsConcerned(context) && rules.Apply(context) is not Failure.None and var failure
            ? FrontAnswer.RefuseAsync(context, failure)
            : next(context);
}
