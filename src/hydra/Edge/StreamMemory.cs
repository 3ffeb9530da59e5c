using Hydra.Dispatch;
using Hydra.Http;
using Hydra.Primitives;

namespace Hydra.Edge;

/// <summary>
/// Counts what the streams of HTTP/2 may hold towards what clients may have the server hold: a client that opens a stream and takes nothing of its
/// answer costs it nothing, and Kestrel's buffers and ours are full then. Requests of HTTP/1.1 have a connection each, of which there are not as many.
/// </summary>
/// <param name="memory">What clients may have the server hold.</param>
internal sealed class StreamMemory(MemoryBudget memory) : EdgePart
{
    /// <summary>Bytes that a stream holds whose client takes nothing: as measured with answers of 3 MB, rounded up.</summary>
    public const int EachStream = 128 * 1024;

    /// <inheritdoc/>
    public override RequestHandler Before(RequestHandler next) => context => context.Connection.IsMultiplexed ? HoldAsync(context, next) : next(context);

    private async Task HoldAsync(RequestContext context, RequestHandler next)
    {
        if (!memory.TryTake(EachStream))
        {
            await FrontAnswer.RefuseAsync(context, Failure.MemoryShort).ConfigureAwait(false);
            return;
        }

        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            memory.Give(EachStream);
        }
    }
}
