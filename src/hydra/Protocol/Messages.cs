namespace Hydra.Protocol;

// The declaration that both sides are generated from. Order matters: all fixed-size fields (and the length of each
// variable field) stand first on the wire, in this order, then the variable bytes in the same order.

/// <summary>The first frame on every link: the worker proves that it was started by this front and speaks this schema.</summary>
[WireMessage(MessageType.Hello, WireDirection.ToFront)]
internal readonly ref partial struct HelloMessage
{
    /// <summary>Must equal the front's schema hash.</summary>
    public ulong Schema { get; init; }

    /// <summary>The worker's process id.</summary>
    public uint ProcessId { get; init; }

    /// <summary>The worker's index, as given in the boot document.</summary>
    public ushort Worker { get; init; }

    /// <summary>A <see cref="LinkKind"/>.</summary>
    public byte Kind { get; init; }

    /// <summary>Which of the data links this is, from 0; 0 on the control link.</summary>
    public byte Index { get; init; }

    /// <summary>The one-time token of the boot document.</summary>
    [WireBytes(WireLength.U8)]
    public ReadOnlySpan<byte> Token { get; init; }
}

/// <summary>The front's answer to a HELLO that it accepts.</summary>
[WireMessage(MessageType.Welcome, WireDirection.ToWorker)]
internal readonly ref partial struct WelcomeMessage
{
    /// <summary>Bytes of BODY that the front may send on a new stream before the worker grants more.</summary>
    public uint RequestWindow { get; init; }

    /// <summary>Bytes of BODY that the worker may send on a new stream before the front grants more.</summary>
    public uint ResponseWindow { get; init; }
}

/// <summary>Control link: the application is loaded, its lifespan has started and all data links are open.</summary>
[WireMessage(MessageType.Ready, WireDirection.ToFront)]
internal readonly ref partial struct ReadyMessage
{
    /// <summary>Requests the worker can run at the same time; 0 means no bound of its own.</summary>
    public uint Concurrency { get; init; }

    /// <summary>What the interface can do: <see cref="InterfaceFeatures"/>. The front decides by these and never by the name.</summary>
    public uint Features { get; init; }

    /// <summary>asgi, asgi2, wsgi, rsgi, raw, aiohttp, tornado, or the adapter that the user named. Only words.</summary>
    [WireBytes(WireLength.U8)]
    public ReadOnlySpan<byte> Interface { get; init; }

    /// <summary>Implementation and version, such as "CPython 3.11.2".</summary>
    [WireBytes(WireLength.U8)]
    public ReadOnlySpan<byte> Python { get; init; }

    /// <summary>The event loop in use ("uvloop 0.17.0", "asyncio"), or "threads".</summary>
    [WireBytes(WireLength.U8)]
    public ReadOnlySpan<byte> Loop { get; init; }
}

/// <summary>Control link: the worker cannot serve. It exits after this.</summary>
[WireMessage(MessageType.Failed, WireDirection.ToFront)]
internal readonly ref partial struct FailedMessage
{
    /// <summary>A <see cref="StartFailure"/>.</summary>
    public byte Reason { get; init; }

    /// <summary>One sentence for the user.</summary>
    [WireBytes(WireLength.U16)]
    public ReadOnlySpan<byte> Message { get; init; }

    /// <summary>The traceback with the user's frames, or empty.</summary>
    [WireBytes(WireLength.U32)]
    public ReadOnlySpan<byte> Traceback { get; init; }
}

/// <summary>Control link: finish the streams that run, shut the lifespan down, send GOODBYE and exit with code 0.</summary>
[WireMessage(MessageType.Drain, WireDirection.ToWorker)]
internal readonly ref partial struct DrainMessage
{
    /// <summary>Milliseconds after which what still runs is cancelled.</summary>
    public uint GraceMilliseconds { get; init; }
}

/// <summary>Control link: are you alive?</summary>
[WireMessage(MessageType.Ping, WireDirection.ToWorker)]
internal readonly ref partial struct PingMessage
{
    /// <summary>Comes back in the PONG.</summary>
    public uint Nonce { get; init; }
}

