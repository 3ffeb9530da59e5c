using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Hydra.Primitives;
using Hydra.Workers.Processes;

namespace Hydra.Bridge;

/// <summary>Where the program may listen: a port that nobody has, and a path for a Unix socket in a private directory. Disposing of it forgets both.</summary>
internal sealed class ProgramPlaces : IDisposable
{
    // Below what Linux, macOS and Windows give away by themselves, and above most of what has a fixed place.
    private const int FirstPort = 20_000;
    private const int LastPort = 32_000;
    private const int Attempts = 64;
    private const string UnixPrefix = "unix:";

    private readonly string? _directory;
    private readonly Socket? _claim;

    private ProgramPlaces(int port, Socket? claim, string socketPath, string? directory)
    {
        Port = port;
        _claim = claim;
        SocketPath = socketPath;
        _directory = directory;
        Variables =
        [
            (EnvironmentVariables.Port, port.ToString(CultureInfo.InvariantCulture)), (EnvironmentVariables.ProgramSocket, socketPath),
        ];
    }

    /// <summary>The port.</summary>
    public int Port { get; }

    /// <summary>The path; empty where there can be none.</summary>
    public string SocketPath { get; }

    /// <summary>What the program is told, by the names of the variables.</summary>
    public IReadOnlyList<(string Name, string Value)> Variables { get; }

    /// <summary>Both in words.</summary>
    public string Description => $"$PORT ({Port})" + (SocketPath.Length > 0 ? $" or $HYDRA_SOCKET ({SocketPath})" : "");

    /// <summary>Chooses them.</summary>
    /// <param name="boot">Where the workers' socket is: beside it is room for another.</param>
    public static ProgramPlaces Choose(BootDocument boot)
    {
        int port = ChoosePort(out Socket? claim);
        string? made = null;
        string path = "";
        if (boot.Address.StartsWith(UnixPrefix, StringComparison.Ordinal))
        {
            path = Path.Combine(Path.GetDirectoryName(boot.Address[UnixPrefix.Length..])!, $"{Environment.ProcessId:x}.sock");
        }
        else if (!OperatingSystem.IsWindows())
        {
            made = MakeDirectory();
            path = made is null ? "" : Path.Combine(made, "program.sock");
        }

        return new ProgramPlaces(port, claim, path, made);
    }

    /// <summary>For tests.</summary>
    public static ProgramPlaces At(int port, string socketPath) => new(port, null, socketPath, null);

    /// <summary>Waits until a connection is taken at one of the places.</summary>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>Which one that is: the Unix socket, if it is both.</returns>
    public async Task<EndPoint> WaitAsync(CancellationToken cancellation)
    {
        EndPoint[] places =
        [
            .. SocketPath.Length > 0 ? [new UnixDomainSocketEndPoint(SocketPath)] : Array.Empty<EndPoint>(),
            new IPEndPoint(IPAddress.Loopback, Port),
            .. Socket.OSSupportsIPv6 ? [new IPEndPoint(IPAddress.IPv6Loopback, Port)] : Array.Empty<EndPoint>(),
        ];
        for (int pause = 5; ; pause = Math.Min(pause + 1, 50))
        {
            foreach (EndPoint place in places)
            {
                try
                {
                    (await ProgramConnections.ConnectAsync(place, cancellation).ConfigureAwait(false)).Dispose();
                    return place;
                }
                catch (SocketException)
                {
                    // Not yet.
                }
            }

            await Task.Delay(pause, cancellation).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _claim?.Dispose();
        try
        {
            if (SocketPath.Length > 0)
            {
                File.Delete(SocketPath);
            }

            if (_directory is not null)
            {
                Directory.Delete(_directory, recursive: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Whoever took it away.
        }
    }

    // Between the choice and the program's bind() nobody is to come: the system itself gives no ports away from here, and other bridges on Linux see by
    // the name of a socket that this one is taken, also while nobody listens there.
    private static int ChoosePort(out Socket? claim)
    {
        for (int i = 0; i < Attempts; i++)
        {
            int port = Random.Shared.Next(FirstPort, LastPort);
            claim = OperatingSystem.IsLinux() ? Claim(port) : null;
            if ((claim is not null || !OperatingSystem.IsLinux()) && IsFree(port))
            {
                return port;
            }

            claim?.Dispose();
        }

        claim = null;
        using var any = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        any.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)any.LocalEndPoint!).Port;
    }

    private static Socket? Claim(int port)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(string.Create(CultureInfo.InvariantCulture, $"\0hydra-port-{port}")));
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }

    // At all addresses: the program may listen at any.
    private static bool IsFree(int port)
    {
        try
        {
            using var socket = Socket.OSSupportsIPv6 ? new Socket(SocketType.Stream, ProtocolType.Tcp) : new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string? MakeDirectory()
    {
        try
        {
            return Directory.CreateTempSubdirectory("hydra-").FullName is var path && Encoding.UTF8.GetByteCount(path) < RuntimeDirectory.MaximumSocketPath - 12 ? path : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
