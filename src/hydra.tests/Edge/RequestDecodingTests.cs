using System.Buffers;
using System.IO.Pipelines;
using Hydra.Coding;
using Hydra.Edge;
using Hydra.Primitives;
using Hydra.Tests.Coding;
using Hydra.Tests.Functional.Harness;
using Hydra.Tests.Http.Fakes;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Hydra.Tests.Edge;

/// <summary><see cref="RequestDecoding"/> in the front, and its <see cref="DecodedBody"/> alone.</summary>
public sealed class RequestDecodingTests
{
    private static readonly byte[] Body = Decoded.Sample(10_000);

    private readonly MemoryBudget _memory = new(64 * 1024 * 1024);

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    [InlineData("zstd")]
    public async Task Request_WithACodedBody_LosesWhatSaysSo(string coding)
    {
        await using FrontHost host = await FrontHost.StartAsync(new RequestDecoding(200, _memory));
        await using RawConnection client = await RawConnection.OpenAsync(host.EndPoint.Port);
        byte[] encoded = Encoded.Whole(ContentCodings.ReadList(coding)![0], Body);
        await client.SendAsync((byte[])[.. System.Text.Encoding.ASCII.GetBytes($"POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: {coding}\r\nX-A: b\r\nContent-Length: {encoded.Length}\r\n\r\n"), .. encoded]);
        SentRequest sent = await host.Worker.NextRequestAsync();

        Assert.Empty(sent.Values("content-encoding"));
        Assert.Equal(["b"], sent.Values("x-a"));
        Assert.Equal(["10000"], sent.Values("content-length"));
        Assert.Equal(Body, sent.Body);
        host.Worker.Respond(sent.Id, 200, "ok");
        Assert.Equal("ok", (await client.ReadResponseAsync()).Text);

        // The connection goes on, and what says nothing is left alone.
        await client.GetAsync("/", "Content-Encoding: compress\r\n");
        sent = await host.Worker.NextRequestAsync();
        Assert.Equal(["compress"], sent.Values("content-encoding"));
        host.Worker.Respond(sent.Id, 200, "ok");
        Assert.Equal(200, (await client.ReadResponseAsync()).Status);
        Assert.Equal(0, _memory.Used);
    }

    [Fact]
    public async Task Request_WithACodingThatNobodyKnows_IsRefusedWithThoseThatAre()
    {
        await using FrontHost host = await FrontHost.StartAsync(new RequestDecoding(200, _memory));
        await using RawConnection client = await RawConnection.OpenAsync(host.EndPoint.Port);
        RawResponse response = await client.ExchangeAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip, compress\r\nContent-Length: 1\r\n\r\nx");

        Assert.Equal((415, "gzip, deflate, br, zstd"), (response.Status, response.Value("Accept-Encoding")));
    }

