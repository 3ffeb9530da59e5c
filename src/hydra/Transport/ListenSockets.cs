using System.Net;
using System.Net.Sockets;
using Hydra.Primitives;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Hydra.Transport;

/// <summary>A listening socket that was open already when the process started.</summary>
/// <param name="Key">What it stands for: the text of an endpoint, or fd://number.</param>
/// <param name="Number">The descriptor.</param>
/// <param name="IsShared">Whether another process has it too, so that what waits in its queue is not lost when this one closes it.</param>
/// <param name="OwnsPath">Whether the file of the Unix socket is removed in the end.</param>
internal sealed record InheritedSocket(string Key, int Number, bool IsShared, bool OwnsPath);

/// <summary>All listening sockets of the server: those that it opens and those that it inherited. Any thread.</summary>
internal sealed class ListenSockets
{
    private readonly Lock _lock = new();
    private readonly List<InheritedSocket> _unclaimed;
    private readonly Dictionary<int, InheritedSocket> _claimed = [];
    private readonly List<ListenSocket> _open = [];

    /// <summary>Knows what was inherited.</summary>
    public ListenSockets(params IEnumerable<InheritedSocket> inherited) => _unclaimed = [.. inherited];

    /// <summary>The sockets that were opened or taken over.</summary>
    public IReadOnlyList<ListenSocket> Open
    {
        get
        {
            lock (_lock)
            {
                return [.. _open];
            }
        }
    }

    /// <summary>The inherited socket that stands for this endpoint, or else the endpoint itself.</summary>
    public EndPoint Claim(EndPoint wanted)
    {
        string key = KeyOf(wanted);
        lock (_lock)
        {
            int index = _unclaimed.FindIndex(socket => socket.Key == key);
            if (index < 0)
            {
                return wanted;
            }

            InheritedSocket found = _unclaimed[index];
            _unclaimed.RemoveAt(index);
            _claimed[found.Number] = found;
            return new FileHandleEndPoint((ulong)found.Number, FileHandleType.Auto);
        }
    }

    /// <summary>Binds and listens, or takes over what was claimed.</summary>
    /// <inheritdoc cref="ListenSocket.Open"/>
    public ListenSocket Listen(EndPoint endPoint, TransportOptions options, ILogger logger)
    {
        ListenSocket socket = endPoint is FileHandleEndPoint handle
            ? ListenSocket.Adopt(Inherited(handle), options)
            : ListenSocket.Open(endPoint, options, logger);
        lock (_lock)
        {
            _open.Add(socket);
        }

        return socket;
    }

    /// <summary>Closes what was inherited and nobody listens on: clients would wait in its queue for ever.</summary>
    public void CloseUnclaimed()
    {
        lock (_lock)
        {
            foreach (InheritedSocket socket in _unclaimed)
            {
                new SafeSocketHandle(socket.Number, ownsHandle: true).Dispose();
            }

            _unclaimed.Clear();
        }
    }

    /// <summary>Another process goes on with these sockets: the files of Unix sockets stay, and what waits in the queues waits for it.</summary>
    public void HandOver()
    {
        foreach (ListenSocket socket in Open)
        {
            socket.HandOver();
        }
    }

    /// <summary>Removes the files of the Unix sockets that were bound here.</summary>
    public void RemovePaths()
    {
        foreach (ListenSocket socket in Open)
        {
            socket.RemovePath();
        }
    }

    private static string KeyOf(EndPoint endPoint)
        => endPoint is FileHandleEndPoint handle ? new BindAddress.Descriptor((int)handle.FileHandle).ToString() : endPoint.ToString()!;

    private InheritedSocket Inherited(FileHandleEndPoint endPoint)
    {
        lock (_lock)
        {
            // One that only the user's option names may be shared with whoever opened it.
            return _claimed.GetValueOrDefault((int)endPoint.FileHandle)
                ?? new InheritedSocket(KeyOf(endPoint), (int)endPoint.FileHandle, IsShared: true, OwnsPath: false);
        }
    }
}
