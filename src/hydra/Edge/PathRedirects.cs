using System.Text;
using Hydra.Http;
using Hydra.Primitives;

namespace Hydra.Edge;

/// <summary>Sends requests for paths that are not served any more to others. The first rule that fits counts.</summary>
/// <param name="rules">The rules.</param>
internal sealed class PathRedirects(IReadOnlyList<RedirectRule> rules) : EdgePart
{
    /// <inheritdoc/>
    public override RequestHandler Before(RequestHandler next) => context =>
    {
        string target = Encoding.Latin1.GetString(PoolRoute.TargetOf(context));
        (int start, int end, int query) = RequestTarget.Split(Encoding.Latin1.GetBytes(target));
        foreach (RedirectRule rule in rules)
        {
            if (rule.Target(target.AsSpan(start, end - start), target.AsSpan(query)) is { } location)
            {
                return Redirection.AnswerAsync(context, rule.Status, location);
            }
        }

        return next(context);
    };
}