/// <summary>Control link: how the worker does. Sent by its control thread, so it comes also while the application blocks.</summary>
[WireMessage(MessageType.Pong, WireDirection.ToFront)]
internal readonly ref partial struct PongMessage
{
    /// <summary>The nonce of the PING.</summary>
    public uint Nonce { get; init; }

    /// <summary>Microseconds by which the event loop is late; 0 where there is no event loop.</summary>
    public uint LoopLagMicroseconds { get; init; }

    /// <summary>1 while somebody debugs the worker: what stands still there is no hang. Else 0.</summary>
    public byte IsDebugged { get; init; }
}

/// <summary>Control link: a log record of the application or of the shim.</summary>
[WireMessage(MessageType.Log, WireDirection.ToFront)]
internal readonly ref partial struct LogMessage
{
    /// <summary>When it was made, in microseconds since the Unix epoch.</summary>
    public ulong CreatedMicroseconds { get; init; }

    /// <summary>A <see cref="WireLogLevel"/>.</summary>
    public byte Level { get; init; }

    /// <summary>The logger's name.</summary>
    [WireBytes(WireLength.U8)]
    public ReadOnlySpan<byte> Logger { get; init; }

    /// <summary>The formatted record with its traceback, UTF-8.</summary>
    [WireBytes(WireLength.U32)]
    public ReadOnlySpan<byte> Message { get; init; }
}

/// <summary>Control link: the worker has drained and is about to exit.</summary>
[WireMessage(MessageType.Goodbye, WireDirection.ToFront)]
internal readonly ref partial struct GoodbyeMessage
{
    /// <summary>Streams that had to be cancelled when the grace was over.</summary>
    public uint Cancelled { get; init; }

    /// <summary>Empty, or what went wrong in the lifespan's shutdown.</summary>
    [WireBytes(WireLength.U16)]
    public ReadOnlySpan<byte> Message { get; init; }
}

/// <summary>
/// Control link: what runs this stream is to stop, although it may keep the worker from reading its data links. The stream's CANCEL is
/// on its way there.
/// </summary>
[WireMessage(MessageType.Interrupt, WireDirection.ToWorker)]
internal readonly ref partial struct InterruptMessage
{
    /// <summary>The stream's id.</summary>
    public ulong Target { get; init; }

    /// <summary>The data link that it is on.</summary>
    public byte Link { get; init; }

    /// <summary>A <see cref="CancelReason"/>: <see cref="CancelReason.Timeout"/> or <see cref="CancelReason.ClientLeft"/>.</summary>
    public byte Reason { get; init; }
}

/// <summary>
/// Control link: the worker is to go, and responses that have no end of their own are to come to theirs: their receive() gives a disconnect,
/// their send() goes on. It may come again, for those that have begun in the meantime.
/// </summary>
[WireMessage(MessageType.Part, WireDirection.ToWorker)]
internal readonly ref partial struct PartMessage
{
    /// <summary>Milliseconds until what still runs is cut off.</summary>
    public uint GraceMilliseconds { get; init; }

    /// <summary>1 when the server stops, and sessions are to end as well; 0 when they have a time of their own.</summary>
    public byte Sessions { get; init; }
}

/// <summary>
/// Control link: where is the worker's Python code? It is to answer with STACKS from its control thread, also while the application blocks, and to go
/// on as if nothing were. Only to workers that have <see cref="InterfaceFeatures.Inspection"/>.
/// </summary>
[WireMessage(MessageType.Inspect, WireDirection.ToWorker)]
internal readonly ref partial struct InspectMessage
{
    /// <summary>The stream whose code is meant; 0 for all threads and tasks.</summary>
    public ulong Target { get; init; }

    /// <summary>Comes back in the STACKS.</summary>
    public uint Sequence { get; init; }

    /// <summary>The data link that the stream is on.</summary>
    public byte Link { get; init; }
}

