namespace Hydra.Transport;

/// <summary>
/// A byte stream to one worker with batched output: whoever has frames to send writes them into <see cref="Output"/> while it
/// holds <see cref="Gate"/>, and calls <see cref="FlushSoon"/>; what many requests have written by then leaves in one send.
/// </summary>
internal abstract class LinkChannel
{
    /// <summary>Guards <see cref="Output"/> and, for the owner of the channel, whatever must change together with it.</summary>
    public Lock Gate { get; } = new();

    /// <summary>What waits to be sent. Only under <see cref="Gate"/>.</summary>
    public LinkOutput Output { get; protected set; } = new();

    /// <summary>Begins to read, and hands what arrives to the sink. Called once.</summary>
    public abstract void Start(ILinkSink sink);

    /// <summary>Sees to it that <see cref="Output"/> is sent soon. Only under <see cref="Gate"/>; returns at once.</summary>
    public abstract void FlushSoon();

    /// <summary>Closes the stream; the sink's OnClosed follows. Any thread, any number of times.</summary>
    public abstract void Close();
}
