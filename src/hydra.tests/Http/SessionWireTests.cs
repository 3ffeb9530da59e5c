using System.Buffers;
using System.IO.Pipelines;
using Hydra.Http;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class SessionWireTests
{
    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 100, resumeWriterThreshold: 50));
    private readonly SessionWire _wire;

    public SessionWireTests() => _wire = new SessionWire(_pipe.Writer);

    [Theory]
    [InlineData(0, "8200")]
    [InlineData(125, "827D")]
    [InlineData(126, "827E007E")]
    [InlineData(65_535, "827EFFFF")]
    [InlineData(65_536, "827F0000000000010000")]
    public async Task TrySend_AnyLength_HasItsHead(int length, string head)
    {
        Assert.True(_wire.TrySend(0x82, new byte[length], out ValueTask done));
        byte[] got = await ReadAsync((head.Length / 2) + length);
        await done;

        Assert.Equal(head, Convert.ToHexString(got, 0, head.Length / 2));
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(16_384)]
    [InlineData(65_526)]
    public async Task TrySend_WhatABlockTakes_IsInOnePiece(int length)
    {
        byte[] data = new byte[length];
        data.AsSpan().Fill(7);
        Assert.True(_wire.TrySend(0x82, data, out ValueTask done));
        ReadOnlySequence<byte> got = (await _pipe.Reader.ReadAsync()).Buffer;
        Assert.True(got.IsSingleSegment);
        Assert.Equal(data, got.Slice(got.Length - length).ToArray());
        _pipe.Reader.AdvanceTo(got.End);
        await done;
    }

    [Fact]
    public async Task TrySend_AnotherOnItsWay_IsRefusedAndSendAsyncWaits()
    {
        Assert.True(_wire.TrySend(0x82, new byte[200], out ValueTask first));
        Assert.False(first.IsCompleted);
        Assert.False(_wire.TrySend(0x82, [], out _));
        Task second = _wire.SendAsync(0x81, "x"u8.ToArray()).AsTask();
        int before = _wire.Taken;
        await ReadAsync(204);
        await first;
        await second;

        Assert.Equal("810178", Convert.ToHexString(await ReadAsync(3)));
        Assert.NotEqual(before, _wire.Taken);
    }

    [Theory]
    [InlineData(1005, "", "8800")]
    [InlineData(1000, "", "880203E8")]
    [InlineData(4001, "why", "88050FA1776879")]
    public async Task CloseAsync_IsTheLastFrame(int code, string reason, string expected)
    {
        await _wire.CloseAsync((ushort)code, System.Text.Encoding.UTF8.GetBytes(reason));
        Assert.True(_wire.IsClosed);
        await _wire.SendAsync(0x81, "late"u8.ToArray());
        await _wire.CloseAsync(1000, []);
        await _pipe.Writer.CompleteAsync();

        Assert.Equal(expected, Convert.ToHexString((await _pipe.Reader.ReadAsync()).Buffer.ToArray()));
    }

    [Fact]
    public async Task Answer_ClientThatDoesNotRead_GetsTheLatestWhenItDoes()
    {
        Assert.True(_wire.TrySend(0x82, new byte[200], out ValueTask first));
        foreach (byte ping in "abc"u8.ToArray())
        {
            _wire.Answer(new ReadOnlySequence<byte>([ping]));
        }

        await ReadAsync(204);
        await first;

        // The one that waited for its turn, and the latest of the others.
        Assert.Equal("8A01618A0163", Convert.ToHexString(await ReadAsync(6)));
    }

    private async Task<byte[]> ReadAsync(int count)
    {
        ReadResult read = await _pipe.Reader.ReadAtLeastAsync(count).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        byte[] bytes = read.Buffer.Slice(0, count).ToArray();
        _pipe.Reader.AdvanceTo(read.Buffer.GetPosition(count));
        return bytes;
    }
}
