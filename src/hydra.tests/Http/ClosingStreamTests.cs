using System.IO.Pipelines;
using Hydra.Http;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class ClosingStreamTests
{
    private readonly Pipe _in = new();
    private readonly Pipe _out = new();
    private readonly ClosingStream _stream;

    public ClosingStreamTests() => _stream = new ClosingStream(new Duplex(_in.Reader, _out.Writer));

    [Fact]
    public async Task ReadAsync_EmptyBuffer_WaitsAndTakesNothing()
    {
        ValueTask<int> asked = _stream.ReadAsync(Memory<byte>.Empty);
        Assert.False(asked.IsCompleted);
        await _in.Writer.WriteAsync("abc"u8.ToArray());

        Assert.Equal(0, await asked);
        Assert.Equal(0, await _stream.ReadAsync(Memory<byte>.Empty));
        byte[] buffer = new byte[2];
        Assert.Equal(2, await _stream.ReadAsync(buffer));
        Assert.Equal("ab"u8.ToArray(), buffer);
        Assert.Equal(1, await _stream.ReadAsync(buffer));
        await _in.Writer.CompleteAsync();
        Assert.Equal(0, await _stream.ReadAsync(buffer));
    }

    [Theory]
    [InlineData(new byte[] { 0x82, 0x02, 0x03, 0xE8 }, null)]
    [InlineData(new byte[] { 0x88, 0x00 }, 1005)]
    [InlineData(new byte[] { 0x88, 0x02, 0x03, 0xEF }, 1007)]
    public async Task WriteAsync_CloseFrame_TellsItsCode(byte[] frame, int? code)
    {
        await _stream.WriteAsync(frame);

        Assert.Equal(code, (int?)_stream.Code);
        Assert.Equal(frame.Length, (await _out.Reader.ReadAsync()).Buffer.Length);
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
