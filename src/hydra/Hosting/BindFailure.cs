using System.Net.Sockets;
using Hydra.Primitives;
using Microsoft.AspNetCore.Connections;

namespace Hydra.Hosting;

/// <summary>Says why an address could not be bound.</summary>
internal static class BindFailure
{
    /// <summary>One sentence for the user.</summary>
    public static string Describe(IReadOnlyList<BindAddress> binds, Exception error)
    {
        string what = $"cannot listen on {string.Join(", ", binds)}: ";
        bool isInUse = error is AddressInUseException || error.InnerException is AddressInUseException;
        SocketError? code = isInUse ? SocketError.AddressAlreadyInUse : FindSocketError(error);
        string? unix = binds.OfType<BindAddress.Unix>().FirstOrDefault()?.Path;
        return what + code switch
        {
            SocketError.AddressAlreadyInUse when unix is not null && Directory.Exists(unix) => $"{unix} is a directory",
            SocketError.AddressAlreadyInUse when unix is not null && File.Exists(unix) && !IsSocket(unix) => $"{unix} exists and is no socket",
            SocketError.AddressAlreadyInUse => "the address is already in use by another program" + (binds.Count > 1 ? ", or one of these takes the other's" : ""),
            SocketError.AccessDenied when unix is not null => "permission denied",
            SocketError.AccessDenied => "permission denied (ports below 1024 need a privilege)",
            SocketError.AddressNotAvailable or SocketError.SocketError when unix is not null => "there is no such directory",
            SocketError.AddressNotAvailable => "this machine has no such address",
            _ => error.Message,
        };
    }

    private static bool IsSocket(string path)
        => !OperatingSystem.IsWindows() && FileStatus.Read(path, followLinks: true, out FileStatus status) == 0 && status.IsSocket;

    private static SocketError? FindSocketError(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
        {
            if (error is SocketException socket)
            {
                return socket.SocketErrorCode;
            }
        }

        return null;
    }
}
