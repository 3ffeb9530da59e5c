using System.Net;
using System.Net.Sockets;

namespace Hydra.Bridge;

/// <summary>The connections to the program: those that rest, and new ones. Any thread; <c>_gate</c> guards those that rest.</summary>
/// <param name="address">Where the program listens.</param>
/// <param name="ended">Completes when the program has ended.</param>
internal sealed class ProgramConnections(EndPoint address, Task ended)
{
    private const int MostIdle = 256;

    // Less than any program waits by default (gunicorn's threads 2 s, Node and uvicorn 5 s): the nearer to that, the more often it closes a connection in
    // the moment in which it is used. A new one costs some ten microseconds on this machine.
    private const long LongestIdle = 1_000;

    // A program whose queue of connections is full, or that opens its socket anew, is asked again for this long, in milliseconds.
    private const long Patience = 3_000;

    private readonly Lock _gate = new();
    private readonly Stack<ProgramConnection> _idle = new();

    /// <summary>A connection for a request.</summary>
    /// <param name="isNew">Not one that has rested.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="SocketException">The program takes none.</exception>
    public async ValueTask<ProgramConnection> TakeAsync(bool isNew, CancellationToken cancellation)
    {
        while (!isNew && TakeIdle() is { } connection)
        {
            if (connection.IsUsable(LongestIdle))
            {
                return connection;
            }

            connection.Dispose();
        }

        long since = Environment.TickCount64;
        for (int pause = 2; ; pause = Math.Min(2 * pause, 100))
        {
            try
            {
                return new ProgramConnection(await ConnectAsync(address, cancellation).ConfigureAwait(false));
            }
            catch (SocketException) when (!ended.IsCompleted && Environment.TickCount64 - since < Patience)
            {
                await Task.WhenAny(ended, Task.Delay(pause, cancellation)).ConfigureAwait(false);
                cancellation.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>A request is over, and its connection may serve another one.</summary>
    public void Give(ProgramConnection connection)
    {
        connection.Rest();
        lock (_gate)
        {
            if (_idle.Count < MostIdle)
            {
                _idle.Push(connection);
                return;
            }
        }

        connection.Dispose();
    }

    /// <summary>Closes those that nobody has used for long. To be called from time to time.</summary>
    public void Trim()
    {
        ProgramConnection[] all;
        lock (_gate)
        {
            all = [.. _idle];
            _idle.Clear();
        }

        // The latest comes first, and is to be on top again.
        foreach (ProgramConnection connection in all.Reverse())
        {
            if (connection.IsUsable(LongestIdle))
            {
                lock (_gate)
                {
                    _idle.Push(connection);
                }
            }
            else
            {
                connection.Dispose();
            }
        }
    }

    /// <summary>Connects.</summary>
    /// <exception cref="SocketException">Nobody listens there, or the queue of connections is full.</exception>
    public static async ValueTask<Socket> ConnectAsync(EndPoint address, CancellationToken cancellation)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, address is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(address, cancellation).ConfigureAwait(false);
            if (address is IPEndPoint)
            {
                socket.NoDelay = true;
            }

            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private ProgramConnection? TakeIdle()
    {
        lock (_gate)
        {
            return _idle.TryPop(out ProgramConnection? connection) ? connection : null;
        }
    }
}
