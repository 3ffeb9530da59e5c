namespace Hydra.Transport;

/// <summary>
/// Looks, as long as the kernel takes no more of a connection's output, whether its client takes any: neither what waits here nor what the
/// kernel holds has changed for <see cref="TransportOptions.SendTimeout"/>, and the connection ends. That a client is slow is no reason: the
/// kernel says that it takes bytes again only when a third of its buffer is free. The loop's thread only.
/// </summary>
/// <param name="output">The connection's output.</param>
internal sealed class SendWatch(LoopOutput output) : ILoopTimer
{
    private const int Looks = 4;

    private (long Unsent, int Unacknowledged) _seen = (-1, -1);
    private int _unchanged;

    /// <summary>Begins to look, unless somebody does already.</summary>
    public static void Begin(LoopOutput output)
    {
        if (!output.Connection.IsSendWatched)
        {
            output.Connection.IsSendWatched = true;
            new SendWatch(output).Wait();
        }
    }

    void ILoopTimer.OnTimer()
    {
        LoopConnection connection = output.Connection;
        if (connection.IsClosed || !output.IsBlocked)
        {
            connection.IsSendWatched = false;
            return;
        }

        (long, int) now = (output.Unsent, LoopSyscalls.Unacknowledged(connection.Descriptor));
        _unchanged = now == _seen ? _unchanged + 1 : 0;
        _seen = now;
        if (_unchanged >= Looks)
        {
            connection.OnSendStalled();
        }
        else
        {
            Wait();
        }
    }

    private void Wait() => output.Connection.Loop.After(output.Connection.Options.SendTimeout / Looks, this);
}
