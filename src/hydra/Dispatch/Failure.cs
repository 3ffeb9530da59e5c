namespace Hydra.Dispatch;

/// <summary>
/// Why a request gets no answer from the application, or not all of it: all that can go wrong with a request that was read, by side and
/// phase. What each means for the client, the connection, the log and the metrics stands in one table.
/// </summary>
internal enum Failure
{
    /// <summary>Nothing.</summary>
    None,

    // The client's side: the request cannot be forwarded as it is.

    /// <summary>Its head breaks a rule of HTTP (RFC 9112, sections 3 to 5).</summary>
    BadHead,

    /// <summary>Its Content-Length is not digits alone (RFC 9110, section 8.6).</summary>
    BadLength,

    /// <summary>The name of a field has an underscore, and is not to be told from one with a hyphen.</summary>
    BadFieldName,

    /// <summary>Its head did not come in time (RFC 9110, section 15.5.9).</summary>
    HeadTooSlow,

    /// <summary>Its target is longer than the server takes (RFC 9110, section 15.5.15).</summary>
    TargetTooLong,

    /// <summary>Its header fields are larger than the server takes (RFC 6585, section 5).</summary>
    HeadTooLarge,

    /// <summary>Its version of HTTP is not spoken here (RFC 9110, section 15.6.6).</summary>
    UnknownVersion,

    /// <summary>A transfer coding other than chunked alone (RFC 9112, section 6.1).</summary>
    UnknownCoding,

    /// <summary>Its method is longer than any that there is (RFC 9112, section 3).</summary>
    UnknownMethod,

    /// <summary>Its host is none of those that are served, or it names none where one is needed.</summary>
    OtherHost,

    /// <summary>The same on a connection that a client uses for several hosts (RFC 9110, section 15.5.20).</summary>
    Misdirected,

    /// <summary>No application is mounted where it goes to (RFC 9110, section 15.5.5).</summary>
    NotMounted,

    /// <summary>A file that is not there, below a path of files alone (RFC 9110, section 15.5.5).</summary>
    NoFile,

    /// <summary>It is to be answered by the cache alone (only-if-cached), which has nothing for it (RFC 9111, section 5.2.1.7).</summary>
    NotCached,

    /// <summary>Something other than reading is to be done with a file (RFC 9110, section 15.5.6).</summary>
    NotAllowed,

    /// <summary>An upgrade or a tunnel that no worker takes (RFC 9110, sections 7.8 and 9.3.6).</summary>
    NotImplemented,

    /// <summary>It asks for a WebSocket, and its key is none (RFC 6455, section 4.2.1).</summary>
    BadHandshake,

    /// <summary>It asks for a WebSocket of a version that is not spoken here (RFC 6455, section 4.4).</summary>
    OtherWebSocket,

    /// <summary>Its body breaks the rules of its coding, or ends before its length.</summary>
    BadBody,

    /// <summary>
    /// Its body is chunked, cannot stream because its length has to be known, and cannot be kept until then (RFC 9110, section 15.5.12).
    /// </summary>
    LengthRequired,

    /// <summary>Its body is larger than the server takes (RFC 9110, section 15.5.14).</summary>
    BodyTooLarge,

    /// <summary>Its body comes more slowly than the server bears (RFC 9110, section 15.5.9).</summary>
    BodyTooSlow,

    /// <summary>The client has left; nobody reads an answer.</summary>
    ClientGone,

    /// <summary>Its client asks more often than it may (RFC 6585, section 4).</summary>
    RateLimited,

    /// <summary>As many connections are open as may be (RFC 9110, section 15.6.4).</summary>
    TooManyConnections,

    /// <summary>As many connections of its address are open as may be (RFC 6585, section 4).</summary>
    TooManyOfOne,

    /// <summary>Its connection sends what costs the server work and the client nothing (RFC 9113, section 10.5).</summary>
    Flooded,

    /// <summary>It speaks the uwsgi protocol, in which one says who the client is, and may not (RFC 9110, section 15.5.4).</summary>
    NotAProxy,

    /// <summary>What it begins with is no packet of the uwsgi protocol, or one that cannot be read.</summary>
    BadPacket,

    /// <summary>Its body has a content coding that is not decoded here (RFC 9110, sections 8.4 and 15.5.16).</summary>
    UnknownContentCoding,

    // The queue.

    /// <summary>As many wait as may.</summary>
    QueueFull,

    /// <summary>It has waited as long as it may.</summary>
    QueueTimeout,

    /// <summary>The server ends.</summary>
    Closing,

    // The worker's side.

    /// <summary>Workers that go away, or are held up by other requests, have given it back too often.</summary>
    NotStarted,

    /// <summary>Its worker died, or its link closed.</summary>
    WorkerLost,

    /// <summary>Two workers have died of it, and it is kept from a third.</summary>
    Convicted,

    /// <summary>The worker has taken longer than a request may.</summary>
    TimedOut,

    /// <summary>The application failed; the worker has logged it.</summary>
    ApplicationError,

    /// <summary>The response breaks a rule of HTTP.</summary>
    BadResponse,

    /// <summary>The response is a file, which is not there.</summary>
    FileMissing,

    // The front's own.

    /// <summary>The memory that clients may have the server hold is used up (RFC 9110, section 15.6.4).</summary>
    MemoryShort,

    /// <summary>A file is there and cannot be read; that has been logged.</summary>
    FileUnreadable,

    /// <summary>Its body cannot be read back from disk; that has been logged.</summary>
    BodyLost,
}
