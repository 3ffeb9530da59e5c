using System.IO.Pipelines;
using System.Text;

namespace Hydra.Tests.Http.Fakes;

/// <summary>
/// A request's body as Kestrel gives it to the application: what the test has sent of it can be read, and the test sees whether anybody
/// reads. As in Kestrel the first read is what tells a client to go on that waits for 100 Continue.
/// </summary>
internal sealed class FakeBody : PipeReader
{
    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
    private int _reads;
    private long _sent;

    /// <summary>How often somebody has begun to read.</summary>
    public int Reads => Volatile.Read(ref _reads);

    /// <summary>Bytes that the client has sent.</summary>
    public long Sent => Volatile.Read(ref _sent);

    /// <summary>The client sends bytes.</summary>
    public void Send(ReadOnlySpan<byte> data)
    {
        data.CopyTo(_pipe.Writer.GetSpan(data.Length));
        _pipe.Writer.Advance(data.Length);
        Interlocked.Add(ref _sent, data.Length);

        // Without a threshold it never waits.
        _pipe.Writer.FlushAsync().AsTask().GetAwaiter().GetResult();
    }

    /// <summary>The client sends text, Latin-1.</summary>
    public void Send(string text) => Send(Encoding.Latin1.GetBytes(text));

    /// <summary>The body is complete.</summary>
    public void End() => _pipe.Writer.Complete();

    /// <summary>Reading the body fails from here on, as it does when its framing is broken or the client has left.</summary>
    public void Break(Exception error) => _pipe.Writer.Complete(error);

    public override bool TryRead(out ReadResult result)
    {
        Interlocked.Increment(ref _reads);
        return _pipe.Reader.TryRead(out result);
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _reads);
        return _pipe.Reader.ReadAsync(cancellationToken);
    }

    public override void AdvanceTo(SequencePosition consumed) => _pipe.Reader.AdvanceTo(consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => _pipe.Reader.AdvanceTo(consumed, examined);

    public override void CancelPendingRead() => _pipe.Reader.CancelPendingRead();

    public override void Complete(Exception? exception = null) => _pipe.Reader.Complete(exception);
}