/// <summary>Control link: where the worker's Python code is.</summary>
[WireMessage(MessageType.Stacks, WireDirection.ToFront)]
internal readonly ref partial struct StacksMessage
{
    /// <summary>Which <see cref="InspectMessage"/> this answers.</summary>
    public uint Sequence { get; init; }

    /// <summary>Lines as Python shows tracebacks, UTF-8. Empty where the stream is not there any more.</summary>
    [WireBytes(WireLength.U32)]
    public ReadOnlySpan<byte> Text { get; init; }
}

/// <summary>Control link: what was counted? Only to a worker whose READY has said <see cref="InterfaceFeatures.Collection"/>, and not again before it has answered.</summary>
[WireMessage(MessageType.Collect, WireDirection.ToWorker)]
internal readonly ref partial struct CollectMessage
{
    /// <summary>Comes back with the answer; from 1.</summary>
    public uint Sequence { get; init; }
}

/// <summary>
/// Control link: what was counted, or, with <see cref="FrameFlags.More"/>, a part of it: the frames of one answer follow each other, and have
/// <see cref="ProtocolLimits.MaxCollected"/> bytes of text at most together.
/// </summary>
[WireMessage(MessageType.Collected, WireDirection.ToFront, Flags = FrameFlags.More)]
internal readonly ref partial struct CollectedMessage
{
    /// <summary>Which <see cref="CollectMessage"/> this answers; 0 for what was counted in the end, before GOODBYE.</summary>
    public uint Sequence { get; init; }

    /// <summary>A <see cref="CollectOutcome"/>; that of the last frame counts.</summary>
    public byte Outcome { get; init; }

    /// <summary>Lines, UTF-8: docs/protocol.md.</summary>
    [WireBytes(WireLength.U32)]
    public ReadOnlySpan<byte> Text { get; init; }
}

/// <summary>To a template process: fork a worker. Three descriptors come with the frame: the worker's standard streams.</summary>
[WireMessage(MessageType.Fork, WireDirection.ToWorker)]
internal readonly ref partial struct ForkMessage
{
    /// <summary>Comes back in <see cref="ForkedMessage.Sequence"/>.</summary>
    public uint Sequence { get; init; }
}

/// <summary>From a template process: the worker is forked, or could not be.</summary>
[WireMessage(MessageType.Forked, WireDirection.ToFront)]
internal readonly ref partial struct ForkedMessage
{
    /// <summary>Which <see cref="ForkMessage"/> this answers.</summary>
    public uint Sequence { get; init; }

    /// <summary>The worker's process id; 0 when it could not be forked.</summary>
    public uint ProcessId { get; init; }

    /// <summary>Why it could not be forked.</summary>
    [WireBytes(WireLength.U16)]
    public ReadOnlySpan<byte> Message { get; init; }
}

/// <summary>From a template process: a worker that it forked has ended.</summary>
[WireMessage(MessageType.Exited, WireDirection.ToFront)]
internal readonly ref partial struct ExitedMessage
{
    /// <summary>The worker's process id.</summary>
    public uint ProcessId { get; init; }

    /// <summary>Its exit code, or 128 and the number of the signal that ended it.</summary>
    public uint Code { get; init; }
}

/// <summary>To a template process: end a worker that it forked, at once.</summary>
[WireMessage(MessageType.Kill, WireDirection.ToWorker)]
internal readonly ref partial struct KillMessage
{
    /// <summary>The worker's process id. One that has ended is no error.</summary>
    public uint ProcessId { get; init; }
}

