using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Hydra.Tests.Transport;

/// <summary>A client that says exactly what it is told to.</summary>
internal sealed class RawClient : IDisposable
{
    public const string Get = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

    private byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    private RawClient(Socket socket) => Socket = socket;

    public Socket Socket { get; }

    public static RawClient Connect(EndPoint endPoint)
    {
        var socket = new Socket(
            endPoint.AddressFamily, SocketType.Stream, endPoint.AddressFamily == AddressFamily.Unix ? ProtocolType.Unspecified : ProtocolType.Tcp);
        socket.Connect(endPoint);
        return new RawClient(socket);
    }

    public static RawClient Wrap(Socket socket) => new(socket);

    public async Task SendAsync(string text) => await SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> data)
    {
        while (data.Length > 0)
        {
            data = data[await Socket.SendAsync(data)..];
        }
    }

    /// <summary>Reads one response with a Content-Length.</summary>
    public async Task<string> ReadResponseAsync() => Encoding.Latin1.GetString((await ReadResponseBytesAsync()).Body);

    public async Task<(string Head, byte[] Body)> ReadResponseBytesAsync()
    {
        string head = await ReadHeadAsync();
        string? length = head.Split("\r\n").FirstOrDefault(l => l.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase));
        byte[] body = new byte[length is null ? 0 : int.Parse(length[16..], CultureInfo.InvariantCulture)];
        await ReadExactlyAsync(body);
        return (head, body);
    }

    public async Task<string> ReadHeadAsync()
    {
        while (true)
        {
            int end = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n\r\n"u8);
            if (end >= 0)
            {
                string head = Encoding.Latin1.GetString(_buffer, _start, end);
                _start += end + 4;
                return head;
            }

            if (await FillAsync() == 0)
            {
                throw new EndOfStreamException("The server closed before the end of a head.");
            }
        }
    }

    public async Task ReadExactlyAsync(Memory<byte> target)
    {
        while (target.Length > 0)
        {
            if (_start == _end && await FillAsync() == 0)
            {
                throw new EndOfStreamException("The server closed before the end of a body.");
            }

            int count = Math.Min(target.Length, _end - _start);
            _buffer.AsMemory(_start, count).CopyTo(target);
            _start += count;
            target = target[count..];
        }
    }

    /// <summary>Reads until the server's end and returns all of it.</summary>
    public async Task<byte[]> ReadToEndAsync()
    {
        while (await FillAsync() > 0)
        {
        }

        return _buffer[_start.._end];
    }

    /// <summary>Closes with a reset.</summary>
    public void Reset() => Socket.Close(0);

    public void Dispose() => Socket.Dispose();

    private async Task<int> FillAsync()
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        int received = await Socket.ReceiveAsync(_buffer.AsMemory(_end));
        _end += received;
        return received;
    }
}
