namespace Hydra.Transport;

/// <summary>
/// Takes what arrives on a <see cref="LinkChannel"/>. Both methods are called by the channel's reading side only, never by two
/// threads at once, and must not block.
/// </summary>
internal interface ILinkSink
{
    /// <summary>Bytes have arrived.</summary>
    /// <param name="data">Everything not consumed yet, the oldest byte first. Valid during the call.</param>
    /// <returns>How many bytes were consumed; the rest is handed in again, with what follows it. Negative: close the channel.</returns>
    int OnBytes(ReadOnlySpan<byte> data);

    /// <summary>The channel is closed, by either side; called exactly once, and nothing after it.</summary>
    /// <param name="error">What ended it, or null when the other side closed it in order.</param>
    void OnClosed(Exception? error);
}