/// <summary>A request. With <see cref="FrameFlags.End"/> its body is complete in this frame.</summary>
[WireMessage(MessageType.Request, WireDirection.ToWorker, Flags = FrameFlags.End | FrameFlags.ExpectContinue | FrameFlags.Session | FrameFlags.Resume)]
internal readonly ref partial struct RequestMessage
{
    /// <summary>Microseconds that the request waited in the front.</summary>
    public uint QueueMicroseconds { get; init; }

    /// <summary>The method as the client sent it.</summary>
    [WireBytes(WireLength.U8)]
    public ReadOnlySpan<byte> Method { get; init; }

    /// <summary>The path as the client sent it: percent-encoded, without the query.</summary>
    [WireBytes(WireLength.U16)]
    public ReadOnlySpan<byte> RawPath { get; init; }

    /// <summary>What follows the first "?", without it.</summary>
    [WireBytes(WireLength.U16)]
    public ReadOnlySpan<byte> Query { get; init; }

    /// <summary>scheme, HTTP version, client host, client port, server host, server port, root path, joined with NUL.</summary>
    [WireBytes(WireLength.U16)]
    public ReadOnlySpan<byte> Connection { get; init; }

    /// <summary>Lower-case names and values as received, in order: name, value, name, value … joined with NUL.</summary>
    [WireBytes(WireLength.U32)]
    public ReadOnlySpan<byte> Headers { get; init; }

    /// <summary>The beginning of the body, or all of it; with <see cref="FrameFlags.Resume"/> the payload of a RESUME.</summary>
    [WireBytes(WireLength.U32)]
    public ReadOnlySpan<byte> Body { get; init; }
}

/// <summary>Body bytes, either way; the payload is nothing but the bytes, and counts against the receiver's credit.</summary>
[WireMessage(MessageType.Body, WireDirection.Both, Flags = FrameFlags.End | FrameFlags.More)]
internal readonly ref partial struct BodyMessage;

/// <summary>
/// A response's head with the beginning of its body. With <see cref="FrameFlags.End"/> it is complete. With <see cref="FrameFlags.File"/> the body
/// is the payload of a FILE.
/// </summary>
[WireMessage(MessageType.Response, WireDirection.ToFront, Flags = FrameFlags.End | FrameFlags.More | FrameFlags.File)]
internal readonly ref partial struct ResponseMessage
{
    /// <summary>The status code, 200 to 999.</summary>
    public ushort Status { get; init; }

    /// <summary>
    /// As in <see cref="RequestMessage.Headers"/>, with names in the application's case. Where the reason phrase is not the usual one of the
    /// status, it comes first, under the name ":reason", which no field can have.
    /// </summary>
    [WireBytes(WireLength.U32)]
    public ReadOnlySpan<byte> Headers { get; init; }

    /// <summary>The beginning of the body, or all of it.</summary>
    [WireBytes(WireLength.U32)]
    public ReadOnlySpan<byte> Body { get; init; }
}

/// <summary>The sender has room for more BODY bytes of this stream.</summary>
[WireMessage(MessageType.Window, WireDirection.Both)]
internal readonly ref partial struct WindowMessage
{
    /// <summary>Bytes that the other side may send beyond what it was granted before.</summary>
    public uint Credit { get; init; }
}

/// <summary>The front has ended the stream: the application's receive() gives a disconnect and its send() raises.</summary>
[WireMessage(MessageType.Cancel, WireDirection.ToWorker)]
internal readonly ref partial struct CancelMessage
{
    /// <summary>A <see cref="CancelReason"/>.</summary>
    public byte Reason { get; init; }
}

/// <summary>
/// The client has closed its sending side: it has left, or it waits for nothing but the answer. Behind what has come of the body the
/// application's receive() gives a disconnect; its send() goes on.
/// </summary>
[WireMessage(MessageType.Finished, WireDirection.ToWorker)]
internal readonly ref partial struct FinishedMessage
{
    /// <summary>1 when the body is complete; 0 when it breaks off behind what was sent of it.</summary>
    public byte IsComplete { get; init; }
}

/// <summary>The worker has ended the stream without a complete response.</summary>
[WireMessage(MessageType.Reset, WireDirection.ToFront)]
internal readonly ref partial struct ResetMessage
{
    /// <summary>A <see cref="ResetReason"/>.</summary>
    public byte Reason { get; init; }

    /// <summary>One sentence for the log.</summary>
    [WireBytes(WireLength.U16)]
    public ReadOnlySpan<byte> Message { get; init; }
}

