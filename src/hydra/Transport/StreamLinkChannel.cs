using Hydra.Protocol;

namespace Hydra.Transport;

/// <summary>A <see cref="LinkChannel"/> over a stream, as that of TLS is: what was written by the time that a send begins leaves in it.</summary>
/// <param name="stream">The stream, which it closes.</param>
internal sealed class StreamLinkChannel(Stream stream) : LinkChannel
{
    private const int ReceiveCapacity = ProtocolLimits.HeaderSize + ProtocolLimits.MaxPayload;

    private LinkOutput _sending = new();

    // Under Gate: true from the moment a send is begun until one has found nothing left.
    private bool _flushing;
    private bool _closed;

    /// <inheritdoc/>
    public override void Start(ILinkSink sink) => _ = ReceiveAsync(sink);

    /// <inheritdoc/>
    public override void FlushSoon()
    {
        if (!_flushing && !_closed)
        {
            _flushing = true;
            _ = Task.Run(SendAsync);
        }
    }

    /// <inheritdoc/>
    public override void Close()
    {
        lock (Gate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            Output.Clear();
            TellRoom();
        }

        stream.Dispose();
    }

    private bool TakeOutput()
    {
        lock (Gate)
        {
            if (_closed || Output.Count == 0)
            {
                _flushing = false;
                return false;
            }

            (Output, _sending) = (_sending, Output);
            TellRoom();
            return true;
        }
    }

    private async Task SendAsync()
    {
        try
        {
            while (TakeOutput())
            {
                await stream.WriteAsync(_sending.WrittenMemory).ConfigureAwait(false);
                _sending.Clear();
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            Close();
        }
    }

    private async Task ReceiveAsync(ILinkSink sink)
    {
        Exception? error = null;
        byte[] buffer = new byte[ReceiveCapacity];
        int kept = 0;
        try
        {
            while (await stream.ReadAsync(buffer.AsMemory(kept)).ConfigureAwait(false) is > 0 and var count)
            {
                int taken = sink.OnBytes(buffer.AsSpan(0, kept + count));
                if (taken < 0)
                {
                    break;
                }

                buffer.AsSpan(taken, kept + count - taken).CopyTo(buffer);
                kept += count - taken;
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            error = e;
        }

        Close();
        sink.OnClosed(error);
    }
}
