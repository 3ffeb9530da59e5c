using System.Net.Sockets;
using System.Runtime.Versioning;
using Hydra.Primitives;
using Hydra.Transport;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>
/// The file of --control-socket: made with mode 0600, before anybody can connect; removed at the end unless it is another server's by then.
/// </summary>
/// <param name="path">Its path, absolute.</param>
/// <param name="logger">Told of what was left there.</param>
[UnsupportedOSPlatform("windows")]
internal sealed class ControlSocket(string path, ILogger logger)
{
    private const UnixFileMode OwnerAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int Backlog = 64;

    private ulong _inode;

    /// <summary>Its path.</summary>
    public string Path => path;

    /// <summary>Makes the socket; nobody listens yet who could not accept.</summary>
    /// <param name="takesOver">Whether another server has it that this one replaces: it stays reachable until this one is.</param>
    /// <exception cref="StartException">It cannot be made, or is somebody else's.</exception>
    public Socket Open(bool takesOver)
    {
        // Under a name beside it where it is to take the place of another.
        string name = takesOver ? path + "~" : path;
        if (Check() is { } problem)
        {
            throw new StartException(problem);
        }

        Socket? socket = null;
        try
        {
            var place = new UnixDomainSocketEndPoint(name);
            if (takesOver)
            {
                File.Delete(name);
            }
            else
            {
                StaleSocket.Remove(place, logger);
            }

            socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Bind(new PathKeepingEndPoint(place));

            // Nobody can have connected: it does not listen.
            File.SetUnixFileMode(name, OwnerAlone);
            socket.Listen(Backlog);
            if (takesOver)
            {
                File.Move(name, path, overwrite: true);
            }

            _inode = FileStatus.Read(path, followLinks: false, out FileStatus made) == 0 ? made.Inode : 0;
            return socket;
        }
        catch (Exception e) when (e is SocketException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            socket?.Dispose();
            throw new StartException(Describe(e));
        }
    }

    /// <summary>Removes the file, if it is the one that was made.</summary>
    public void Remove()
    {
        if (_inode == 0 || FileStatus.Read(path, followLinks: false, out FileStatus found) != 0 || found.Inode != _inode)
        {
            return;
        }

        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is not there any more, or nobody may touch it.
        }
    }

    // What is there already may be a server's that was killed, and nothing else, and nobody else's.
    private string? Check()
    {
        if (FileStatus.Read(path, followLinks: false, out FileStatus found) != 0)
        {
            return null;
        }

        return !found.IsSocket ? $"the socket of --control-socket cannot be made: {path} is there already, and is no socket"
            : found.Owner != LibC.GetEffectiveUser() ? $"the socket of --control-socket cannot be made: {path} is another user's (number {found.Owner})"
            : null;
    }

    private string Describe(Exception error) => error switch
    {
        SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse }
            => $"the socket of --control-socket, {path}, is that of a server that is running: stop that one first, or give this one another path",
        ArgumentException => $"the path of --control-socket is too long for a socket: {path}",
        _ => $"the socket of --control-socket cannot be made at {path}: {error.Message}",
    };
}
