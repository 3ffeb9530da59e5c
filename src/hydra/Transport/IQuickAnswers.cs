using System.Buffers;

namespace Hydra.Transport;

/// <summary>
/// Answers requests before the connection's reader sees them: those that are whole, have no body, and come while the reader waits for a
/// request. The loop's thread only.
/// </summary>
internal interface IQuickAnswers
{
    /// <summary>
    /// How long the reader may be kept from requests, in milliseconds: it counts how long the connection has been idle, and knows nothing of those
    /// that are answered here.
    /// </summary>
    long LongestSilence { get; }

    /// <summary>Answers a request, or leaves it to the reader.</summary>
    /// <param name="head">Its head, as the client sent it.</param>
    /// <param name="output">Where the answer goes.</param>
    /// <returns>Whether the answer was written, as a whole.</returns>
    bool TryAnswer(CapturedHead head, IBufferWriter<byte> output);
}
