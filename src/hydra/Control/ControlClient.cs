using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Hydra.Cli;
using Hydra.Primitives;

namespace Hydra.Control;

/// <summary>Asks a server at its control socket, a connection for each request. HTTP/1.1 as far as the server speaks it; not for others.</summary>
/// <param name="path">The socket.</param>
internal sealed class ControlClient(string path)
{
    // A status of ten thousand sessions, and the stacks of a worker, are some hundred kilobytes.
    private const int MostBytes = 64 << 20;

    /// <summary>Sends a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellation">Gives it up.</param>
    /// <returns>The body of the answer, which is that of a success.</returns>
    /// <exception cref="ControlException">There is no server, or it has refused.</exception>
    public async Task<byte[]> SendAsync(ControlRequest request, CancellationToken cancellation = default)
    {
        using Socket socket = await ConnectAsync(cancellation).ConfigureAwait(false);
        byte[] answer;
        try
        {
            string head = $"{request.Method} {request.Target} HTTP/1.1\r\nHost: hydra\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
            await socket.SendAsync(Encoding.ASCII.GetBytes(head), cancellation).ConfigureAwait(false);
            answer = await ReadAsync(socket, cancellation).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            throw new ControlException($"the server at {path} has broken off: {e.Message}", ExitCodes.StartFailure);
        }

        (int status, byte[] body) = Split(answer);
        return status is >= 200 and < 300 ? body : throw new ControlException(ErrorOf(status, body), ExitCodes.RuntimeError);
    }

    /// <summary>Takes an answer apart.</summary>
    /// <param name="answer">All of it: a head with a Content-Length, or a body up to the end.</param>
    /// <exception cref="ControlException">It is none, or not whole.</exception>
    public (int Status, byte[] Body) Split(ReadOnlySpan<byte> answer)
    {
        int end = answer.IndexOf("\r\n\r\n"u8);
        string[] lines = end < 0 ? [] : Encoding.Latin1.GetString(answer[..end]).Split("\r\n");
        string[] words = lines.Length == 0 ? [] : lines[0].Split(' ');
        if (words.Length < 2 || !words[0].StartsWith("HTTP/1.", StringComparison.Ordinal) || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out int status))
        {
            throw new ControlException(
                answer.IsEmpty ? $"the server at {path} has closed the connection without an answer: it may not know this user, or has just ended"
                    : $"what listens at {path} is no server of Hydra's", ExitCodes.StartFailure);
        }

        ReadOnlySpan<byte> body = answer[(end + 4)..];
        const string Name = "content-length:";
        string? length = lines.FirstOrDefault(static line => line.StartsWith(Name, StringComparison.OrdinalIgnoreCase));
        if (length is not null && (!int.TryParse(length.AsSpan(Name.Length).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int expected) || expected != body.Length))
        {
            throw new ControlException($"the answer of the server at {path} is not whole", ExitCodes.StartFailure);
        }

        return (status, body.ToArray());
    }

    private static async Task<byte[]> ReadAsync(Socket socket, CancellationToken cancellation)
    {
        var all = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        while (await socket.ReceiveAsync(buffer, cancellation).ConfigureAwait(false) is > 0 and var count && all.Length < MostBytes)
        {
            all.Write(buffer, 0, count);
        }

        return all.ToArray();
    }

    private static string ErrorOf(int status, byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, ControlJson.Default.ErrorAnswer)?.Error ?? $"the server answers {status}";
        }
        catch (JsonException)
        {
            return $"the server answers {status}";
        }
    }

    private async Task<Socket> ConnectAsync(CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation).ConfigureAwait(false);
            return socket;
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            socket.Dispose();
            throw new ControlException(Describe(e), ExitCodes.StartFailure);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private string Describe(Exception error) => error switch
    {
        ArgumentException => $"the path of the control socket is too long for one: {path}",
        SocketException when !OperatingSystem.IsWindows() && FileStatus.Read(path, followLinks: true, out FileStatus status) == 0 && !status.IsSocket => $"{path} is no socket",
        SocketException { SocketErrorCode: SocketError.AccessDenied } => $"{path} may not be opened by this user: the control socket is for the server's user and root",
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => File.Exists(path)
            ? $"nobody listens at {path}: the server that has made it is gone"
            : Missing(),
        SocketException when !File.Exists(path) => Missing(),
        SocketException { NativeErrorCode: 91 or 41 or 107 } => $"{path} is no socket that one could connect to",
        _ => $"{path} cannot be connected to: {error.Message}",
    };

    private string Missing() => $"there is no control socket at {path}: no server runs that was started with --control-socket {path}, or not yet";
}
