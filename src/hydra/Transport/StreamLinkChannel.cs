namespace Hydra.Transport;

/// <summary>A <see cref="LinkChannel"/> over a stream, such as that of TLS.</summary>
/// <param name="stream">The stream, which it closes.</param>
internal sealed class StreamLinkChannel(Stream stream) : PooledLinkChannel
{
    /// <inheritdoc/>
    public override void Start(ILinkSink sink) => _ = ReceiveAsync(sink);

    /// <inheritdoc/>
    protected override void SendAll() => _ = SendAsync();

    /// <inheritdoc/>
    protected override ValueTask<int> ReadAsync(Memory<byte> buffer) => stream.ReadAsync(buffer);

    /// <inheritdoc/>
    protected override void Disconnect() => stream.Dispose();

    private async Task SendAsync()
    {
        try
        {
            while (TakeOutput())
            {
                await stream.WriteAsync(Sending.WrittenMemory).ConfigureAwait(false);
                Sending.Clear();
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
        try
        {
            await ReceiveLoopAsync(sink).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            error = e;
        }

        Close();
        sink.OnClosed(error);
    }
}
