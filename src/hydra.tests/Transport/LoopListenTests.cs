using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Hydra.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Transport;

/// <summary>Where the loop transport listens, and when it refuses to.</summary>
public partial class LoopListenTests
{
    private static async Task AssertServes(EndPoint endPoint)
    {
        using RawClient client = RawClient.Connect(endPoint);
        await client.SendAsync(RawClient.Get);
        Assert.Equal("Hello", await client.ReadResponseAsync());
    }

    private static Task<LoopHost> StartOn(params EndPoint[] endPoints) => LoopHost.StartHelloAsync(configure: kestrel =>
    {
        foreach (EndPoint endPoint in endPoints)
        {
            kestrel.Listen(endPoint);
        }
    });

    [LinuxFact]
    public async Task Port0_AFreePortIsFoundAndTold()
    {
        await using LoopHost host = await StartOn(new IPEndPoint(IPAddress.Loopback, 0));

        Assert.NotEqual(0, host.Port);
        await AssertServes(host.EndPoint);
    }

    [LinuxFact]
    public async Task IPv6_IsServed()
    {
        await using LoopHost host = await StartOn(new IPEndPoint(IPAddress.IPv6Loopback, 0));

        await AssertServes(new IPEndPoint(IPAddress.IPv6Loopback, host.Port));
    }

    [LinuxFact]
    public async Task AnyAddress_ServesBothFamiliesAndTellsTheLocalAddress()
    {
        await using LoopHost host = await LoopHost.StartAsync(
            context => LoopHttpTests.WriteAsync(context, $"{context.Connection.LocalIpAddress!.MapToIPv6()} {context.Connection.RemoteIpAddress!.MapToIPv6()}"),
            configure: kestrel => kestrel.Listen(IPAddress.IPv6Any, 0));

        foreach (IPAddress address in (IPAddress[])[IPAddress.Loopback, IPAddress.IPv6Loopback])
        {
            using RawClient client = RawClient.Connect(new IPEndPoint(address, host.Port));
            await client.SendAsync(RawClient.Get);
            Assert.Equal($"{address.MapToIPv6()} {address.MapToIPv6()}", await client.ReadResponseAsync());
        }
    }

    [LinuxFact]
    public async Task SeveralAddresses_AllAreServed()
    {
        string path = SocketPath();
        await using LoopHost host = await StartOn(
            new IPEndPoint(IPAddress.Loopback, 0), new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0), new UnixDomainSocketEndPoint(path));

