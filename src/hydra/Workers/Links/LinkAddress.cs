using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Hydra.Workers.Links;

/// <summary>
/// The address at which workers connect, and the socket that listens there. Any thread; <c>_gate</c> guards the change of the socket
/// when its file was removed.
/// </summary>
internal sealed class LinkAddress : IDisposable
{
    private readonly Lock _gate = new();
    private readonly string? _path;
    private readonly Func<string?>? _restoreDirectory;
    private Socket _socket;

    // How often it was made again. Under the gate.
    private int _remade;

    private LinkAddress(Socket socket, string text, string? path = null, Func<string?>? restoreDirectory = null)
    {
        _socket = socket;
        Text = text;
        _path = path;
        _restoreDirectory = restoreDirectory;
    }

    /// <summary>The address as the boot document has it; it stays the same.</summary>
    public string Text { get; }

    /// <summary>Listens on a Unix socket in a private directory.</summary>
    /// <param name="path">Where the socket is to be.</param>
    /// <param name="restoreDirectory">Makes the directory again if it is missing, and says what was wrong if that is not possible.</param>
    /// <exception cref="SocketException">The socket cannot be made there.</exception>
    public static LinkAddress ListenUnix(string path, Func<string?> restoreDirectory) => new(ListenAt(path), "unix:" + path, path, restoreDirectory);

    /// <summary>Listens on an abstract Unix socket (Linux), where no directory can be written.</summary>
    /// <exception cref="SocketException">The name is taken.</exception>
    public static LinkAddress ListenAbstract(string name) => new(ListenAt("\0" + name), "abstract:" + name);

    /// <summary>Listens on a free port of the loopback interface.</summary>
    /// <exception cref="SocketException">No port is free.</exception>
    public static LinkAddress ListenTcp()
    {
        Socket socket = Listen(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp), new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        return new LinkAddress(socket, string.Create(CultureInfo.InvariantCulture, $"tcp:127.0.0.1:{port}"));
    }

    /// <summary>Waits for the next connection, also across <see cref="Restore"/>.</summary>
    /// <exception cref="ObjectDisposedException">The address is disposed of.</exception>
    /// <exception cref="SocketException">There are no descriptors left, for one.</exception>
    public async ValueTask<Socket> AcceptAsync(CancellationToken cancellation)
    {
        while (true)
        {
            Socket socket = Current();
            try
            {
                return await socket.AcceptAsync(cancellation).ConfigureAwait(false);
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException && socket != Current())
            {
                // Another one has taken its place.
            }
        }
    }

    /// <summary>
    /// Makes the socket's file again, in the same place, where somebody has removed it: a cleaner of temporary files, or an operator. Without
    /// it no worker could ever be started again.
    /// </summary>
    /// <returns>Whether it was missing.</returns>
    /// <exception cref="IOException">That is not possible; the message is a sentence for the user.</exception>
    public bool Restore()
    {
        if (_path is null || File.Exists(_path))
        {
            return false;
        }

        lock (_gate)
        {
            if (File.Exists(_path))
            {
                // Workers that are started together miss it together.
                return false;
            }

            return Remake(_path) is { } problem
                ? throw new IOException($"The socket of the workers was removed and cannot be made again at {_path}: {problem}")
                : true;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Current().Dispose();

    private static Socket ListenAt(string path)
        => Listen(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified), new UnixDomainSocketEndPoint(path));

    private static Socket Listen(Socket socket, EndPoint endPoint)
    {
        try
        {
            socket.Bind(endPoint);
            socket.Listen(1024);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // Under the gate. Returns null, or what is in the way.
    private string? Remake(string path)
    {
        try
        {
            if (_restoreDirectory?.Invoke() is { } problem)
            {
                return problem;
            }

            // Disposing of a socket deletes what is at the path that it was bound to: so the new one gets to its place last, and is bound to a path
            // that none before it was. It is the one that listens also where it does not get there: then that is tried again.
            string aside = Path.Combine(Path.GetDirectoryName(path)!, string.Create(CultureInfo.InvariantCulture, $"n{++_remade}"));
            Socket before = _socket;
            _socket = ListenAt(aside);
            before.Dispose();
            File.Move(aside, path);
            return null;
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    private Socket Current()
    {
        lock (_gate)
        {
            return _socket;
        }
    }
}
