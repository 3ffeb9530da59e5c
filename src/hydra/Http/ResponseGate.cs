using Hydra.Dispatch;

namespace Hydra.Http;

/// <summary>
/// Stands at the head of a response that comes from a worker: it may change status and fields, or take the body over (to compress it, to
/// keep a copy, to send a file in its place). Parts of the edge add one to the requests that it may concern
/// (<see cref="RequestContext.AddGate"/>); a request without one pays nothing. One object may serve many requests at a time.
/// </summary>
internal abstract class ResponseGate
{
    /// <summary>Whether <see cref="PassAsync"/> computes, and is to be called in the thread pool rather than on an event loop.</summary>
    public virtual bool Computes => false;

    /// <summary>
    /// Whether this response concerns it: the head is applied to the context, and the body is not looked at yet. It may change fields.
    /// Where no gate wants a response, that goes the way of those without gates. Called on the link's thread, under the exchange's lock: it
    /// must not wait, nor call anything of the exchange but to ask for a copy of the body (<see cref="ResponseBody.Copy"/>).
    /// </summary>
    /// <param name="context">The request; its response has status and fields.</param>
    /// <param name="length">How long the client's body is, where that is known.</param>
    public virtual bool Wants(RequestContext context, long? length) => true;

    /// <summary>
    /// The head is applied to the context and not sent yet. Called under no lock, by the request's handler.
    /// </summary>
    /// <param name="context">The request; its response has status and fields, and no body.</param>
    /// <param name="body">The body, as it comes from the worker.</param>
    /// <returns>
    /// True when the response was written as a whole, or is being so: nobody else touches it then. False when it goes on as it is: the
    /// body was not touched.
    /// </returns>
    public abstract ValueTask<bool> PassAsync(RequestContext context, GatedBody body);

    /// <summary>
    /// There is no response: the request has failed before one began. Called under no lock, by the request's handler, for each gate until one has answered.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="failure">Why.</param>
    /// <returns>True when it has written an answer in the place of that of the table of failures.</returns>
    public virtual ValueTask<bool> ReplaceAsync(RequestContext context, Failure failure) => ValueTask.FromResult(false);
}
