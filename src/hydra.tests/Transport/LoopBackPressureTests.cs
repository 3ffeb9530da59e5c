using System.IO.Pipelines;
using System.Net.Sockets;
using System.Security.Cryptography;
using Hydra.Transport;
using Xunit;

namespace Hydra.Tests.Transport;

/// <summary>Slow readers on either side cost bounded memory, and lose nothing.</summary>
public class LoopBackPressureTests
{
    private const int Chunk = 64 * 1024;

    // What the kernel may hold of one direction on this machine: both sockets' buffers, with their own growth.
    private const long KernelBound = 32L * 1024 * 1024;

    [LinuxTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Download_ClientDoesNotRead_WriterWaitsAndNothingIsLost(bool onLoop)
    {
        const long total = 3 * KernelBound;
        long written = 0;
        var blocked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LoopHost host = await LoopHost.StartAsync(async context =>
        {
            if (!onLoop)
            {
                await Task.Yield();
            }

            context.Response.ContentLength = total;
            byte[] chunk = new byte[Chunk];
            while (written < total)
            {
                Fill(chunk, written);
                ValueTask<FlushResult> flush = context.Response.BodyWriter.WriteAsync(chunk);
                Interlocked.Add(ref written, Chunk);
                if (!flush.IsCompleted)
                {
                    blocked.TrySetResult();
                }

                await flush;
            }
        });
        using RawClient client = host.Connect();
        await client.SendAsync(RawClient.Get);

        await blocked.Task;
        Assert.InRange(Interlocked.Read(ref written), Chunk, KernelBound);

        await client.ReadHeadAsync();
        byte[] received = new byte[Chunk];
        byte[] expected = new byte[Chunk];
        for (long at = 0; at < total; at += Chunk)
        {
            await client.ReadExactlyAsync(received);
            Fill(expected, at);
            Bytes.AssertEqual(expected, received);
        }
    }

    [LinuxFact]
    public async Task Download_ClientTakesNothing_ConnectionEndsAfterTheTime()
    {
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LoopHost host = await LoopHost.StartAsync(
            async context =>
            {
                context.RequestAborted.Register(aborted.SetResult);
                byte[] chunk = new byte[Chunk];
                while (!context.RequestAborted.IsCancellationRequested)
                {
                    await context.Response.BodyWriter.WriteAsync(chunk);
                }
            },
            new TransportOptions { SendTimeout = TimeSpan.FromMilliseconds(100) });
        using RawClient client = host.Connect();
        await client.SendAsync(RawClient.Get);

        await aborted.Task;
        await host.HasNoConnections();
    }

    [LinuxFact]
    public async Task Download_ClientTakesALittleNowAndThen_GoesOn()
    {
        const long total = 3 * KernelBound;
        await using LoopHost host = await LoopHost.StartAsync(
            async context =>
            {
                context.Response.ContentLength = total;
                byte[] chunk = new byte[Chunk];
                for (long at = 0; at < total; at += Chunk)
                {
                    await context.Response.BodyWriter.WriteAsync(chunk);
                }
            },
            new TransportOptions { SendTimeout = TimeSpan.FromSeconds(5) });
        using RawClient client = host.Connect();
        await client.SendAsync(RawClient.Get);
        await client.ReadHeadAsync();
        byte[] received = new byte[Chunk];
        for (long at = 0; at < total; at += Chunk)
        {
            await client.ReadExactlyAsync(received);
        }
    }

    [LinuxFact]
    public async Task Upload_ApplicationDoesNotRead_ClientIsStoppedAndNothingIsLost()
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LoopHost host = await LoopHost.StartAsync(async context =>
        {
            await go.Task;
            byte[] hash = await SHA256.HashDataAsync(context.Request.Body);
            await LoopHttpTests.WriteAsync(context, Convert.ToHexString(hash));
        });
        byte[] body = RandomNumberGenerator.GetBytes((int)(2 * KernelBound));
        using RawClient client = host.Connect();
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {body.Length}\r\n\r\n");

        Task sending = client.SendAsync(body);
        Assert.False(sending.IsCompleted);
        go.SetResult();
        await sending;

        Assert.Equal(Convert.ToHexString(SHA256.HashData(body)), await client.ReadResponseAsync());

        // Nothing is received that nobody reads: a thousand blocks passed, and a few existed.
        Assert.InRange(host.Group.Loops.Sum(l => l.Blocks.Made), 1, 32);
    }

    [LinuxFact]
    public async Task Download_ManySmallFlushesWithoutWaiting_ArriveInOrder()
    {
        // The writer does not wait for its flushes, so Kestrel collects behind the one that is pending.
        const int count = 20_000;
        await using LoopHost host = await LoopHost.StartAsync(async context =>
        {
            context.Response.ContentLength = count * 1000L;
            List<Task> flushes = [];
            for (int i = 0; i < count; i++)
            {
                byte[] line = new byte[1000];
                Fill(line, i);
                flushes.Add(context.Response.Body.WriteAsync(line).AsTask());
            }

            await Task.WhenAll(flushes);
        });
        using RawClient client = host.Connect();
        await client.SendAsync(RawClient.Get);

        await client.ReadHeadAsync();
        byte[] received = new byte[1000];
        byte[] expected = new byte[1000];
        for (int i = 0; i < count; i++)
        {
            await client.ReadExactlyAsync(received);
            Fill(expected, i);
            Bytes.AssertEqual(expected, received);
        }
    }

    [LinuxFact]
    public async Task Echo_BothDirectionsAtOnceWithTinySocketBuffers_LosesNothing()
    {
        // A Unix socket, because TCP would recover from each full window with a timer.
        string path = Path.Combine(Path.GetTempPath(), $"hydra-{Guid.NewGuid():N}.sock");
        await using LoopHost host = await LoopHost.StartAsync(
            async context =>
            {
                context.Response.ContentLength = context.Request.ContentLength;
                await context.Request.BodyReader.CopyToAsync(context.Response.BodyWriter);
            },
            configure: kestrel => kestrel.ListenUnixSocket(path));
        byte[] body = RandomNumberGenerator.GetBytes(2_000_003);
        using RawClient client = RawClient.Connect(new UnixDomainSocketEndPoint(path));
        client.Socket.SendBufferSize = 4096;
        client.Socket.ReceiveBufferSize = 4096;

        Task sending = LoopHttpTests.SendPostAsync(client, body);
        byte[] echo = (await client.ReadResponseBytesAsync()).Body;
        await sending;

        Bytes.AssertEqual(body, echo);
    }

    [LinuxFact]
    public async Task IdleConnections_AfterTheirRequests_HoldNoBlocks()
    {
        await using LoopHost host = await LoopHost.StartHelloAsync(new TransportOptions { Loops = 1 });
        List<RawClient> clients = [];
        for (int i = 0; i < 50; i++)
        {
            RawClient client = host.Connect();
            clients.Add(client);
            await client.SendAsync(RawClient.Get);
            await client.ReadResponseAsync();
        }

        // One after the other they used the same block of each size.
        Assert.InRange(host.Group.Loops[0].Blocks.Made, 1, 6);
        clients.ForEach(c => c.Dispose());
    }

    private static void Fill(Span<byte> chunk, long seed)
    {
        for (int i = 0; i < chunk.Length; i++)
        {
            chunk[i] = (byte)((seed >> 8) + i + (i >> 8));
        }
    }
}
