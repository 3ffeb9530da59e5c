namespace Hydra.Protocol;

/// <summary>
/// The closed set of messages. The numbers are part of the schema: from <see cref="Request"/> on the messages are about streams, on
/// data links, and those before it about links, as are those from <see cref="Inspect"/> on, but for those from <see cref="Subscribe"/> to
/// <see cref="Leave"/>. See docs/protocol.md.
/// </summary>
[WireEnum]
internal enum MessageType : byte
{
    Hello = 0x01,
    Welcome = 0x02,
    Ready = 0x03,
    Failed = 0x04,
    Drain = 0x05,
    Ping = 0x06,
    Pong = 0x07,
    Log = 0x08,
    Goodbye = 0x09,
    Interrupt = 0x0A,
    Fork = 0x0B,
    Forked = 0x0C,
    Exited = 0x0D,
    Kill = 0x0E,
    Part = 0x0F,
    Request = 0x10,
    Body = 0x11,
    Response = 0x12,
    Window = 0x13,
    Cancel = 0x14,
    Reset = 0x15,
    Taken = 0x16,
    Finished = 0x17,
    Accept = 0x18,
    Data = 0x19,
    Close = 0x1A,
    File = 0x1B,
    Opened = 0x1C,
    Hint = 0x1D,
    Capacity = 0x1E,
    Trailers = 0x1F,
    Inspect = 0x20,
    Stacks = 0x21,
    Collect = 0x22,
    Collected = 0x23,
    Subscribe = 0x24,
    Subscribed = 0x25,
    Save = 0x26,
    Leave = 0x27,
    StateCall = 0x28,
    StateReply = 0x29,
    StatePart = 0x2A,
    Resume = 0x2B,
}

/// <summary>The flag bits of a frame header. Bits not named here must be zero.</summary>
[Flags]
[WireEnum(PythonPrefix = "FLAG_")]
internal enum FrameFlags : byte
{
    None = 0,

    /// <summary>The sender's last data of this stream: no body follows.</summary>
    End = 1,

    /// <summary>On REQUEST: the client waits for "100 Continue"; no body credit is given until the worker sends WINDOW.</summary>
    ExpectContinue = 2,

    /// <summary>On REQUEST: the client asks for a WebSocket. ACCEPT makes a session of the stream; a RESPONSE denies it.</summary>
    Session = 4,

    /// <summary>On DATA: the message is text, in UTF-8; all frames of a message say the same.</summary>
    Text = 8,

    /// <summary>
    /// On DATA: the message goes on in the stream's next DATA frame. On COLLECTED: the answer goes on in the next one. On RESPONSE and BODY: what the application
    /// gives at once does.
    /// </summary>
    More = 16,

    /// <summary>On RESPONSE: its body is not bytes but what FILE carries, and begins with that file's.</summary>
    File = 32,

    /// <summary>
    /// On REQUEST: the stream goes on from another worker; its body is no body but what RESUME carries. On ACCEPT: the application may want to go on in another
    /// worker, and its request is to be kept for that.
    /// </summary>
    Resume = 64,
}

/// <summary>What the interface of a worker can do, as its READY says. A set without a bit that is meant here is no error.</summary>
[Flags]
[WireEnum(PythonPrefix = "FEATURE_")]
internal enum InterfaceFeatures : uint
{
    None = 0,

    /// <summary>
    /// Requests run in threads of their own, and INTERRUPT with <see cref="CancelReason.ClientLeft"/> ends one: there a request has no
    /// other way to hear that its client has left.
    /// </summary>
    InterruptibleThreads = 1,

    /// <summary>It takes sessions: REQUEST with <see cref="FrameFlags.Session"/>. Where it is not said the front answers them with 501.</summary>
    WebSockets = 2,

    /// <summary>
    /// A request holds a thread from its first byte on, and its applications look at Content-Length alone to see whether there is a body: it
    /// is better given bodies that are complete, or as complete as the front may hold.
    /// </summary>
    WholeBodies = 4,

    /// <summary>It answers INSPECT. Where it is not said nobody can ask the worker what it does.</summary>
    Inspection = 8,

