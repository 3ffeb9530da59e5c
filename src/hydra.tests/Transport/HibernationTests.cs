using System.IO.Pipelines;
using System.Net;
using Hydra.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Transport;

/// <summary>Connections that give up their memory while they wait for a request.</summary>
public class HibernationTests
{
    private static readonly TransportOptions Soon = new() { Loops = 2, HibernateAfter = TimeSpan.FromMilliseconds(100), HibernateFrom = 1 };

    [LinuxFact]
    public async Task Idle_FallsAsleep_AndItsNextRequestIsAnswered()
    {
        await using LoopHost host = await StartAsync(Soon);
        RawClient[] clients = [.. Enumerable.Range(0, 8).Select(_ => host.Connect())];
        for (int round = 0; round < 3; round++)
        {
            await AsleepAsync(host, clients.Length);
            await Task.WhenAll(clients.Select(async client =>
            {
                await client.SendAsync(RawClient.Get);
                Assert.Equal("Hello", await client.ReadResponseAsync());
            }));
        }

        Array.ForEach(clients, static client => client.Dispose());
        await Until.True(() => host.Group.Loops.All(static loop => loop.Connections == 0), "all connections are gone");
    }

    [LinuxFact]
    public async Task Idle_NothingOfItIsLeftInKestrel()
    {
        var closed = new TaskCompletionSource();
        await using LoopHost host = await StartAsync(Soon, context => context.OnClosed = () => closed.TrySetResult());
        using RawClient client = host.Connect();
        await client.SendAsync(RawClient.Get);
        Assert.Equal("Hello", await client.ReadResponseAsync());
        await AsleepAsync(host, 1);
        await closed.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [LinuxFact]
    public async Task Pipelined_AfterTheSleep_AreAnsweredInOrder()
    {
        await using LoopHost host = await StartAsync(Soon);
        using RawClient client = host.Connect();
        await AsleepAsync(host, 1);
        await client.SendAsync(string.Concat(Enumerable.Repeat(RawClient.Get, 50)));
        for (int i = 0; i < 50; i++)
        {
            Assert.Equal("Hello", await client.ReadResponseAsync());
        }
    }

    [LinuxTheory]
    [InlineData("G")]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\n")]
    public async Task HalfAHead_StaysAwake(string half)
    {
        await using LoopHost host = await StartAsync(new TransportOptions { Loops = 1, HibernateAfter = Soon.HibernateAfter, HibernateFrom = 1 });
        using RawClient client = host.Connect();
        await client.SendAsync(half);
        await Until.True(() => host.Group.Arriving == 0 && host.Group.Loops[0].Connections == 1, "the connection is served");

        // Those that come later have slept through several looks by then.
        using RawClient second = host.Connect();
        await AsleepAsync(host, 1);
        using RawClient third = host.Connect();
        await AsleepAsync(host, 2);
        await client.SendAsync(RawClient.Get[half.Length..]);
        Assert.Equal("Hello", await client.ReadResponseAsync());
    }

    [LinuxFact]
    public async Task RunningRequest_StaysAwake()
    {
        var release = new TaskCompletionSource();
        await using LoopHost host = await StartAsync(
            new TransportOptions { Loops = 1, HibernateAfter = Soon.HibernateAfter, HibernateFrom = 1 }, context => context.Before = release.Task);
        using RawClient client = host.Connect();
        await client.SendAsync(RawClient.Get);
        await Until.True(() => host.Group.Arriving == 0 && host.Group.Loops[0].Connections == 1, "the connection is served");
        using RawClient second = host.Connect();
        await AsleepAsync(host, 1);
        using RawClient third = host.Connect();
        await AsleepAsync(host, 2);
        release.SetResult();
        Assert.Equal("Hello", await client.ReadResponseAsync());
    }

    [LinuxFact]
    public async Task ClientThatLeavesInItsSleep_IsForgotten()
    {
        await using LoopHost host = await StartAsync(Soon);
        RawClient[] clients = [.. Enumerable.Range(0, 6).Select(_ => host.Connect())];
        await AsleepAsync(host, clients.Length);
        for (int i = 0; i < clients.Length; i++)
        {
            if (i % 2 == 0)
            {
                // A reset instead of an end.
                clients[i].Socket.LingerState = new System.Net.Sockets.LingerOption(true, 0);
            }

            clients[i].Dispose();
        }

        await Until.True(() => Asleep(host) == 0 && host.Group.Loops.All(static loop => loop.Connections == 0), "all connections are gone");
    }

    [LinuxFact]
    public async Task NoRequestForTooLong_IsClosedInItsSleep()
    {
        await using LoopHost host = await StartAsync(new TransportOptions
        {
            Loops = 1,
            HibernateAfter = Soon.HibernateAfter,
            HibernateFrom = 1,
            KeepAlive = TimeSpan.FromMilliseconds(300),
        });
        using RawClient client = host.Connect();
        await client.SendAsync(RawClient.Get);
        Assert.Equal("Hello", await client.ReadResponseAsync());
        Assert.Equal(0, await client.Socket.ReceiveAsync(new byte[1]));
        Assert.Equal(0, Asleep(host));
    }

    [LinuxFact]
    public async Task Stop_WakesAndClosesThem()
    {
        await using LoopHost host = await StartAsync(Soon);
        RawClient[] clients = [.. Enumerable.Range(0, 8).Select(_ => host.Connect())];
        await AsleepAsync(host, clients.Length);
        await host.StopAsync();
        foreach (RawClient client in clients)
        {
            Assert.Equal(0, await client.Socket.ReceiveAsync(new byte[1]));
            client.Dispose();
        }

        Assert.Equal(0, Asleep(host));
    }

    [LinuxFact]
    public async Task FewConnections_StayAwake()
    {
        await using LoopHost host = await StartAsync(new TransportOptions { Loops = 1, HibernateAfter = Soon.HibernateAfter, HibernateFrom = 4 });
        RawClient[] clients = [.. Enumerable.Range(0, 3).Select(_ => host.Connect())];
        await Until.True(() => host.Group.Arriving == 0 && host.Group.Loops[0].Connections == 3, "the connections are served");
        using RawClient fourth = host.Connect();
        await AsleepAsync(host, 4);
        Array.ForEach(clients, static client => client.Dispose());
    }

    [LinuxFact]
    public async Task Unbind_WhileAConnectionFallsAsleep_WaitsForItAndHandsItOverOnceMore()
    {
        using var group = new EventLoopGroup(
            new TransportOptions { Loops = 1, HibernateAfter = Soon.HibernateAfter, HibernateFrom = 1 }, NullLoggerFactory.Instance);
        await using IConnectionListener listener = await new LoopTransportFactory(group).BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        using RawClient client = RawClient.Connect(listener.EndPoint);
        ConnectionContext connection = (await listener.AcceptAsync())!;
        connection.Features.Get<ILoopFeature>()!.Capture = new HeadCapture();

        // It is told that the client has ended, but is slow to let go.
        ReadResult told = await connection.Transport.Input.ReadAsync();
        Assert.True(told.IsCompleted && told.Buffer.IsEmpty);
        Task unbound = listener.UnbindAsync().AsTask();
        await Until.True(() => ((LoopListener)listener).IsClosing, "the listener closes");
        await client.SendAsync(RawClient.Get);
        await PostAsync(group.Loops[0]);
        Assert.False(unbound.IsCompleted);
        await connection.DisposeAsync();

        await unbound;
        ConnectionContext awake = (await listener.AcceptAsync())!;
        ReadResult request = await awake.Transport.Input.ReadAsync();
        Assert.Equal(RawClient.Get.Length, request.Buffer.Length);
        Assert.Null(await listener.AcceptAsync());
        await awake.DisposeAsync();
    }

    [LinuxFact]
    public async Task Unbind_WhileAConnectionThatFallsAsleepIsAborted_Ends()
    {
        using var group = new EventLoopGroup(
            new TransportOptions { Loops = 1, HibernateAfter = Soon.HibernateAfter, HibernateFrom = 1 }, NullLoggerFactory.Instance);
        await using IConnectionListener listener = await new LoopTransportFactory(group).BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        using RawClient client = RawClient.Connect(listener.EndPoint);
        ConnectionContext connection = (await listener.AcceptAsync())!;
        connection.Features.Get<ILoopFeature>()!.Capture = new HeadCapture();
        Assert.True((await connection.Transport.Input.ReadAsync()).IsCompleted);
        Task unbound = listener.UnbindAsync().AsTask();
        connection.Abort();
        await unbound;
        Assert.Null(await listener.AcceptAsync());
        await connection.DisposeAsync();
    }

    // With what the server does about heads: they are looked at, and what is between two of them is known.
    private static Task<LoopHost> StartAsync(TransportOptions options, Action<Served>? configure = null)
    {
        var served = new Served();
        configure?.Invoke(served);
        return LoopHost.StartAsync(
            async context =>
            {
                context.Features.GetRequiredFeature<ILoopFeature>().Capture!.Release();
                await served.Before;
                await LoopHost.Hello(context);
            },
            options,
            kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Use(next => async context =>
            {
                context.Features.Get<ILoopFeature>()!.Capture = new HeadCapture();
                await next(context);
                served.OnClosed();
            })));
    }

    // What was posted before has run by the time that this has.
    private static async Task PostAsync(EventLoop loop)
    {
        var ran = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(new Job(ran.SetResult));
        await ran.Task;
    }

    private static int Asleep(LoopHost host) => host.Group.Loops.Sum(static loop => loop.Hibernator.Count);

    private static Task AsleepAsync(LoopHost host, int count)
        => Until.True(() => Asleep(host) == count, $"{count} connections sleep");

    private sealed class Job(Action action) : IThreadPoolWorkItem
    {
        public void Execute() => action();
    }

    private sealed class Served
    {
        public Task Before { get; set; } = Task.CompletedTask;

        public Action OnClosed { get; set; } = static () => { };
    }
}
