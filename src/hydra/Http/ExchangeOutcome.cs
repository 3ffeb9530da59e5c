namespace Hydra.Http;

/// <summary>How the wait for a response's head ended.</summary>
internal enum ExchangeOutcome
{
    /// <summary>The response is applied to the context, body and all.</summary>
    Complete,

    /// <summary>The head is applied; the body follows in the exchange's pipe.</summary>
    Streaming,

    /// <summary>The client has left; nobody reads an answer.</summary>
    ClientGone,

    /// <summary>The request's body could not be read; the context says why.</summary>
    BadRequestBody,

    /// <summary>More of the request's body came than the server takes.</summary>
    BodyTooLarge,

    /// <summary>The request's body came more slowly than the server bears.</summary>
    BodyTooSlow,

    /// <summary>The request's body cannot be read back from disk; that has been logged.</summary>
    BodyLost,

    /// <summary>The worker's link closed before the head came.</summary>
    LinkLost,

    /// <summary>The worker is going away and has not begun: another may take the request.</summary>
    NotStarted,

    /// <summary>The worker has taken longer than a request may.</summary>
    TimedOut,

    /// <summary>The application failed; the worker has logged it.</summary>
    ApplicationError,

    /// <summary>The response breaks a rule of HTTP; <see cref="HttpExchange.Rule"/> says which.</summary>
    BadResponse,

    /// <summary>The queue is full, the request has waited too long, or the server is going down.</summary>
    Refused,

    /// <summary>The request has killed two workers, and is kept from a third.</summary>
    Poisonous,
}
