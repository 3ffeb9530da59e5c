using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Hydra.Http;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>What the streams of a connection flush one after the other leaves together.</summary>
public sealed class GatheredOutputTests
{
    private readonly SlowWriter _inner = new();

    [Fact]
    public async Task Flush_WhileAnotherIsSent_LeavesWithTheNext()
    {
        GatheredOutput output = Begin();
        await WriteAsync(output, "one");
        await _inner.BeganAsync();
        Assert.True((await WriteAsync(output, "two")).IsCompletedSuccessfully);
        Assert.True((await WriteAsync(output, "three")).IsCompletedSuccessfully);
        _inner.Release();
        await _inner.BeganAsync();
        _inner.ReleaseAll();
        await output.EndAsync();

        Assert.Equal(["one", "twothree"], _inner.Sent.Where(static sent => sent.Length > 0));
    }

    [Fact]
    public async Task Write_WithoutFlush_IsNotSentBeforeItsFlush()
    {
        GatheredOutput output = Begin();
        output.Writer.Write("be"u8);
        await WriteAsync(output, "gun");
        await _inner.BeganAsync();
        output.Writer.Write("later"u8);
        _inner.ReleaseAll();
        await WriteAsync(output, "!");
        await output.EndAsync();

        Assert.Equal("begunlater!", string.Concat(_inner.Sent));
        Assert.Equal("begun", _inner.Sent[0]);
    }

    [Fact]
    public async Task Flush_BeyondTheBound_WaitsUntilSomethingIsSent()
    {
        GatheredOutput output = Begin();
        await WriteAsync(output, "first");
        await _inner.BeganAsync();
        ValueTask<FlushResult> waiting = await WriteAsync(output, new string('x', GatheredOutput.Bound));
        Assert.False(waiting.IsCompleted);
        _inner.ReleaseAll();
        Assert.False((await waiting).IsCompleted);
        await output.EndAsync();

        Assert.Equal(5 + GatheredOutput.Bound, _inner.Sent.Sum(static sent => sent.Length));
    }

    [Fact]
    public async Task End_BeforeEverythingIsSent_WaitsForIt()
    {
        GatheredOutput output = Begin();
        await WriteAsync(output, "last words");
        Task ended = output.EndAsync();
        await _inner.BeganAsync();
        Assert.False(ended.IsCompleted);
        _inner.ReleaseAll();
        await ended;

        Assert.Equal("last words", string.Concat(_inner.Sent));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Flush_AfterTheConnectionHasEnded_SaysSo(bool throws)
    {
        GatheredOutput output = Begin();
        await WriteAsync(output, "to nobody");
        await _inner.BeganAsync();
        _inner.Break(throws);
        FlushResult result;
        do
        {
            result = await await WriteAsync(output, "nor this");
        }
        while (!result.IsCompleted);

        await output.EndAsync();
    }

    [Fact]
    public async Task Bytes_InManySegments_LeaveInOneWrite()
    {
        GatheredOutput output = Begin();
        await WriteAsync(output, "head");
        await _inner.BeganAsync();
        for (int part = 0; part < 3; part++)
        {
            await WriteAsync(output, new string((char)('a' + part), 5000));
        }

        _inner.ReleaseAll();
        await output.EndAsync();

        Assert.Contains(15000, _inner.Spans);
    }

    private static async Task<ValueTask<FlushResult>> WriteAsync(GatheredOutput output, string text)
    {
        await Task.Yield();
        output.Writer.Write(Encoding.ASCII.GetBytes(text));
        return output.Writer.FlushAsync();
    }

    private GatheredOutput Begin() => new(_inner, MemoryPool<byte>.Shared, new SentFrames(new StreamWindows(TimeSpan.Zero, TimeProvider.System)));

    // Sends when it is let; keeps what each flush has sent.
    private sealed class SlowWriter : PipeWriter
    {
        private readonly ArrayBufferWriter<byte> _buffer = new();
        private readonly SemaphoreSlim _began = new(0);
        private readonly SemaphoreSlim _released = new(0);
        private Func<FlushResult> _result = static () => default;

        public List<string> Sent { get; } = [];

        public List<int> Spans { get; } = [];

        public Task BeganAsync() => _began.WaitAsync();

        public void Release() => _released.Release();

        public void ReleaseAll() => _released.Release(1000);

        public void Break(bool throws)
        {
            _result = throws ? static () => throw new IOException("It is gone.") : static () => new FlushResult(isCanceled: false, isCompleted: true);
            ReleaseAll();
        }

        public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            Sent.Add(Encoding.ASCII.GetString(_buffer.WrittenSpan));
            _buffer.Clear();
            _began.Release();
            await _released.WaitAsync(cancellationToken).ConfigureAwait(false);
            return _result();
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => _buffer.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0)
        {
            Spans.Add(sizeHint);
            return _buffer.GetSpan(sizeHint);
        }

        public override void Advance(int bytes) => _buffer.Advance(bytes);

        public override void CancelPendingFlush() => throw new NotSupportedException();

        public override void Complete(Exception? exception = null) => throw new NotSupportedException();
    }
}