/// <summary>
/// What requests cost the worker; and, unless the stream is 0, that it has taken this stream's request, and with it all that were sent
/// on this link before.
/// </summary>
[WireMessage(MessageType.Taken, WireDirection.ToFront)]
internal readonly ref partial struct TakenMessage
{
    /// <summary>For how long the <see cref="Requests"/> have kept the event loop busy, or a thread each, in all.</summary>
    public uint BusyMicroseconds { get; init; }

    /// <summary>The requests since the last TAKEN on any link of the worker.</summary>
    public uint Requests { get; init; }

    /// <summary>Threads that are still at work behind responses that are complete; 0 where requests have no threads of their own.</summary>
    public uint Held { get; init; }
}

/// <summary>How many requests a worker with threads runs at the same time from now on, in place of what READY has said. On any data link, for stream 0.</summary>
[WireMessage(MessageType.Capacity, WireDirection.ToFront)]
internal readonly ref partial struct CapacityMessage
{
    /// <summary>Threads, from 1; nothing for an event loop.</summary>
    public uint Threads { get; init; }
}

/// <summary>
/// The application has accepted the session that a REQUEST with <see cref="FrameFlags.Session"/> asks for. From then on DATA goes both ways,
/// in place of BODY, and the stream ends with CLOSE.
/// </summary>
[WireMessage(MessageType.Accept, WireDirection.ToFront, Flags = FrameFlags.Resume)]
internal readonly ref partial struct AcceptMessage
{
    /// <summary>One of the subprotocols that the client offers, or empty.</summary>
    [WireBytes(WireLength.U16)]
    public ReadOnlySpan<byte> Subprotocol { get; init; }

    /// <summary>More fields for the answer to the handshake, as in <see cref="ResponseMessage.Headers"/>.</summary>
    [WireBytes(WireLength.U32)]
    public ReadOnlySpan<byte> Headers { get; init; }
}

/// <summary>
/// A message of a session, or a part of one; the payload is nothing but its bytes. Each frame costs its bytes and
/// <see cref="ProtocolLimits.DataCost"/> of the receiver's credit, so that empty messages are bounded as well.
/// </summary>
[WireMessage(MessageType.Data, WireDirection.Both, Flags = FrameFlags.Text | FrameFlags.More)]
internal readonly ref partial struct DataMessage;

/// <summary>
/// The session ends. From the worker: the stream is over. From the front: as CANCEL, with what the client has said, or is told; the worker says by
/// RESET that it is through with the stream.
/// </summary>
[WireMessage(MessageType.Close, WireDirection.Both)]
internal readonly ref partial struct CloseMessage
{
    /// <summary>The close code (RFC 6455, section 7.4); 1005 where the client has named none, 1006 where it left without a word.</summary>
    public ushort Code { get; init; }

    /// <summary>Why, in UTF-8, at most 123 bytes.</summary>
    [WireBytes(WireLength.U8)]
    public ReadOnlySpan<byte> Reason { get; init; }
}

/// <summary>
/// The bytes of a file, in the place of BODY: the front reads them. Costs no credit; unless it ends the response the worker sends nothing more of that
/// until OPENED has come: from then on the front has the file, whatever becomes of the worker's descriptor or of the name.
/// </summary>
[WireMessage(MessageType.File, WireDirection.ToFront, Flags = FrameFlags.End)]
internal readonly ref partial struct FileMessage
{
    /// <summary>Where to begin, in bytes.</summary>
    public ulong Offset { get; init; }

    /// <summary>How many bytes at most: no more than there are up to the end of the file.</summary>
    public ulong Length { get; init; }

    /// <summary>The path, absolute, in the bytes that the system has for it.</summary>
    [WireBytes(WireLength.U16)]
    public ReadOnlySpan<byte> Path { get; init; }
}