    [Fact]
    public async Task Request_WithoutMemoryForIt_IsRefused()
    {
        await using FrontHost host = await FrontHost.StartAsync(new RequestDecoding(200, new MemoryBudget(1000)));
        await using RawConnection client = await RawConnection.OpenAsync(host.EndPoint.Port);

        Assert.Equal(503, (await client.ExchangeAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx")).Status);
    }

    [Theory]
    [InlineData("gzip", "this is not gzip", 400)]
    [InlineData("br", "\u00ff\u00ff\u00ff\u00ff\u00ff", 400)]
    public async Task Request_WithABodyThatIsNotCodedSo_IsRefused(string coding, string body, int status)
    {
        await using FrontHost host = await FrontHost.StartAsync(new RequestDecoding(200, _memory));
        await using RawConnection client = await RawConnection.OpenAsync(host.EndPoint.Port);
        RawResponse response = await client.ExchangeAsync($"POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: {coding}\r\nContent-Length: {body.Length}\r\n\r\n{body}");

        Assert.Equal(status, response.Status);

        // The client has its answer before the request has given back what it had.
        Assert.Contains($"\" {status} ", (await host.StopAndReadLinesAsync())[0], StringComparison.Ordinal);
        Assert.Equal(0, _memory.Used);
    }

    [Fact]
    public async Task ReadAsync_ReaderThatTakesItsTime_HoldsTheClientBack()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        using DecodedBody body = Decoding(pipe, "gzip", ratio: 0);
        byte[] encoded = Encoded.Whole(ContentCoding.Gzip, new byte[5_000_000]);
        await pipe.Writer.WriteAsync(encoded);
        ReadResult read = await body.ReadAsync();

        Assert.InRange(read.Buffer.Length, 1, 64 * 1024);
        body.AdvanceTo(read.Buffer.Start);
        Assert.True(body.TryRead(out read));
        body.AdvanceTo(read.Buffer.End);
        Assert.True(pipe.Reader.TryRead(out ReadResult rest));
        Assert.True(rest.Buffer.Length > encoded.Length / 2, "it was decoded although nobody asked for more");
        pipe.Reader.AdvanceTo(rest.Buffer.Start);
        await pipe.Writer.CompleteAsync();
        Assert.Equal(5_000_000 - read.Buffer.Length, await CountAsync(body));
    }

    [Fact]
    public async Task ReadAsync_ReaderThatLooksAndTakesNothing_GetsMore()
    {
        var pipe = new Pipe();
        using DecodedBody body = Decoding(pipe, "br", ratio: 0);
        await pipe.Writer.WriteAsync(Encoded.Whole(ContentCoding.Brotli, Decoded.Sample(200_000)));
        await pipe.Writer.CompleteAsync();
        ReadResult read = await body.ReadAsync();
        while (!read.IsCompleted)
        {
            body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            read = await body.ReadAsync();
        }

        Assert.Equal(Decoded.Sample(200_000), read.Buffer.ToArray());
    }

    [Fact]
    public async Task CancelPendingRead_WhileItWaits_EndsTheWaitAndNothingElse()
    {
        var pipe = new Pipe();
        using DecodedBody body = Decoding(pipe, "zstd", ratio: 0);
        byte[] encoded = Encoded.Whole(ContentCoding.Zstd, Body);
        await pipe.Writer.WriteAsync(encoded.AsMemory(0, 9));
        Task<ReadResult> waiting = body.ReadAsync().AsTask();
        body.CancelPendingRead();
        ReadResult read = await waiting;
        Assert.True(read.IsCanceled);
        body.AdvanceTo(read.Buffer.End);
        await pipe.Writer.WriteAsync(encoded.AsMemory(9));
        await pipe.Writer.CompleteAsync();

        Assert.Equal(Body.Length, await CountAsync(body));
    }

    [Theory]
    [InlineData(200, 10_000_000, 413)]
    [InlineData(0, 10_000_000, 0)]
    [InlineData(200, 1_000_000, 0)]
    [InlineData(2000, 10_000_000, 0)]
    public async Task ReadAsync_BodyThatBecomesManyTimesAsLong_IsRefused(int ratio, int size, int status)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        using DecodedBody body = Decoding(pipe, "gzip", ratio);
        await pipe.Writer.WriteAsync(Encoded.Whole(ContentCoding.Gzip, new byte[size]));
        await pipe.Writer.CompleteAsync();

        Assert.Equal(status, await StatusAsync(body));
    }

    [Fact]
    public async Task ReadAsync_WindowThatGrows_IsCounted()
    {
        var small = new MemoryBudget(2 * 1024 * 1024);
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        byte[] bytes = new byte[4_000_000];
        new Random(1).NextBytes(bytes);
        using (var body = new DecodedBody(pipe.Reader, new DecoderChain([ContentCoding.Brotli]), 0, small))
        {
            Assert.True(body.TryHold());
            Assert.Equal(BodyDecoder.Cost + DecodedBody.BufferSize, small.Used);
            await pipe.Writer.WriteAsync(Encoded.Whole(ContentCoding.Brotli, bytes, System.IO.Compression.CompressionLevel.Fastest));
            await pipe.Writer.CompleteAsync();
            Assert.Equal(503, await StatusAsync(body));
        }

        Assert.Equal(0, small.Used);
    }

    [Fact]
    public async Task ReadAsync_BodyThatBreaksOff_FailsBehindWhatCame()
    {
        var pipe = new Pipe();
        using DecodedBody body = Decoding(pipe, "gzip", 0);
        byte[] encoded = Encoded.Whole(ContentCoding.Gzip, Body);
        await pipe.Writer.WriteAsync(encoded.AsMemory(0, encoded.Length - 1));
        await pipe.Writer.CompleteAsync();
        ReadResult read = await body.ReadAsync();
        Assert.False(read.IsCompleted);
        body.AdvanceTo(read.Buffer.End);

        Assert.Equal(400, await StatusAsync(body));
        Assert.Equal(400, await StatusAsync(body));
    }

    [Fact]
    public async Task ReadAsync_NothingAtAll_IsAnEmptyBody()
    {
        var pipe = new Pipe();
        using DecodedBody body = Decoding(pipe, "gzip", 0);
        await pipe.Writer.CompleteAsync();

        Assert.Equal(0, await CountAsync(body));
    }

    private static async Task<long> CountAsync(DecodedBody body)
    {
        long count = 0;
        ReadResult read;
        do
        {
            read = await body.ReadAsync();
            count += read.Buffer.Length;
            body.AdvanceTo(read.Buffer.End);
        }
        while (!read.IsCompleted);
        return count;
    }

    // 0 where it can be read to its end.
    private static async Task<int> StatusAsync(DecodedBody body)
    {
        try
        {
            await CountAsync(body);
            return 0;
        }
        catch (BadHttpRequestException e)
        {
            return e.StatusCode;
        }
    }

    private DecodedBody Decoding(Pipe pipe, string codings, int ratio) => new(pipe.Reader, new DecoderChain(ContentCodings.ReadList(codings)!), ratio, _memory);
}
