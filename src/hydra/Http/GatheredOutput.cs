using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Hydra.Http;

/// <summary>
/// The output of a connection of HTTP/2. Kestrel flushes once for each part of each stream, which costs a record of TLS and a system call each time. Here a flush
/// only hands over, and what others hand over while one is being sent leaves together with the next. Beyond <see cref="Bound"/> bytes a flush waits.
/// </summary>
internal sealed class GatheredOutput
{
    /// <summary>How many bytes may wait before a flush does, too.</summary>
    public const int Bound = 64 * 1024;

    // A record of TLS at most, which is also the least that a pool for it has.
    private const int Piece = 16 * 1024;

    private readonly PipeWriter _inner;
    private readonly SentFrames _frames;
    private readonly Pipe _pipe;
    private readonly Task _sending;

    /// <summary>Begins; <see cref="EndAsync"/> must follow.</summary>
    /// <param name="inner">Where it goes. Nobody else writes there.</param>
    /// <param name="pool">For what waits.</param>
    /// <param name="frames">Looks at what is sent.</param>
    public GatheredOutput(PipeWriter inner, MemoryPool<byte> pool, SentFrames frames)
    {
        _inner = inner;
        _frames = frames;
        _pipe = new Pipe(new PipeOptions(
            pool, PipeScheduler.ThreadPool, PipeScheduler.ThreadPool, pauseWriterThreshold: Bound, resumeWriterThreshold: Bound / 2, minimumSegmentSize: 4096, useSynchronizationContext: false));
        _sending = SendAsync();
    }

    /// <summary>What Kestrel writes to. One writer at a time.</summary>
    public PipeWriter Writer => _pipe.Writer;

    /// <summary>Takes no more, and is complete when what was flushed has been sent or cannot be.</summary>
    public async Task EndAsync()
    {
        await _pipe.Writer.CompleteAsync().ConfigureAwait(false);
        await _sending.ConfigureAwait(false);
    }

    /// <summary>The pool of a connection's transport, or the common one.</summary>
    public static MemoryPool<byte> PoolOf(ConnectionContext connection) => connection.Features.Get<IMemoryPoolFeature>()?.MemoryPool ?? MemoryPool<byte>.Shared;

    private async Task SendAsync()
    {
        PipeReader reader = _pipe.Reader;
        try
        {
            bool isOver = false;
            while (!isOver)
            {
                ReadResult read = await reader.ReadAsync().ConfigureAwait(false);
                ReadOnlySequence<byte> now = read.Buffer.Slice(0, _frames.Look(read.Buffer));
                isOver = read.IsCompleted && now.Length == read.Buffer.Length;
                Copy(now);
                reader.AdvanceTo(now.End);
                FlushResult sent = await _inner.FlushAsync().ConfigureAwait(false);
                isOver |= sent.IsCompleted;
            }
        }
        catch (Exception e) when (SessionEnd.IsOver(e))
        {
            // The connection is gone: whoever writes learns it from the next flush, and from the connection.
        }
        finally
        {
            await reader.CompleteAsync().ConfigureAwait(false);
        }
    }

    // In pieces as large as can be: what is in pieces is sent in pieces.
    private void Copy(ReadOnlySequence<byte> data)
    {
        while (!data.IsEmpty)
        {
            ReadOnlySequence<byte> piece = data.Slice(0, Math.Min(data.Length, Piece));
            piece.CopyTo(_inner.GetSpan((int)piece.Length));
            _inner.Advance((int)piece.Length);
            data = data.Slice(piece.End);
        }
    }
}