/// <summary>A FILE that did not end its response was opened, and what it says is on its way to the client.</summary>
[WireMessage(MessageType.Opened, WireDirection.ToWorker)]
internal readonly ref partial struct OpenedMessage
{
    /// <summary>How many bytes the client is to get of it.</summary>
    public ulong Size { get; init; }
}

/// <summary>
/// Header fields that the client is to have before its response, with status 103 (RFC 8297): as <see cref="ResponseMessage.Headers"/>. Any number of
/// times before the response.
/// </summary>
[WireMessage(MessageType.Hint, WireDirection.ToFront)]
internal readonly ref partial struct HintMessage
{
    /// <summary>The fields.</summary>
    [WireBytes(WireLength.U32)]
    public ReadOnlySpan<byte> Headers { get; init; }
}

/// <summary>
/// The response is over, and these fields come behind its body (RFC 9110, section 6.5): in the place of END on a BODY, after a RESPONSE without it. Who
/// cannot take trailers gets the response without them. Costs no credit.
/// </summary>
[WireMessage(MessageType.Trailers, WireDirection.ToFront)]
internal readonly ref partial struct TrailersMessage
{
    /// <summary>The fields, as <see cref="ResponseMessage.Headers"/>; none that <see cref="TrailerFields"/> forbids.</summary>
    [WireBytes(WireLength.U32)]
    public ReadOnlySpan<byte> Headers { get; init; }
}

/// <summary>State link: something is to be done with the shared state of the application. docs/state.md says what the fields mean for each operation.</summary>
[WireMessage(MessageType.StateCall, WireDirection.ToFront)]
internal readonly ref partial struct StateCallMessage
{
    /// <summary>A number, a limit, or the one to begin with; signed numbers in two's complement.</summary>
    public ulong Number { get; init; }

    /// <summary>A version, a token, or the number to add.</summary>
    public ulong Other { get; init; }

    /// <summary>Milliseconds that it is to be kept, or that a lease lasts; 0 for ever.</summary>
    public ulong Milliseconds { get; init; }

    /// <summary>Comes back in the reply. Several calls may be on their way.</summary>
    public uint Sequence { get; init; }

    /// <summary>Milliseconds to wait at most where it may take time.</summary>
    public uint Wait { get; init; }

    /// <summary>A <see cref="StateOperation"/>.</summary>
    public byte Operation { get; init; }

    /// <summary><see cref="StateOptions"/>.</summary>
    public byte Options { get; init; }

    /// <summary>What it is about.</summary>
    [WireBytes(WireLength.U16)]
    public ReadOnlySpan<byte> Key { get; init; }

    /// <summary>The value, or what follows the STATE_PART that came before of the same sequence.</summary>
    [WireBytes(WireLength.U32)]
    public ReadOnlySpan<byte> Value { get; init; }
}

/// <summary>State link: what became of a call.</summary>
[WireMessage(MessageType.StateReply, WireDirection.ToWorker)]
internal readonly ref partial struct StateReplyMessage
{
    /// <summary>A number; signed ones in two's complement.</summary>
    public ulong Number { get; init; }

    /// <summary>A version, a token or a time in milliseconds.</summary>
    public ulong Other { get; init; }

    /// <summary>Which call it answers.</summary>
    public uint Sequence { get; init; }

    /// <summary>A <see cref="StateStatus"/>.</summary>
    public byte Status { get; init; }

    /// <summary>1 where the value is the number; else 0.</summary>
    public byte IsNumber { get; init; }

    /// <summary>The value, or what follows the STATE_PART that came before of the same sequence.</summary>
    [WireBytes(WireLength.U32)]
    public ReadOnlySpan<byte> Value { get; init; }
}

/// <summary>State link: the beginning of a value that does not fit into a frame. It goes on in further ones and ends with the call, or the reply.</summary>
[WireMessage(MessageType.StatePart, WireDirection.Both)]
internal readonly ref partial struct StatePartMessage
{
    /// <summary>Which call, or reply.</summary>
    public uint Sequence { get; init; }

    /// <summary>The next bytes.</summary>
    [WireBytes(WireLength.U32)]
    public ReadOnlySpan<byte> Value { get; init; }
}

