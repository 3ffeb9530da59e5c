using System.IO.Pipelines;
using System.Text;
using Hydra.Http;
using Hydra.Transport;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>What Kestrel is given was looked at before, and what it consumes is known.</summary>
public sealed class CapturingReaderTests
{
    private readonly Pipe _pipe = new(new PipeOptions(minimumSegmentSize: 16, useSynchronizationContext: false));
    private readonly HeadCapture _capture = new();
    private readonly CapturingReader _reader;

    public CapturingReaderTests() => _reader = new CapturingReader(_pipe.Reader, _capture);

    [Fact]
    public async Task AdvanceTo_LineByLine_IsTheHead()
    {
        await SendAsync("GET / HTTP/1.1\r\nA:");
        ReadResult read = await _reader.ReadAsync();
        _reader.AdvanceTo(read.Buffer.GetPosition(16), read.Buffer.End);
        Assert.Equal("GET", Method);

        await SendAsync(" b\r\n\r\n");
        read = await _reader.ReadAsync();
        Assert.Equal("A: b\r\n\r\n", Encoding.ASCII.GetString(read.Buffer));
        _reader.AdvanceTo(read.Buffer.End);
        Assert.Equal("a\0b", Encoding.ASCII.GetString(_capture.Head.Block));
    }

    [Fact]
    public async Task ReadAsync_SeveralSegments_AreLookedAt()
    {
        string value = string.Concat(Enumerable.Range(0, 500).Select(i => $"{i},"));
        foreach (char[] part in $"GET / HTTP/1.1\r\nA: {value}\r\n\r\n".Chunk(11))
        {
            await SendAsync(new string(part));
        }

        ReadResult read = await _reader.ReadAsync();
        Assert.False(read.Buffer.IsSingleSegment);

        Assert.Equal($"a\0{value}", Encoding.ASCII.GetString(_capture.Head.Block));
    }

    [Fact]
    public async Task TryRead_WithAndWithoutBytes_LooksAsWell()
    {
        Assert.False(_reader.TryRead(out _));
        await SendAsync("PUT / HTTP/1.1\r\n");
        Assert.True(_reader.TryRead(out ReadResult read));
        _reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);

        Assert.Equal("PUT", Method);
    }

    [Fact]
    public async Task ReadAsync_WhatIsNoHead_GivesNothing()
    {
        await SendAsync("GET / HTTP/1.1\n");
        await Assert.ThrowsAsync<BadHttpRequestException>(() => _reader.ReadAsync().AsTask());
    }

    [Fact]
    public async Task AdvanceTo_Body_IsPassedOver()
    {
        await SendAsync("GET / HTTP/1.1\r\nContent-Length: 4\r\n\r\n");
        _reader.AdvanceTo((await _reader.ReadAsync()).Buffer.End);
        await SendAsync("\0\0\0\0PUT / HTTP/1.1\r\n");
        ReadResult read = await _reader.ReadAsync();
        _reader.AdvanceTo(read.Buffer.GetPosition(4));
        Assert.Equal("GET", Method);
        read = await _reader.ReadAsync();
        _reader.AdvanceTo(read.Buffer.End);

        Assert.Equal("PUT", Method);
    }

    [Fact]
    public async Task CancelPendingRead_WhileReading_ReachesTheConnection()
    {
        ValueTask<ReadResult> read = _reader.ReadAsync();
        Assert.False(read.IsCompleted);
        _reader.CancelPendingRead();

        Assert.True((await read).IsCanceled);
    }

    [Fact]
    public async Task ReadAsync_EndTogetherWithBytes_TellsTheEndBehindThem()
    {
        await SendAsync("GET / HTTP/1.1\r\n");
        await _pipe.Writer.CompleteAsync();
        ReadResult read = await _reader.ReadAsync();
        Assert.False(read.IsCompleted);

        // Not all of it was looked at.
        _reader.AdvanceTo(read.Buffer.Start, read.Buffer.GetPosition(5));
        Assert.True(_reader.TryRead(out read));
        Assert.False(read.IsCompleted);

        // Nothing else comes, and nothing was used.
        _reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        read = await _reader.ReadAsync();
        Assert.True(read.IsCompleted);
        Assert.Equal(16, read.Buffer.Length);

        _reader.AdvanceTo(read.Buffer.End);
        read = await _reader.ReadAsync();
        Assert.True(read is { IsCompleted: true, Buffer.IsEmpty: true });
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

    private string Method => Encoding.ASCII.GetString(_capture.Head.Method);

    private async Task SendAsync(string text) => await _pipe.Writer.WriteAsync(Encoding.ASCII.GetBytes(text));
}
