using System.Buffers.Binary;
using System.Text;

namespace Hydra.Tests.Functional.Harness;

/// <summary>A frame of HTTP/2 that the server has sent.</summary>
public sealed record Http2Frame(byte Type, byte Flags, int Stream, byte[] Payload)
{
    /// <summary>The error of RST_STREAM or GOAWAY.</summary>
    public int Error => BinaryPrimitives.ReadInt32BigEndian(Payload.AsSpan(Type == Http2Connection.GoAway ? 4 : 0));
}

/// <summary>A client of HTTP/2 without TLS whose every frame is the test's (RFC 9113), for what no client of others would send.</summary>
public sealed class Http2Connection : IAsyncDisposable
{
    public const byte Data = 0, Headers = 1, Reset = 3, Settings = 4, Ping = 6, GoAway = 7, Continuation = 9;
    public const byte EndStream = 1, EndHeaders = 4;

    private readonly RawConnection _connection;

    private Http2Connection(RawConnection connection) => _connection = connection;

    /// <summary>Connects, and sends the preface and empty settings.</summary>
    public static async Task<Http2Connection> OpenAsync(HydraServer server)
    {
        var connection = new Http2Connection(await server.ConnectAsync());
        await connection._connection.SendAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        await connection.SendAsync(Frame(Settings, 0, 0));
        return connection;
    }

    /// <summary>A frame.</summary>
    public static byte[] Frame(byte type, byte flags, int stream, params byte[] payload)
    {
        byte[] frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        (frame[3], frame[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(9));
        return frame;
    }

    /// <summary>Fields as literals that nothing is remembered of (RFC 7541, section 6.2.2); each shorter than 127 bytes.</summary>
    public static byte[] Block(params (string Name, string Value)[] fields)
        => [.. fields.SelectMany(static field => (byte[])[0, (byte)field.Name.Length, .. Encoding.Latin1.GetBytes(field.Name), (byte)field.Value.Length, .. Encoding.Latin1.GetBytes(field.Value)])];

    /// <summary>The pseudo fields of a request.</summary>
    public static (string, string)[] Get(string path) => [(":method", "GET"), (":scheme", "http"), (":authority", "test"), (":path", path)];

    /// <summary>A request without a body.</summary>
    public static byte[] Request(int stream, params (string, string)[] fields) => Frame(Headers, EndStream | EndHeaders, stream, Block(fields));

    /// <summary>RST_STREAM with CANCEL.</summary>
    public static byte[] Cancel(int stream) => Frame(Reset, 0, stream, 0, 0, 0, 8);

    /// <summary>Sends bytes; what the server does not take any more is for nobody.</summary>
    public async Task SendAsync(params byte[][] frames)
    {
        try
        {
            await _connection.SendAsync(frames.SelectMany(static frame => frame).ToArray());
        }
        catch (System.Net.Sockets.SocketException)
        {
            // What the server has said before is still to be read.
        }
    }

    /// <summary>Reads a frame; null where the connection has ended.</summary>
    public async Task<Http2Frame?> ReadAsync()
    {
        byte[] head = await _connection.ReadUpToAsync(9);
        if (head.Length < 9)
        {
            return null;
        }

        byte[] payload = await _connection.ReadUpToAsync((int)(BinaryPrimitives.ReadUInt32BigEndian(head) >> 8));
        return new Http2Frame(head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), payload);
    }

    /// <summary>Reads until a frame of a kind, and of a stream where one is named; null where the connection has ended before.</summary>
    public async Task<Http2Frame?> ReadUntilAsync(byte type, int stream = -1)
    {
        while (await ReadAsync() is { } frame)
        {
            if (frame.Type == type && (stream < 0 || frame.Stream == stream))
            {
                return frame;
            }
        }

        return null;
    }

    /// <summary>Reads to the end of the connection.</summary>
    public async Task EndAsync()
    {
        while (await ReadAsync() is not null)
        {
            // It is for nobody.
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