/// <summary>The client of this stream is to get what is published in a topic, or no more of it: behind what was sent before on the stream.</summary>
[WireMessage(MessageType.Subscribe, WireDirection.ToFront)]
internal readonly ref partial struct SubscribeMessage
{
    /// <summary>Comes back in the answer.</summary>
    public uint Sequence { get; init; }

    /// <summary>Messages that may wait for a client that is slow.</summary>
    public uint Limit { get; init; }

    /// <summary><see cref="StateOperation.Subscribe"/> or <see cref="StateOperation.Unsubscribe"/>.</summary>
    public byte Operation { get; init; }

    /// <summary>A <see cref="SlowPolicy"/>.</summary>
    public byte Policy { get; init; }

    /// <summary><see cref="StateOptions.Events"/> or none.</summary>
    public byte Options { get; init; }

    /// <summary>The topic.</summary>
    [WireBytes(WireLength.U16)]
    public ReadOnlySpan<byte> Topic { get; init; }

    /// <summary>Who it is that is there, in UTF-8; empty for nobody.</summary>
    [WireBytes(WireLength.U16)]
    public ReadOnlySpan<byte> Member { get; init; }

    /// <summary>What is to be known of the member, in JSON; empty for nothing.</summary>
    [WireBytes(WireLength.U32)]
    public ReadOnlySpan<byte> Info { get; init; }
}

/// <summary>What became of a SUBSCRIBE, or of a SAVE.</summary>
[WireMessage(MessageType.Subscribed, WireDirection.ToWorker)]
internal readonly ref partial struct SubscribedMessage
{
    /// <summary>Which one it answers.</summary>
    public uint Sequence { get; init; }

    /// <summary>A <see cref="StateStatus"/>.</summary>
    public byte Status { get; init; }
}

/// <summary>
/// The application has dealt with what it has received on this stream so far, and this is what it needs to go on in another worker. From the first one on the
/// client's connection outlives its worker. Answered by SUBSCRIBED.
/// </summary>
[WireMessage(MessageType.Save, WireDirection.ToFront)]
internal readonly ref partial struct SaveMessage
{
    /// <summary>Whole messages that the application has received on this stream since it began; 0 for a request.</summary>
    public ulong Received { get; init; }

    /// <summary>Comes back in the answer.</summary>
    public uint Sequence { get; init; }

    /// <summary>What it needs, at most <see cref="ProtocolLimits.MaxResumeState"/> bytes.</summary>
    [WireBytes(WireLength.U32)]
    public ReadOnlySpan<byte> State { get; init; }
}

/// <summary>
/// The stream is to go on in another worker: the application's receive() gives a disconnect, its send() goes on until then. The worker says by RESET that it is
/// through with the stream; until then SAVE may come.
/// </summary>
[WireMessage(MessageType.Leave, WireDirection.ToWorker)]
internal readonly ref partial struct LeaveMessage
{
    /// <summary>Whole messages of the stream, from its beginning on, that are not given to the next worker. What came behind them is, and nobody receives it here.</summary>
    public ulong Kept { get; init; }
}

/// <summary>In the place of a REQUEST's body, with <see cref="FrameFlags.Resume"/>: from where the application goes on.</summary>
[WireMessage(MessageType.Resume, WireDirection.ToWorker)]
internal readonly ref partial struct ResumeMessage
{
    /// <summary>What the client was given since the state was saved: whole messages of a session, else bytes of the response's body.</summary>
    public ulong Sent { get; init; }

    /// <summary>A <see cref="ResumeReason"/>.</summary>
    public byte Reason { get; init; }

    /// <summary>The subprotocol that the session has; empty for none.</summary>
    [WireBytes(WireLength.U16)]
    public ReadOnlySpan<byte> Subprotocol { get; init; }

    /// <summary>What the application has saved.</summary>
    [WireBytes(WireLength.U32)]
    public ReadOnlySpan<byte> State { get; init; }
}
