using Hydra.Protocol;
using Hydra.Topics;

namespace Hydra.Workers.Links;

/// <summary>Why a stream ended without the worker having ended it.</summary>
internal enum StreamLoss
{
    /// <summary>The worker's link closed (it died, was killed, or broke the protocol), and it may have begun several requests.</summary>
    LinkLost,

    /// <summary>The same, and this request was the only one that it can have begun.</summary>
    LinkLostAlone,

    /// <summary>The same, but the worker had not come to this request yet, as far as can be told.</summary>
    LinkLostBehind,
}

/// <summary>
/// One request as a worker link sees it. The callbacks run on the link's reading side, one at a time for a link, and must not
/// block; they return false where the worker broke the protocol, which closes the link. Once a callback had
/// <c>end</c>, or <see cref="OnReset"/> or <see cref="OnLost"/> was called, the link has forgotten the stream.
/// </summary>
internal abstract class UpstreamStream
{
    /// <summary>Microseconds that the request has waited for a worker, in all; goes into its frame when a link takes it.</summary>
    public uint QueueMicroseconds { get; set; }

    /// <summary>Whether a worker has had it before, and another one goes on with it: it is no further request.</summary>
    public virtual bool HasMoved => false;

    /// <summary>The request's frame with header; its stream id and queue time are filled in when a link takes it.</summary>
    public abstract ReadOnlySpan<byte> RequestFrame { get; }

    /// <summary>
    /// A link takes the request and gives it this id. Called under the link's gate, just before <see cref="RequestFrame"/> is read;
    /// the frame must stay as it is until the stream is cancelled or a callback has run.
    /// </summary>
    /// <returns>False when nobody waits for the answer any more: the request is then not sent.</returns>
    public abstract bool OnSending(WorkerLink link, ulong id);

    /// <summary>The head of the response, with the first bytes of its body.</summary>
    public abstract bool OnResponse(ulong id, in ResponseMessage response, bool end);

    /// <summary>More of the response's body.</summary>
    public abstract bool OnBody(ulong id, ReadOnlySpan<byte> data, bool end);

    /// <summary>A RESPONSE whose body is, or begins with, the bytes of a file; what it says of that is in the place of the body.</summary>
    /// <returns>As <see cref="OnResponse"/>; a stream that takes no files breaks the link.</returns>
    public virtual bool OnFileResponse(ulong id, in ResponseMessage response, in FileMessage file, bool end) => false;

    /// <summary>A FILE: more of a response that has begun.</summary>
    /// <returns>False when it may not come now.</returns>
    public virtual bool OnFile(ulong id, in FileMessage file, bool end) => false;

    /// <summary>A HINT: what the client is to have before its response.</summary>
    /// <returns>False when it may not come now.</returns>
    public virtual bool OnHint(ulong id, in HintMessage hint) => false;

    /// <summary>TRAILERS: a response that has begun is over, and these fields follow its body.</summary>
    /// <returns>False when they may not come now.</returns>
    public virtual bool OnTrailers(ulong id, in TrailersMessage trailers) => false;

    /// <summary>The worker takes more of the request's body.</summary>
    public abstract bool OnWindow(ulong id, uint credit);

    /// <summary>The application has accepted a session. Only for streams that ask for one.</summary>
    public virtual bool OnAccept(ulong id, in AcceptMessage accept) => false;

    /// <summary>What is to be accepted may go on in another worker: its request is to be kept for that.</summary>
    public virtual void OnKeepAsked(ulong id)
    {
    }

    /// <summary>What has just come of a response is a part of what the application gives at once.</summary>
    public virtual void OnPart(ulong id)
    {
    }

    /// <summary>The application has saved what it needs to go on in another worker.</summary>
    /// <returns>What has come of it; null where none may come here.</returns>
    public virtual StateStatus? OnSave(ulong id, in SaveMessage message) => null;

    /// <summary>The worker is to go (<see cref="WorkerHandle.Leaving"/>): what can go on in another one is to do so.</summary>
    /// <returns>Whether it does.</returns>
    public virtual bool OnLeave(ulong id) => false;

    /// <summary>A message of the session for the client, or a part of one.</summary>
    public virtual bool OnData(ulong id, FrameFlags flags, ReadOnlySpan<byte> data) => false;

    /// <summary>The client is to get what is published in a topic, or no more of it.</summary>
    /// <param name="id">The stream.</param>
    /// <param name="message">What its worker says.</param>
    /// <param name="awaited">What the answer has to wait for; null for nothing.</param>
    /// <returns>What has come of it; null where none may come here.</returns>
    public virtual StateStatus? OnSubscribe(ulong id, in SubscribeMessage message, out TopicConfirmation? awaited)
    {
        awaited = null;
        return null;
    }

    /// <summary>The application ends the session.</summary>
    public virtual bool OnClose(ulong id, in CloseMessage close) => false;

    /// <summary>The worker gives no complete response.</summary>
    public abstract void OnReset(ulong id, ResetReason reason, string message);

    /// <summary>The link is gone.</summary>
    public abstract void OnLost(ulong id, StreamLoss loss);

    /// <summary>The worker has had all the time that a request may take. Called under the link's gate.</summary>
    /// <returns>What is to happen; with <see cref="DeadlineVerdict.TimedOut"/> the link forgets the stream.</returns>
    public abstract DeadlineVerdict OnDeadline(ulong id);

    /// <summary>Whether the worker waits for the client at this moment: such time does not count. Called under the link's gate; changes nothing.</summary>
    public virtual bool IsAwaitingClient(ulong id) => false;

    /// <summary>Called under no lock after <see cref="OnDeadline"/> has said that it has timed out.</summary>
    public abstract void OnTimedOut(ulong id);
}