        await AssertServes(host.EndPoint);
        await AssertServes(new UnixDomainSocketEndPoint(path));
    }

    [LinuxFact]
    public async Task PortInUse_IsRefused()
    {
        await using LoopHost host = await StartOn(new IPEndPoint(IPAddress.Loopback, 0));

        Exception e = await Assert.ThrowsAnyAsync<IOException>(() => StartOn(new IPEndPoint(IPAddress.Loopback, host.Port)));
        Assert.IsType<AddressInUseException>(e.InnerException);
    }

    [LinuxFact]
    public async Task PortInUse_ByASocketThatWouldShareIt_IsRefused()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.SetRawSocketOption(1, 15, [1, 0, 0, 0]);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();

        await Assert.ThrowsAnyAsync<IOException>(() => StartOn(other.LocalEndPoint!));
    }

    [LinuxFact]
    public async Task ReusePort_TwoServers_ShareThePort()
    {
        var options = new TransportOptions { ReusePort = true };
        await using LoopHost first = await LoopHost.StartHelloAsync(options);
        await using LoopHost second = await LoopHost.StartHelloAsync(options, kestrel => kestrel.Listen(IPAddress.Loopback, first.Port));

        await AssertServes(second.EndPoint);
    }

    [LinuxFact]
    public async Task UnixSocket_IsServedAndRemovedInTheEnd()
    {
        string path = SocketPath();
        await using (LoopHost host = await LoopHost.StartHelloAsync(
            new TransportOptions { SocketMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }, kestrel => kestrel.ListenUnixSocket(path)))
        {
            await AssertServes(new UnixDomainSocketEndPoint(path));
            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
            }
        }

        Assert.False(File.Exists(path));
    }

    [LinuxFact]
    public async Task UnixSocket_ClientCloses_RequestIsAborted()
    {
        string path = SocketPath();
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LoopHost host = await LoopHost.StartAsync(
            async context =>
            {
                context.RequestAborted.Register(aborted.SetResult);
                started.SetResult();
                await aborted.Task;
            },
            new TransportOptions { HalfCloseGrace = TimeSpan.FromHours(1) },
            kestrel => kestrel.ListenUnixSocket(path));
        using (RawClient client = RawClient.Connect(new UnixDomainSocketEndPoint(path)))
        {
            await client.SendAsync(RawClient.Get);
            await started.Task;
        }

        await aborted.Task;
        await host.HasNoConnections();
    }

    [LinuxFact]
    public async Task UnixSocket_AbstractName_IsServed()
    {
        string name = "\0hydra-test-" + Guid.NewGuid();
        await using LoopHost host = await StartOn(new UnixDomainSocketEndPoint(name));

        await AssertServes(new UnixDomainSocketEndPoint(name));
    }

    [LinuxFact]
    public async Task UnixSocket_StaleFile_IsReplaced()
    {
        string path = SocketPath();
        using (var stale = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            stale.Bind(new UnixDomainSocketEndPoint(path + ".new"));
            stale.Listen();

            // Disposing removes the file: under another name it stays, as it does when a process is killed.
            File.Move(path + ".new", path);
        }

        Assert.True(File.Exists(path));

        await using LoopHost host = await StartOn(new UnixDomainSocketEndPoint(path));

        await AssertServes(new UnixDomainSocketEndPoint(path));
        Assert.True(host.Log.Has(1306));
    }

    [LinuxFact]
    public async Task UnixSocket_SomebodyListens_IsRefusedAndLeftAlone()
    {
        string path = SocketPath();
        await using LoopHost host = await StartOn(new UnixDomainSocketEndPoint(path));

        await Assert.ThrowsAnyAsync<IOException>(() => StartOn(new UnixDomainSocketEndPoint(path)));

        await AssertServes(new UnixDomainSocketEndPoint(path));
    }

    [LinuxFact]
    public async Task UnixSocket_PathIsAnotherFile_IsRefusedAndLeftAlone()
    {
        string path = SocketPath();
        await File.WriteAllTextAsync(path, "precious");

        await Assert.ThrowsAnyAsync<Exception>(() => StartOn(new UnixDomainSocketEndPoint(path)));

        Assert.Equal("precious", await File.ReadAllTextAsync(path));
        File.Delete(path);
    }

    [LinuxFact]
    public async Task InheritedSocket_IsServed()
    {
        using var opened = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        opened.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        opened.Listen();

        // A number of its own, for the listener closes what it inherits: a second close would hit whoever has the number by then.
        int inherited = Duplicate((int)opened.SafeHandle.DangerousGetHandle());
        await using LoopHost host = await LoopHost.StartHelloAsync(configure: kestrel => kestrel.ListenHandle((ulong)inherited, _ => { }));

        await AssertServes(opened.LocalEndPoint!);
    }

    [LinuxFact]
    public async Task Unbind_WithConnectionsInTheBacklog_HandsThemAllOver()
    {
        using var group = new EventLoopGroup(new TransportOptions { Loops = 1 }, NullLoggerFactory.Instance);
        IConnectionListener listener = await new LoopTransportFactory(group).BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        using var blocked = new Blocker();
        group.Loops[0].Post(blocked);
        List<RawClient> clients = [.. Enumerable.Range(0, 200).Select(_ => RawClient.Connect(listener.EndPoint))];

        ValueTask unbinding = listener.UnbindAsync();
        Assert.False(unbinding.IsCompleted);
        blocked.Release();
        await unbinding;

        int count = 0;
        while (await listener.AcceptAsync() is { } connection)
        {
            count++;
            await connection.DisposeAsync();
        }

        Assert.Equal(200, count);
        foreach (RawClient client in clients)
        {
            Assert.Empty(await client.ReadToEndAsync());
            client.Dispose();
        }

        await listener.DisposeAsync();
        Assert.Throws<SocketException>(() => RawClient.Connect(listener.EndPoint));
    }

    private static string SocketPath() => Path.Combine(Path.GetTempPath(), $"hydra-{Guid.NewGuid():N}.sock");

    [LibraryImport("libc", EntryPoint = "dup")]
    private static partial int Duplicate(int descriptor);
}

/// <summary>Keeps a loop from doing anything else.</summary>
internal sealed class Blocker : IThreadPoolWorkItem, IDisposable
{
    private readonly ManualResetEventSlim _release = new();

    public void Release() => _release.Set();

    public void Execute() => _release.Wait();

    public void Dispose()
    {
        _release.Set();
    }
}
