using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Hydra.Tests.Http.Fakes;

/// <summary>
/// A response as Kestrel has it: it begins with the first flush, or with <see cref="StartAsync"/>, and its head can not be changed from
/// then on. The test reads what was flushed, as the client would.
/// </summary>
internal sealed class FakeResponse : PipeWriter, IHttpResponseFeature, IHttpResponseBodyFeature
{
    private readonly Pipe _pipe;
    private readonly List<(Func<object, Task> Callback, object State)> _starting = [];
    private readonly List<(Func<object, Task> Callback, object State)> _completed = [];
    private int _status = StatusCodes.Status200OK;
    private long _written;
    private int _flushes;

    /// <summary>Makes a response.</summary>
    /// <param name="clientTakes">Bytes after which a flush waits for the client to read; 0 for a client that takes all at once.</param>
    public FakeResponse(long clientTakes)
    {
        _pipe = new Pipe(new PipeOptions(
            pauseWriterThreshold: clientTakes, resumeWriterThreshold: clientTakes > 0 ? (clientTakes + 1) / 2 : -1,
            useSynchronizationContext: false));
        Stream = AsStream(leaveOpen: true);
    }

    public int StatusCode
    {
        get => _status;
        set => _status = HasStarted ? throw new InvalidOperationException("the response has begun") : value;
    }

    public string? ReasonPhrase { get; set; }

    public IHeaderDictionary Headers { get; set; } = new HeaderDictionary();

    public bool HasStarted { get; private set; }

    /// <summary>Whether the response was ended, not aborted.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Bytes of the body that were written, flushed or not.</summary>
    public long Written => Volatile.Read(ref _written);

    /// <summary>How often it was flushed.</summary>
    public int Flushes => Volatile.Read(ref _flushes);

    public Stream Stream { get; }

    public PipeWriter Writer => this;

    Stream IHttpResponseFeature.Body
    {
        get => Stream;
        set => throw new NotSupportedException();
    }

    /// <summary>Takes what the client has received of the body since the last time.</summary>
    public byte[] Take()
    {
        if (!_pipe.Reader.TryRead(out ReadResult read))
        {
            return [];
        }

        byte[] taken = read.Buffer.ToArray();
        _pipe.Reader.AdvanceTo(read.Buffer.End);
        return taken;
    }

    /// <summary>Waits until the client has received so many bytes of the body, and takes them.</summary>
    public async Task<byte[]> TakeAsync(int count)
    {
        ReadResult read = await _pipe.Reader.ReadAtLeastAsync(count);
        if (read.Buffer.Length < count)
        {
            throw new EndOfStreamException($"the response had {read.Buffer.Length} more bytes, not {count}");
        }

        byte[] taken = read.Buffer.Slice(0, count).ToArray();
        _pipe.Reader.AdvanceTo(read.Buffer.GetPosition(count));
        return taken;
    }

    /// <summary>Takes what the client has received as text, Latin-1.</summary>
    public string TakeText() => Encoding.Latin1.GetString(Take());

    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (HasStarted)
        {
            return;
        }

        // The last that was added is the first to run.
        for (int i = _starting.Count - 1; i >= 0; i--)
        {
            await _starting[i].Callback(_starting[i].State);
        }

        HasStarted = true;
        ((HeaderDictionary)Headers).IsReadOnly = true;
    }

    /// <summary>The application is through: what it has written leaves, as the server sees to.</summary>
    public async Task CompleteAsync()
    {
        if (IsComplete)
        {
            return;
        }

        await StartAsync();
        IsComplete = true;
        await _pipe.Writer.CompleteAsync();
        foreach ((Func<object, Task> callback, object state) in _completed)
        {
            await callback(state);
        }
    }

    /// <summary>The connection is gone: the client gets nothing more.</summary>
    public void Abort()
    {
        if (!IsComplete)
        {
            _pipe.Reader.CancelPendingRead();
            _pipe.Reader.Complete();
        }
    }

    public void OnStarting(Func<object, Task> callback, object state) => _starting.Add((callback, state));

    public void OnCompleted(Func<object, Task> callback, object state) => _completed.Add((callback, state));

    public void DisableBuffering()
    {
    }

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default)
        => throw new NotSupportedException();

    public override Memory<byte> GetMemory(int sizeHint = 0) => _pipe.Writer.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => _pipe.Writer.GetSpan(sizeHint);

    public override void Advance(int bytes)
    {
        Interlocked.Add(ref _written, bytes);
        _pipe.Writer.Advance(bytes);
    }

    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        await StartAsync(cancellationToken);
        Interlocked.Increment(ref _flushes);
        return await _pipe.Writer.FlushAsync(cancellationToken);
    }

    public override void CancelPendingFlush() => _pipe.Writer.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => _pipe.Writer.Complete(exception);
}
