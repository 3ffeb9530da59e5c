using Hydra.Protocol;

namespace Hydra.Transport;

/// <summary>
/// A <see cref="LinkChannel"/> whose sends run as a work item of the thread pool, one at a time, so that the frames of requests that are handled at the same time share one
/// send; it is read by one asynchronous loop.
/// </summary>
internal abstract class PooledLinkChannel : LinkChannel, IThreadPoolWorkItem
{
    // The largest frame fits, so the reader always makes progress.
    private const int ReceiveCapacity = ProtocolLimits.HeaderSize + ProtocolLimits.MaxPayload;

    // Under Gate: true from the moment a flush is scheduled until a flush has found nothing left to send.
    private bool _flushing;

    /// <summary>What is being sent.</summary>
    protected LinkOutput Sending { get; private set; } = new();

    /// <summary>Whether this end has closed it.</summary>
    protected bool IsClosed { get; private set; }

    /// <inheritdoc/>
    public sealed override void FlushSoon()
    {
        if (_flushing || IsClosed)
        {
            return;
        }

        _flushing = true;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <inheritdoc/>
    public sealed override void Close()
    {
        lock (Gate)
        {
            if (IsClosed)
            {
                return;
            }

            IsClosed = true;
            Output.Clear();
            TellRoom();
        }

        Disconnect();
    }

    void IThreadPoolWorkItem.Execute() => SendAll();

    /// <summary>Sends until <see cref="TakeOutput"/> finds nothing left.</summary>
    protected abstract void SendAll();

    /// <summary>Receives some bytes; 0 at the end.</summary>
    protected abstract ValueTask<int> ReadAsync(Memory<byte> buffer);

    /// <summary>Ends the stream, so that its reader notices. Called once.</summary>
    protected abstract void Disconnect();

    /// <summary>Makes what was written until now <see cref="Sending"/>, which is empty.</summary>
    /// <returns>False where there is nothing; then the next that is written schedules another flush.</returns>
    protected bool TakeOutput()
    {
        lock (Gate)
        {
            if (IsClosed || Output.Count == 0)
            {
                _flushing = false;
                return false;
            }

            (Output, Sending) = (Sending, Output);
            TellRoom();
            return true;
        }
    }

    /// <summary>Hands what arrives to the sink, until the end or until it breaks a rule.</summary>
    protected async Task ReceiveLoopAsync(ILinkSink sink)
    {
        byte[] buffer = new byte[ReceiveCapacity];
        int count = 0;
        while (true)
        {
            int received = await ReadAsync(buffer.AsMemory(count)).ConfigureAwait(false);
            if (received == 0)
            {
                return;
            }

            count += received;
            int consumed = sink.OnBytes(buffer.AsSpan(0, count));
            if (consumed < 0)
            {
                return;
            }

            count -= consumed;
            buffer.AsSpan(consumed, count).CopyTo(buffer);
        }
    }
}