    /// <summary>It answers COLLECT. Where it is not said nobody asks.</summary>
    Collection = 16,
}

/// <summary>What a link carries.</summary>
[WireEnum(PythonPrefix = "LINK_")]
internal enum LinkKind : byte
{
    /// <summary>Life cycle, probes and log records: one for each worker, served by a thread of its own in the worker.</summary>
    Control = 0,

    /// <summary>Requests and responses.</summary>
    Data = 1,

    /// <summary>Shared state: any number, opened when an application asks for some.</summary>
    State = 2,
}

/// <summary>What is to be done with shared state.</summary>
[WireEnum(PythonPrefix = "STATE_")]
internal enum StateOperation : byte
{
    Get = 1,
    Set = 2,
    Delete = 3,
    Add = 4,
    Touch = 5,
    Clear = 6,
    Acquire = 7,
    Release = 8,
    Extend = 9,
    Abandon = 10,
    Rate = 11,
    Window = 12,
    Count = 13,
    TimeLeft = 14,
    Publish = 15,
    Subscribe = 16,
    Unsubscribe = 17,
    Take = 18,
    Presence = 19,
    Push = 20,
    Pull = 21,
    GroupAdd = 22,
    GroupDiscard = 23,
    GroupSend = 24,
    Flush = 25,
    Offer = 26,
    Give = 27,
    Receive = 28,
    TaskCall = 29,
    TaskNext = 30,
    TaskCancel = 31,
    TaskTake = 32,
    TaskPart = 33,
    TaskDone = 34,
    TaskHear = 35,
    TaskLeave = 36,
    TaskDefer = 37,
    TaskFind = 38,
    TaskSchedule = 39,
}

/// <summary>How a call on shared state is meant.</summary>
[Flags]
[WireEnum(PythonPrefix = "WITH_")]
internal enum StateOptions : byte
{
    None = 0,

    /// <summary>SET: only where there is nothing.</summary>
    Absent = 1,

    /// <summary>SET: only where there is something.</summary>
    Present = 2,

    /// <summary>SET, DELETE: only where the version is the one named.</summary>
    Version = 4,

    /// <summary>SET: the value is the number, which ADD can count on.</summary>
    Number = 8,

    /// <summary>ADD: begin with the number named where there is nothing.</summary>
    Create = 16,

    /// <summary>SET, ADD: leave the time when it ends as it is.</summary>
    KeepTime = 32,

    /// <summary>PUBLISH: the data is text in UTF-8.</summary>
    Text = 64,

    /// <summary>SUBSCRIBE: who comes to the topic and leaves it is told as well.</summary>
    Events = 128,
}

/// <summary>What becomes of messages of a topic for who does not take them as fast as they come.</summary>
[WireEnum(PythonPrefix = "SLOW_")]
internal enum SlowPolicy : byte
{
    /// <summary>The oldest that waits goes.</summary>
    DropOldest = 0,

    /// <summary>The new one goes.</summary>
    Drop = 1,

    /// <summary>The subscriber goes: its connection is closed, its iteration ends.</summary>
    Close = 2,
}

/// <summary>Why a connection goes on in another worker.</summary>
[WireEnum(PythonPrefix = "RESUME_")]
internal enum ResumeReason : byte
{
    /// <summary>Its worker was lost: it has died, was killed, or broke the protocol.</summary>
    Crash = 0,

    /// <summary>All workers are replaced: SIGHUP.</summary>
    Reload = 1,

    /// <summary>Its worker has served long enough: by requests, memory or age.</summary>
    Recycle = 2,

    /// <summary>Somebody has asked for another worker in its place.</summary>
    Restart = 3,

    /// <summary>There are to be fewer workers.</summary>
    Scale = 4,

    /// <summary>Its worker does not come back from what it does.</summary>
    Hang = 5,
}

/// <summary>What a message of a topic is.</summary>
[WireEnum(PythonPrefix = "TOPIC_")]
internal enum TopicKind : byte
{
    /// <summary>Bytes that somebody has published.</summary>
    Binary = 0,

    /// <summary>Text that somebody has published.</summary>
    Text = 1,

