using System.Net.Sockets;
using Hydra.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Xunit;

namespace Hydra.Tests.Transport;

/// <summary>How connections end: in order, half, by reset, by abort, and what is left behind.</summary>
public class LoopEndTests
{
    [LinuxFact]
    public async Task HalfClose_ResponseNotReadyYet_IsStillDelivered()
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LoopHost host = await LoopHost.StartAsync(
            async context =>
            {
                await go.Task;
                await LoopHost.Hello(context);
            },
            new TransportOptions { HalfCloseGrace = TimeSpan.FromMinutes(1) });
        using RawClient client = host.Connect();

        await client.SendAsync(RawClient.Get);
        client.Socket.Shutdown(SocketShutdown.Send);
        await host.SeesTheEndOf(client);
        go.SetResult();

        Assert.Equal("Hello", await client.ReadResponseAsync());
        Assert.Empty(await client.ReadToEndAsync());
    }

    [LinuxFact]
    public async Task HalfClose_RightAfterPipelinedRequests_AllAreAnswered()
    {
        await using LoopHost host = await LoopHost.StartHelloAsync();
        using RawClient client = host.Connect();

        await client.SendAsync(string.Concat(Enumerable.Repeat(RawClient.Get, 20)));
        client.Socket.Shutdown(SocketShutdown.Send);

        for (int i = 0; i < 20; i++)
        {
            Assert.Equal("Hello", await client.ReadResponseAsync());
        }

        Assert.Empty(await client.ReadToEndAsync());
    }

    [LinuxTheory]
    [InlineData(0)]
    [InlineData(50)]
    public async Task HalfClose_GraceOver_RequestIsAborted(int graceMilliseconds)
    {
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LoopHost host = await LoopHost.StartAsync(
            async context =>
            {
                context.RequestAborted.Register(aborted.SetResult);
                await aborted.Task;
            },
            new TransportOptions { HalfCloseGrace = TimeSpan.FromMilliseconds(graceMilliseconds) });
        using RawClient client = host.Connect();

        await client.SendAsync(RawClient.Get);
        client.Socket.Shutdown(SocketShutdown.Send);

        await aborted.Task;
        Assert.Empty(await client.ReadToEndAsync());
    }

    [LinuxFact]
    public async Task HalfClose_SomebodyIsToldOfIt_DecidesAndTheConnectionStaysOpen()
    {
        var told = new PeerRecorder();
        await using LoopHost host = await LoopHost.StartAsync(
            async context =>
            {
                await told.Long;
                await LoopHost.Hello(context);
            },
            new TransportOptions { HalfCloseGrace = TimeSpan.FromMilliseconds(50) },
            kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Use(next => connection =>
            {
                connection.Features.Set<IPeerSink>(told);
                return next(connection);
            })));
        using RawClient client = host.Connect();
        await client.SendAsync(RawClient.Get);
        client.Socket.Shutdown(SocketShutdown.Send);

        Assert.Equal("Hello", await client.ReadResponseAsync());
        Assert.Empty(await client.ReadToEndAsync());
    }

    [LinuxFact]
    public async Task Reset_WhileTheApplicationWorks_RequestIsAborted()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LoopHost host = await LoopHost.StartAsync(async context =>
        {
            context.RequestAborted.Register(aborted.SetResult);
            started.SetResult();
            await aborted.Task;
        });
        RawClient client = host.Connect();
        await client.SendAsync(RawClient.Get);
        await started.Task;

        client.Reset();

        await aborted.Task;
        await host.HasNoConnections();
    }

    [LinuxFact]
    public async Task Reset_InTheMiddleOfAResponse_WriterComesToAnEnd()
    {
        var ended = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LoopHost host = await LoopHost.StartAsync(async context =>
        {
            byte[] chunk = new byte[256 * 1024];
            long written = 0;
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(chunk);
                written += chunk.Length;
            }

            ended.SetResult(written);
        });
        RawClient client = host.Connect();
        await client.SendAsync(RawClient.Get);
        await client.ReadHeadAsync();

        client.Reset();

        Assert.InRange(await ended.Task, 1, long.MaxValue);
        await host.HasNoConnections();
    }

    [LinuxTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Abort_ByTheApplication_ClientIsReset(bool fromAnotherThread)
    {
        await using LoopHost host = await LoopHost.StartAsync(async context =>
        {
            await context.Response.Body.WriteAsync(new byte[10]);
            await context.Response.Body.FlushAsync();
            if (fromAnotherThread)
            {
                await Task.Run(context.Abort);
            }
            else
            {
                context.Abort();
            }
        });
        using RawClient client = host.Connect();
        await client.SendAsync(RawClient.Get);

        await Assert.ThrowsAnyAsync<SocketException>(async () => await client.ReadToEndAsync());
        await host.HasNoConnections();
    }

    [LinuxFact]
    public async Task Abort_WhileAFlushWaits_FlushEnds()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var waits = new TaskCompletionSource<HttpContext>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LoopHost host = await LoopHost.StartAsync(async context =>
        {
            byte[] chunk = new byte[1024 * 1024];
            while (!context.RequestAborted.IsCancellationRequested)
            {
                Task flush = context.Response.Body.WriteAsync(chunk).AsTask();
                if (!flush.IsCompleted)
                {
                    waits.TrySetResult(context);
                }

                await flush;
            }

            ended.SetResult();
        });
        using RawClient client = host.Connect();
        await client.SendAsync(RawClient.Get);

        (await waits.Task).Abort();

        await ended.Task;
        await host.HasNoConnections();
    }

    [LinuxFact]
    public async Task ThousandConnections_OpenedAndClosed_LeaveNoDescriptors()
    {
        await using LoopHost host = await LoopHost.StartHelloAsync();
        for (int round = 0; round < 20; round++)
        {
            RawClient[] clients = [.. Enumerable.Range(0, 50).Select(_ => host.Connect())];
            await Task.WhenAll(clients.Select(async (client, i) =>
            {
                await client.SendAsync(RawClient.Get);
                await client.ReadResponseAsync();
                if (i % 3 == 0)
                {
                    client.Reset();
                }
                else
                {
                    client.Dispose();
                }
            }));
        }

        await host.HasNoConnections();
    }

    [LinuxFact]
    public async Task ConnectionClose_ResponseComesWholeThenTheEnd()
    {
        await using LoopHost host = await LoopHost.StartAsync(async context =>
        {
            context.Response.ContentLength = 1_000_000;
            context.Response.Headers.Connection = "close";
            await context.Response.Body.WriteAsync(new byte[1_000_000]);
        });
        using RawClient client = host.Connect();
        await client.SendAsync(RawClient.Get);

        Assert.Equal(1_000_000, (await client.ReadResponseBytesAsync()).Body.Length);
        Assert.Empty(await client.ReadToEndAsync());
        await host.HasNoConnections();
    }

    [LinuxFact]
    public async Task Refusal_WhileTheClientStillUploads_ArrivesBeforeAnyReset()
    {
        await using LoopHost host = await LoopHost.StartAsync(
            RefuseLargeBodies,
            new TransportOptions { Loops = 1, LingerTime = TimeSpan.FromMinutes(1) },
            kestrel =>
            {
                kestrel.Limits.MaxRequestBodySize = 1000;
                kestrel.Listen(System.Net.IPAddress.Loopback, 0);
            });
        using RawClient client = host.Connect();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000000\r\n\r\n");

        // The server has answered and ended its side before this is through; a reset would fail the sends, and the answer.
        await client.SendAsync(new byte[20_000_000]);
        client.Socket.Shutdown(SocketShutdown.Send);

        Assert.StartsWith("HTTP/1.1 413", await client.ReadHeadAsync(), StringComparison.Ordinal);
        await client.ReadToEndAsync();
        await host.HasNoConnections();
    }

    [LinuxFact]
    public async Task Abort_InOrder_ClientGetsWhatWasFlushedAndNoReset()
    {
        await using LoopHost host = await LoopHost.StartAsync(async context =>
        {
            await context.Response.Body.WriteAsync(new byte[500_000]);
            await context.Response.Body.FlushAsync();
            context.Features.GetRequiredFeature<ILoopFeature>().AbortsInOrder = true;
            context.Abort();
        });
        using RawClient client = host.Connect();
        await client.SendAsync(RawClient.Get);
        await client.ReadHeadAsync();

        // In chunks, and without the last one.
        byte[] rest = await client.ReadToEndAsync();
        Assert.InRange(rest.Length, 500_000, 510_000);
        Assert.False(rest.AsSpan().EndsWith("0\r\n\r\n"u8));
        await host.HasNoConnections();
    }

    [LinuxTheory]
    [InlineData(100, 1L << 30)]
    [InlineData(60_000, 200_000L)]
    public async Task Linger_ClientSendsOnAndOn_IsClosedAtTheLimit(int limitMilliseconds, long limitBytes)
    {
        await using LoopHost host = await LoopHost.StartAsync(
            RefuseLargeBodies,
            new TransportOptions { Loops = 1, LingerLimit = TimeSpan.FromMilliseconds(limitMilliseconds), LingerBytes = limitBytes },
            kestrel =>
            {
                kestrel.Limits.MaxRequestBodySize = 1000;
                kestrel.Listen(System.Net.IPAddress.Loopback, 0);
            });
        using RawClient client = host.Connect();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000000000\r\n\r\n");
        byte[] piece = new byte[1000];
        await Assert.ThrowsAnyAsync<SocketException>(async () =>
        {
            while (true)
            {
                await client.SendAsync(piece);
            }
        });

        await host.HasNoConnections();
    }

    [LinuxFact]
    public async Task Linger_ClientNeverEnds_IsClosedAfterTheTime()
    {
        await using LoopHost host = await LoopHost.StartAsync(
            RefuseLargeBodies,
            new TransportOptions { Loops = 1, LingerTime = TimeSpan.FromMilliseconds(50) },
            kestrel =>
            {
                kestrel.Limits.MaxRequestBodySize = 1000;
                kestrel.Listen(System.Net.IPAddress.Loopback, 0);
            });
        using RawClient client = host.Connect();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000000\r\n\r\n");
        await client.SendAsync(new byte[100_000]);

        await host.HasNoConnections();
    }

    private static async Task RefuseLargeBodies(HttpContext context)
    {
        try
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
        }
        catch (BadHttpRequestException e)
        {
            context.Response.StatusCode = e.StatusCode;
        }
    }

    [LinuxFact]
    public async Task Stop_WithARequestUnderWay_LetsItFinish()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LoopHost host = await LoopHost.StartAsync(async context =>
        {
            started.SetResult();
            await go.Task;
            await LoopHost.Hello(context);
        });
        using RawClient busy = host.Connect();
        using RawClient idle = host.Connect();
        await busy.SendAsync(RawClient.Get);
        await started.Task;

        Task stopping = host.StopAsync();
        Assert.Empty(await idle.ReadToEndAsync());
        Assert.False(stopping.IsCompleted);
        go.SetResult();

        Assert.Equal("Hello", await busy.ReadResponseAsync());
        Assert.Empty(await busy.ReadToEndAsync());
        await stopping;
        Assert.Throws<SocketException>(() => RawClient.Connect(host.EndPoint));
    }

    [LinuxFact]
    public async Task KeepAliveTimeout_IdleConnection_IsClosed()
    {
        await using LoopHost host = await LoopHost.StartHelloAsync(configure: kestrel =>
        {
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMilliseconds(10);
            kestrel.Listen(System.Net.IPAddress.Loopback, 0);
        });
        using RawClient client = host.Connect();
        await client.SendAsync(RawClient.Get);
        Assert.Equal("Hello", await client.ReadResponseAsync());

        Assert.Empty(await client.ReadToEndAsync());
        await host.HasNoConnections();
    }

    private sealed class PeerRecorder : IPeerSink
    {
        private readonly TaskCompletionSource _long = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Long => _long.Task;

        public bool OnPeerFinished(bool isLong)
        {
            if (isLong)
            {
                _long.TrySetResult();
            }

            return true;
        }
    }
}

internal static class LoopHostConditions
{
    /// <summary>Waits until no loop has a connection, whose descriptors are then closed.</summary>
    public static Task HasNoConnections(this LoopHost host)
        => Until.True(() => host.Group.Loops.Sum(l => l.Connections) == 0, "all connections are closed");

    /// <summary>Waits until the server's side of the connection has received the client's FIN.</summary>
    public static Task SeesTheEndOf(this LoopHost host, RawClient client)
    {
        string remote = $":{((System.Net.IPEndPoint)client.Socket.LocalEndPoint!).Port:X4}";

        // /proc/net/tcp: local, remote, state; 08 is CLOSE_WAIT.
        return Until.True(
            () => File.ReadLines("/proc/net/tcp").Any(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries) is { Length: > 3 } f
                && f[2].EndsWith(remote, StringComparison.Ordinal) && f[3] == "08"),
            "the server has received the client's end");
    }
}
