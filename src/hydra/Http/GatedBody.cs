using System.IO.Pipelines;
using Hydra.Dispatch;
using Hydra.Protocol;

namespace Hydra.Http;

/// <summary>A response's body for a <see cref="ResponseGate"/>. One user at a time.</summary>
/// <param name="exchange">The request.</param>
internal readonly struct GatedBody(HttpExchange exchange)
{
    /// <summary>
    /// The body's bytes. A read that throws a <see cref="ResponseFailedException"/> has no more: the gate lets it through, and the
    /// connection is aborted.
    /// </summary>
    public PipeReader Reader => exchange.Response.CheckedReader;

    /// <summary>How long it is, where that is known: it has come as a whole, or the application has said it.</summary>
    public long? Length => exchange.Response.Length;

    /// <summary>Whether a file comes next, behind what <see cref="Reader"/> has: then its read returns, as cancelled.</summary>
    public bool HasFile => exchange.Response.HasFile;

    /// <summary>Whether it is complete and has trailers behind it: they need a body that streams to the client. To be asked at its end.</summary>
    public bool HasTrailers => !exchange.Response.Trailers.IsEmpty;

    /// <summary>All of it was written to what <see cref="RequestContext.OpenBody"/> has given: ends that.</summary>
    public ValueTask EndAsync(RequestContext context) => context.EndBodyAsync(exchange.Response.Trailers);

    /// <summary>Opens the file that comes next. Behind all that <see cref="Reader"/> has; the caller disposes of it.</summary>
    /// <exception cref="ResponseFailedException">It is not there, cannot be read, or is too short.</exception>
    public FileSender OpenFile() => ResponseStreamer.OpenFile(exchange, exchange.Response.File!, out _);

    /// <summary>So many bytes were read and are not kept: the worker may send as many more.</summary>
    public void OnTaken(long size) => exchange.GrantResponse(size);

    /// <summary>Nobody wants the rest: the worker is told so.</summary>
    public void Discard() => exchange.Abandon(Failure.None, CancelReason.FrontError, "the response is made by the front");
}
