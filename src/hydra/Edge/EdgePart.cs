using Hydra.Http;

namespace Hydra.Edge;

/// <summary>
/// A part of the edge: stands between the connection and the forwarder, sees each request before it goes on, and may answer it, change
/// what its worker is told (<see cref="RequestContext.Facts"/>), or stand at the head of its response (<see cref="RequestContext.AddGate"/>).
/// A part that is not wanted is not in the chain, and costs nothing.
/// </summary>
internal abstract class EdgePart
{
    /// <summary>Puts this part before the rest of the chain. Called once, at the start.</summary>
    /// <param name="next">What handles the requests that this part lets pass.</param>
    public abstract RequestHandler Before(RequestHandler next);

    /// <summary>A chain of parts, the first of which sees a request first.</summary>
    /// <param name="parts">The parts.</param>
    /// <param name="last">What handles the requests that all of them let pass.</param>
    public static RequestHandler Chain(IReadOnlyList<EdgePart> parts, RequestHandler last)
        => parts.Reverse().Aggregate(last, static (next, part) => part.Before(next));
}
