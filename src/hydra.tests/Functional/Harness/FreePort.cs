using System.Net;
using System.Net.Sockets;

namespace Hydra.Tests.Functional.Harness;

/// <summary>Ports for tests that must know the port before the server runs.</summary>
public static class FreePort
{
    // Below the range that the system takes ports for connections from, and each one only once in this process.
    private static int _next = 20_000 + (Environment.ProcessId % 1000 * 10);

    /// <summary>A port that nobody listens on.</summary>
    public static int Find()
    {
        while (true)
        {
            int port = Interlocked.Increment(ref _next);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Taken; the next one.
            }
        }
    }
}
