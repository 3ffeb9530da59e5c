using System.IO.Pipelines;
using System.Text;
using Hydra.Http;
using Hydra.Transport;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>What Kestrel consumes of a connection is the head, and nothing else is; it is kept byte for byte.</summary>
public sealed class CapturingReaderTests
{
    private readonly Pipe _pipe = new(new PipeOptions(minimumSegmentSize: 16, useSynchronizationContext: false));
    private readonly HeadCapture _capture = new();
    private readonly CapturingReader _reader;

    public CapturingReaderTests() => _reader = new CapturingReader(_pipe.Reader, _capture);

    [Fact]
    public async Task AdvanceTo_ConsumedAndExamined_KeepsWhatWasConsumed()
    {
        await SendAsync("GET / HTTP/1.1\r\nA:");
        ReadResult read = await _reader.ReadAsync();
        _reader.AdvanceTo(read.Buffer.GetPosition(16), read.Buffer.End);
        Assert.Equal("GET / HTTP/1.1\r\n", Captured);

        await SendAsync(" b\r\n\r\n");
        read = await _reader.ReadAsync();
        Assert.Equal("A: b\r\n\r\n", Encoding.ASCII.GetString(read.Buffer));
        _reader.AdvanceTo(read.Buffer.End);
        Assert.Equal("GET / HTTP/1.1\r\nA: b\r\n\r\n", Captured);
    }

    [Fact]
    public async Task AdvanceTo_SeveralSegments_KeepsThemInOrder()
    {
        string head = string.Concat(Enumerable.Range(0, 500).Select(i => $"{i} "));
        foreach (char[] part in head.Chunk(11))
        {
            await SendAsync(new string(part));
        }

        ReadResult read = await _reader.ReadAsync();
        Assert.False(read.Buffer.IsSingleSegment);
        _reader.AdvanceTo(read.Buffer.GetPosition(1000));

        Assert.Equal(head[..1000], Captured);
    }

    [Fact]
    public async Task AdvanceTo_NothingConsumed_KeepsNothingAndLosesNothing()
    {
        await SendAsync("GET");
        ReadResult read = await _reader.ReadAsync();
        _reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        Assert.Equal("", Captured);

        await SendAsync(" /");
        read = await _reader.ReadAsync();
        _reader.AdvanceTo(read.Buffer.End);
        Assert.Equal("GET /", Captured);
    }

    [Fact]
    public async Task TryRead_WithAndWithoutBytes_IsCapturedAsWell()
    {
        Assert.False(_reader.TryRead(out _));
        await SendAsync("GET /");
        Assert.True(_reader.TryRead(out ReadResult read));
        _reader.AdvanceTo(read.Buffer.GetPosition(3));

        Assert.Equal("GET", Captured);
    }

    [Fact]
    public async Task AdvanceTo_CaptureIsStopped_PassesTheBodyOn()
    {
        await SendAsync("GET /");
        _reader.AdvanceTo((await _reader.ReadAsync()).Buffer.End);
        _capture.Stop();
        await SendAsync("bodyPUT /");
        ReadResult read = await _reader.ReadAsync();
        _reader.AdvanceTo(read.Buffer.GetPosition(4));
        _capture.Restart(4);
        read = await _reader.ReadAsync();
        _reader.AdvanceTo(read.Buffer.End);

        Assert.Equal("PUT /", Captured);
    }

    [Fact]
    public async Task CancelPendingRead_WhileReading_ReachesTheConnection()
    {
        ValueTask<ReadResult> read = _reader.ReadAsync();
        Assert.False(read.IsCompleted);
        _reader.CancelPendingRead();

        Assert.True((await read).IsCanceled);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Complete_Reader_EndsTheConnectionsInput(bool isAsync)
    {
        if (isAsync)
        {
            await _reader.CompleteAsync();
        }
        else
        {
            _reader.Complete();
        }

        Assert.True((await _pipe.Writer.FlushAsync()).IsCompleted);
    }

    private string Captured => Encoding.ASCII.GetString(_capture.Bytes);

    private async Task SendAsync(string text) => await _pipe.Writer.WriteAsync(Encoding.ASCII.GetBytes(text));
}
