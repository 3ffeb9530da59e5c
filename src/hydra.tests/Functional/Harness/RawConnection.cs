using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Hydra.Tests.Functional.Harness;

/// <summary>A client connection that sends and shows the bytes as they are. For one test's thread.</summary>
public sealed class RawConnection : IAsyncDisposable
{
    private readonly Socket _socket;
    private byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    private RawConnection(Socket socket) => _socket = socket;

    /// <summary>This side's port.</summary>
    public int LocalPort => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    /// <summary>Whether the connection has ended by a reset, as far as somebody has read.</summary>
    public bool WasReset { get; private set; }

    /// <summary>Connects.</summary>
    public static async Task<RawConnection> OpenAsync(int port, int? receiveBuffer = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer is { } size)
        {
            socket.ReceiveBufferSize = size;
        }

        await socket.ConnectAsync(IPAddress.Loopback, port);
        return new RawConnection(socket);
    }

    /// <summary>Connects to a Unix socket; a name that begins with NUL is an abstract one. Null where nobody listens yet.</summary>
    public static RawConnection? TryOpenUnix(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return new RawConnection(socket);
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }

    /// <summary>The same, where somebody is known to listen.</summary>
    public static async Task<RawConnection> OpenUnixAsync(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

        // Asynchronously it would fail while the backlog is full, where this one waits.
        await Task.Run(() => socket.Connect(new UnixDomainSocketEndPoint(path)));
        return new RawConnection(socket);
    }

    /// <summary>Sends text as Latin-1.</summary>
    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Sends bytes.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await _socket.SendAsync(bytes).AsTask().WithinLimitAsync("the server to take bytes")..];
        }
    }

    /// <summary>Sends a GET request.</summary>
    public Task GetAsync(string path, string headers = "") => SendAsync($"GET {path} HTTP/1.1\r\nHost: test\r\n{headers}\r\n");

    /// <summary>Sends a request and reads its response.</summary>
    public async Task<RawResponse> ExchangeAsync(string request, bool isHead = false)
    {
        await SendAsync(request);
        return await ReadResponseAsync(isHead);
    }

    /// <summary>Waits until the server has read everything that was sent.</summary>
    public async Task HasBeenReadAsync()
    {
        // What was sent may still be on this side: the peer has read all that it has before it has everything.
        string port = $":{LocalPort:X4}";
        await Eventually.HoldsAsync(
            () => HasSocket(fields => fields[1].EndsWith(port, StringComparison.Ordinal) && fields[4].StartsWith("00000000:", StringComparison.Ordinal)),
            "everything leaves");
        await Eventually.HoldsAsync(
            () => HasSocket(fields => fields[2].EndsWith(port, StringComparison.Ordinal) && fields[4].EndsWith(":00000000", StringComparison.Ordinal)),
            "the server reads");
    }

    /// <summary>Ends the sending direction.</summary>
    public void FinishSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Closes with a reset, as a client does that crashed.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    /// <summary>Reads a response that is framed by its length, in chunks, or by the end of the connection.</summary>
    public async Task<RawResponse> ReadResponseAsync(bool isHead = false)
    {
        (string statusLine, List<KeyValuePair<string, string>> headers) = await ReadHeadAsync();
        var response = new RawResponse(statusLine, headers, [], IsComplete: true);
        if (isHead || response.Status is 204 or 304 or < 200)
        {
            return response;
        }

        if (response.Values("Transfer-Encoding") is ["chunked"])
        {
            return await ReadChunksAsync(response);
        }

        if (response.Value("Content-Length") is { } length)
        {
            byte[] body = await ReadUpToAsync(int.Parse(length, CultureInfo.InvariantCulture));
            return response with { Body = body, IsComplete = body.Length.ToString(CultureInfo.InvariantCulture) == length };
        }

        return response with { Body = await ReadToEndAsync() };
    }

    /// <summary>Reads the status line and the headers.</summary>
    public async Task<(string StatusLine, List<KeyValuePair<string, string>> Headers)> ReadHeadAsync()
    {
        string statusLine = await ReadLineAsync() ?? throw new EndOfStreamException("the connection ended before a response");
        var headers = new List<KeyValuePair<string, string>>();
        while (await ReadLineAsync() is { Length: > 0 } line)
        {
            headers.Add(Field(line));
        }

        return (statusLine, headers);
    }

    /// <summary>Reads one chunk: its bytes, empty for the last one, or null when the connection ended.</summary>
    public async Task<byte[]?> ReadChunkAsync()
    {
        if (await ReadLineAsync() is not { } line)
        {
            return null;
        }

        int size = int.Parse(line, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        if (size == 0)
        {
            return await ReadTrailersAsync() ? [] : null;
        }

        byte[] data = await ReadUpToAsync(size);
        return data.Length == size && await ReadLineAsync() is "" ? data : null;
    }

    /// <summary>The fields behind the last chunk, when that was read.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Trailers { get; private set; } = [];

    /// <summary>Reads a line without its CRLF; null at the end of the connection.</summary>
    public async Task<string?> ReadLineAsync()
    {
        while (true)
        {
            int length = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n"u8);
            if (length >= 0)
            {
                string line = Encoding.Latin1.GetString(_buffer, _start, length);
                _start += length + 2;
                return line;
            }

            if (!await FillAsync())
            {
                return _start == _end ? null : throw new EndOfStreamException("the connection ended within a line");
            }
        }
    }

    /// <summary>Reads this many bytes, or fewer when the connection ends.</summary>
    public async Task<byte[]> ReadUpToAsync(int count)
    {
        byte[] result = new byte[count];
        int filled = 0;
        while (filled < count && (_start < _end || await FillAsync()))
        {
            int taken = Math.Min(count - filled, _end - _start);
            _buffer.AsSpan(_start, taken).CopyTo(result.AsSpan(filled));
            _start += taken;
            filled += taken;
        }

        return filled == count ? result : result[..filled];
    }

    /// <summary>Reads some bytes into the caller's memory; 0 at the end of the connection.</summary>
    public async Task<int> ReadSomeAsync(Memory<byte> target)
    {
        if (_start == _end && !await FillAsync())
        {
            return 0;
        }

        int taken = Math.Min(target.Length, _end - _start);
        _buffer.AsMemory(_start, taken).CopyTo(target);
        _start += taken;
        return taken;
    }

    /// <summary>Reads until the connection ends.</summary>
    public async Task<byte[]> ReadToEndAsync()
    {
        var result = new MemoryStream();
        while (_start < _end || await FillAsync())
        {
            result.Write(_buffer, _start, _end - _start);
            _start = _end;
        }

        return result.ToArray();
    }

    /// <summary>Whether the connection has ended, by a FIN or a reset; waits for it.</summary>
    public async Task<bool> HasEndedAsync() => _start == _end && !await FillAsync();

    /// <summary>Whether there is something to read now.</summary>
    public bool HasData => _start < _end || _socket.Available > 0;

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    // The columns of /proc/net/tcp: number, local address, remote address, state, queues (out:in).
    private static bool HasSocket(Predicate<string[]> predicate)
        => File.ReadLines("/proc/net/tcp").Any(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is { Length: > 4 } fields && predicate(fields));

    private async Task<RawResponse> ReadChunksAsync(RawResponse head)
    {
        var body = new MemoryStream();
        while (await ReadChunkAsync() is { } chunk)
        {
            if (chunk.Length == 0)
            {
                return head with { Body = body.ToArray(), Trailers = Trailers };
            }

            body.Write(chunk);
        }

        return head with { Body = body.ToArray(), IsComplete = false };
    }

    // Whether they have come to their end.
    private async Task<bool> ReadTrailersAsync()
    {
        List<KeyValuePair<string, string>> fields = [];
        while (await ReadLineAsync() is { } line)
        {
            if (line.Length == 0)
            {
                Trailers = fields;
                return true;
            }

            fields.Add(Field(line));
        }

        return false;
    }

    private static KeyValuePair<string, string> Field(string line)
    {
        int colon = line.IndexOf(':', StringComparison.Ordinal);
        return new KeyValuePair<string, string>(line[..colon], line[(colon + 1)..].Trim(' '));
    }

    // A reset ends a connection as well as a FIN does.
    private async Task<bool> FillAsync()
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_end == _buffer.Length && _start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        else if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        try
        {
            int received = await _socket.ReceiveAsync(_buffer.AsMemory(_end)).AsTask().WithinLimitAsync("bytes from the server");
            _end += received;
            return received > 0;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset)
        {
            WasReset = true;
            return false;
        }
    }
}
