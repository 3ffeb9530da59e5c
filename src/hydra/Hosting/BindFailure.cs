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
        string addresses = string.Join(", ", binds);
        SocketError? code = FindSocketError(error);
        return error is AddressInUseException || error.InnerException is AddressInUseException || code is SocketError.AddressAlreadyInUse
            ? $"cannot listen on {addresses}: the address is already in use by another program"
            : code switch
            {
                SocketError.AccessDenied => $"cannot listen on {addresses}: permission denied (ports below 1024 need a privilege)",
                SocketError.AddressNotAvailable => $"cannot listen on {addresses}: this machine has no such address",
                _ => $"cannot listen on {addresses}: {error.Message}",
            };
    }

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
