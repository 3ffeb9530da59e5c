using Hydra.Coding;
using Hydra.Diagnostics;
using Hydra.Http;
using Hydra.Primitives;

namespace Hydra.Edge;

/// <summary>Has responses compressed for those clients that can decode that.</summary>
/// <param name="rules">Which, and with what.</param>
/// <param name="memory">What streams may have for it.</param>
/// <param name="metrics">Counts; null where nobody wants to know.</param>
internal sealed class CompressionPart(CompressionRules rules, MemoryBudget memory, CodingMetrics? metrics) : EdgePart
{
    private static readonly byte[] IfMatch = [.. "if-match"u8];

    private readonly CompressionGate _gate = new(rules, memory, metrics);

    /// <inheritdoc/>
    public override RequestHandler Before(RequestHandler next) => context =>
    {
        HttpRequest request = context.Http.Request;
        if (rules.Includes(request.Path))
        {
            // Also for clients that want no coding: what depends on that says so.
            context.AddGate(_gate);
            if (request.Headers.IfMatch.Count > 0 && EntityTag.Strengthen(request.Headers.IfMatch) is { } strong)
            {
                context.Facts = context.Facts with { Headers = HeaderEdits.Replacing(context.Facts.Headers, IfMatch, strong) };
            }
        }

        return next(context);
    };
}