    /// <summary>A member has come.</summary>
    Join = 2,

    /// <summary>A member has left.</summary>
    Leave = 3,
}

/// <summary>What became of a call on shared state.</summary>
[WireEnum(PythonPrefix = "STATUS_")]
internal enum StateStatus : byte
{
    Done = 0,

    /// <summary>There is nothing under the key.</summary>
    Missing = 1,

    /// <summary>It is not as the call wants it: there is something already, it has another version, it is at its limit.</summary>
    Refused = 2,

    /// <summary>What is there is no number, or something else than the operation is for.</summary>
    WrongKind = 3,

    /// <summary>There is no room, and nothing may be thrown away for it.</summary>
    Full = 4,

    /// <summary>The value is larger than one may be.</summary>
    TooLarge = 5,

    /// <summary>The sum is no number of 64 bits.</summary>
    Overflow = 6,

    /// <summary>The time to wait is over.</summary>
    TimedOut = 7,

    /// <summary>The operation is not known, or its arguments make no sense.</summary>
    Invalid = 8,

    /// <summary>What it needs is switched off.</summary>
    Off = 9,

    /// <summary>Where it is kept cannot be asked now: nothing was done. The value says why, in UTF-8.</summary>
    Unavailable = 10,

    /// <summary>Where it is kept was asked, and no answer came: whether it was done is not known. The value says why, in UTF-8.</summary>
    Unknown = 11,

    /// <summary>The process that was at it has ended.</summary>
    Lost = 12,
}

/// <summary>Why a worker could not get ready.</summary>
[WireEnum(PythonPrefix = "FAILURE_")]
internal enum StartFailure : byte
{
    ModuleNotFound = 1,
    AttributeMissing = 2,
    NotCallable = 3,
    ImportRaised = 4,
    FactoryRaised = 5,
    LifespanFailed = 6,
    InterfaceMismatch = 7,
    Internal = 8,

    /// <summary>What is to be called for workers that have ended is not there.</summary>
    ExitHookMissing = 9,

    /// <summary>A function that is to be called at the worker's start, or at a reload, is not there or has failed.</summary>
    HookFailed = 10,

    /// <summary>An agent that is to be set up in the worker is not installed or has failed.</summary>
    InstrumentFailed = 11,
}

/// <summary>Why the front ends a stream early.</summary>
[WireEnum(PythonPrefix = "CANCEL_")]
internal enum CancelReason : byte
{
    ClientLeft = 1,
    Timeout = 2,
    Shutdown = 3,

    /// <summary>The front met an error of its own while it wrote the response.</summary>
    FrontError = 4,
}

/// <summary>Why a worker ends a stream without a complete response.</summary>
[WireEnum(PythonPrefix = "RESET_")]
internal enum ResetReason : byte
{
    /// <summary>The application raised.</summary>
    ApplicationError = 1,

    /// <summary>The application broke a rule of its interface or of HTTP; the message says which.</summary>
    RuleViolation = 2,

    /// <summary>The application returned without a (complete) response.</summary>
    NoResponse = 3,

    /// <summary>
    /// The worker is going away, or held up by other requests, and has not started this one: it may be sent to another worker.
    /// </summary>
    NotStarted = 4,

    /// <summary>The front had cancelled the stream, and the application is through with it.</summary>
    Cancelled = 5,
}

/// <summary>Whether a COLLECTED has all that there is.</summary>
[WireEnum(PythonPrefix = "COLLECT_")]
internal enum CollectOutcome : byte
{
    /// <summary>It has.</summary>
    Whole = 0,

    /// <summary>Something could not be had, because a collector of the application has raised: of that the last that is known stands.</summary>
    Partial = 1,

    /// <summary>It would be larger than <see cref="ProtocolLimits.MaxCollected"/>, and nothing was sent.</summary>
    TooLarge = 2,
}

/// <summary>The severity of a LOG record, in the order of Python's levels.</summary>
[WireEnum(PythonPrefix = "LOG_")]
internal enum WireLogLevel : byte
{
    Debug = 1,
    Info = 2,
    Warning = 3,
    Error = 4,
    Critical = 5,
}
