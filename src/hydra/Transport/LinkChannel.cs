namespace Hydra.Transport;

/// <summary>
/// A byte stream to one worker with batched output: whoever has frames to send writes them into <see cref="Output"/> while it
/// holds <see cref="Gate"/>, and calls <see cref="FlushSoon"/>; what many requests have written by then leaves in one send.
/// </summary>
internal abstract class LinkChannel
{
    // As much as the kernel takes of it in two or three turns. Bodies of many clients at a time would else wait here, and not where they come from.
    private const int Enough = 1024 * 1024;

    private readonly List<IOutputWaiter> _waiters = [];

    /// <summary>Guards <see cref="Output"/> and, for the owner of the channel, whatever must change together with it.</summary>
    public Lock Gate { get; } = new();

    /// <summary>What waits to be sent. Only under <see cref="Gate"/>.</summary>
    public LinkOutput Output { get; protected set; } = new();

    /// <summary>Begins to read, and hands what arrives to the sink. Called once.</summary>
    public abstract void Start(ILinkSink sink);

    /// <summary>Sees to it that <see cref="Output"/> is sent soon. Only under <see cref="Gate"/>; returns at once.</summary>
    public abstract void FlushSoon();

    /// <summary>
    /// Whether so much waits to be sent that who can wait is to: the waiter then hears when it may ask again. Only under <see cref="Gate"/>.
    /// </summary>
    public bool AwaitsRoom(IOutputWaiter waiter)
    {
        if (Output.Count < Enough)
        {
            return false;
        }

        _waiters.Add(waiter);
        return true;
    }

    /// <summary>Closes the stream; the sink's OnClosed follows, where there is none yet once it is started. Any thread, any number of times.</summary>
    public abstract void Close();

    /// <summary><see cref="Output"/> was taken to be sent, or is never going to be. Only under <see cref="Gate"/>.</summary>
    protected void TellRoom()
    {
        if (_waiters.Count == 0)
        {
            return;
        }

        foreach (IOutputWaiter waiter in _waiters)
        {
            waiter.OnRoom();
        }

        _waiters.Clear();
    }
}
