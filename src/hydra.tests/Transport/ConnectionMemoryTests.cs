using System.Net;
using Hydra.Transport;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Transport;

/// <summary>What a connection takes before anything has happened on it: ten thousand idle ones take ten thousand times that.</summary>
public class ConnectionMemoryTests
{
    // Of the connection and its two directions, as .NET 10 lays them out on 64-bit machines.
    private const long MostBytes = 520;

    [LinuxFact]
    public Task Connection_New_TakesNoMoreThanItsBound()
    {
        using var group = new EventLoopGroup(new TransportOptions { Loops = 1 }, NullLoggerFactory.Instance);
        var address = new IPEndPoint(IPAddress.Loopback, 1);
        var connections = new LoopConnection[101];
        connections[100] = new LoopConnection(group.Loops[0], group, -1, address, address);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            connections[i] = new LoopConnection(group.Loops[0], group, -1, address, address);
        }

        long each = (GC.GetAllocatedBytesForCurrentThread() - before) / 100;
        Assert.True(each <= MostBytes, $"A new connection takes {each} bytes.");
        GC.KeepAlive(connections);
        return Task.CompletedTask;
    }
}
