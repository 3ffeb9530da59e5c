namespace Hydra.Transport;

/// <summary>What is wrong with what a client sends as a request of HTTP/1.</summary>
internal enum HeadFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The request line is none (RFC 9112, section 3).</summary>
    Line,

    /// <summary>A field line is none, or breaks the rules of its field (RFC 9112, section 5).</summary>
    Field,

    /// <summary>Host is no host with an optional port, or the target names none (RFC 9112, section 3.2).</summary>
    Host,

    /// <summary>Content-Length is not digits alone, or more than 64 bits (RFC 9110, section 8.6).</summary>
    Length,

    /// <summary>A transfer coding other than chunked alone (RFC 9112, section 6.1).</summary>
    Coding,

    /// <summary>A method that is longer than any that there is (RFC 9112, section 3).</summary>
    Method,

    /// <summary>More bytes than any head may have.</summary>
    TooLarge,

    /// <summary>It is larger than nearly all, and the memory for such heads is used up (RFC 9110, section 15.6.4).</summary>
    Memory,

    /// <summary>The framing of a chunked body breaks a rule (RFC 9112, section 7.1).</summary>
    Chunks,

    /// <summary>A chunk of 2 GiB or more, which is more than the server takes (RFC 9110, section 15.5.14).</summary>
    LargeChunk,

    /// <summary>What the server has consumed is not what was looked at: where the next head begins is not certain.</summary>
    Lost,
}
