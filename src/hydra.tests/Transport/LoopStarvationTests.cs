using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Hydra.Primitives;
using Hydra.Transport;
using Xunit;

namespace Hydra.Tests.Transport;

/// <summary>Runs alone: it takes away the descriptors that the whole process has for clients.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public static class AloneDefinition
{
    public const string Name = "Alone";
}

/// <summary>What happens when the process runs out of descriptors.</summary>
[Collection(AloneDefinition.Name)]
public partial class LoopStarvationTests
{
    private const int NoFile = 7;

    [LinuxFact]
    public async Task Accept_ClientsShareUsedUp_WaitsAndGoesOnWhenOneIsFree()
    {
        Limit before = GetLimit();
        try
        {
            // The reserve stays free: the runtime of this process ends it where it needs a descriptor and there is none.
            int highest = Directory.GetFiles("/proc/self/fd").Max(static file => int.Parse(Path.GetFileName(file), CultureInfo.InvariantCulture));
            SetLimit(before with { Soft = (ulong)highest + 512 });
            await StarveAsync();
        }
        finally
        {
            SetLimit(before);
        }
    }

    private static async Task StarveAsync()
    {
        await using LoopHost host = await LoopHost.StartHelloAsync(new TransportOptions { Loops = 1 });
        await AskAsync(host.Connect());

        // A socket takes its descriptor when it is made, not when it connects.
        Socket[] waiting = [.. Enumerable.Range(0, 10).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))];
        RawClient served = host.Connect();
        await served.SendAsync(RawClient.Get);
        await served.ReadResponseAsync();
        var reserve = new DescriptorReserve();
        var fillers = new Stack<int>();
        try
        {
            while (!reserve.IsUsedUp())
            {
                fillers.Push(LoopSyscalls.EventFd());
            }

            foreach (Socket socket in waiting)
            {
                socket.Connect(host.EndPoint);
            }

            await Until.True(() => host.Log.Has(1301), "the acceptor has paused");

            // Whoever is connected is served meanwhile, and the loop does nothing else: it would make thousands of ticks.
            long ticks = host.Group.Loops[0].Ticks;
            for (int i = 0; i < 200; i++)
            {
                await served.SendAsync(RawClient.Get);
                Assert.Equal("Hello", await served.ReadResponseAsync());
            }

            Assert.InRange(host.Group.Loops[0].Ticks - ticks, 200, 1000);

            // One descriptor for one connection at a time: each that ends lets the next one in.
            _ = LibC.Close(fillers.Pop());
            foreach (Socket socket in waiting)
            {
                await AskAsync(RawClient.Wrap(socket));
            }
        }
        finally
        {
            while (fillers.TryPop(out int fd))
            {
                _ = LibC.Close(fd);
            }
        }

        await Until.True(() => host.Log.Has(1302), "the acceptor has gone on");
        served.Dispose();
        await AskAsync(host.Connect());
        await host.HasNoConnections();
    }

    private static async Task AskAsync(RawClient client)
    {
        await client.SendAsync(RawClient.Get);
        Assert.Equal("Hello", await client.ReadResponseAsync());
        client.Dispose();
    }

    private static Limit GetLimit()
    {
        Assert.Equal(0, getrlimit(NoFile, out Limit limit));
        return limit;
    }

    private static void SetLimit(Limit limit) => Assert.Equal(0, setrlimit(NoFile, limit));

    [LibraryImport("libc")]
    private static partial int getrlimit(int resource, out Limit limit);

    [LibraryImport("libc")]
    private static partial int setrlimit(int resource, in Limit limit);

    private record struct Limit(ulong Soft, ulong Hard);
}
