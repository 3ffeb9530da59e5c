using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Hydra.Bridge;

/// <summary>The header of a WebSocket frame from the program (RFC 6455, section 5.2).</summary>
/// <param name="Opcode">What it is.</param>
/// <param name="IsFinal">Whether it is the last of its message.</param>
/// <param name="Length">Bytes of its payload.</param>
internal readonly record struct SocketFrame(int Opcode, bool IsFinal, long Length)
{
    /// <summary>The opcodes.</summary>
    public const int Continuation = 0, Text = 1, Binary = 2, Close = 8, Ping = 9, Pong = 10;

    private const int LongestControl = 125;

    /// <summary>Whether it is about the connection.</summary>
    public bool IsControl => Opcode >= Close;

    /// <summary>Reads a header, if it is whole.</summary>
    /// <param name="data">What has come.</param>
    /// <param name="frame">The header.</param>
    /// <param name="used">Its bytes; 0 where more has to come.</param>
    /// <exception cref="ProgramException">A server may not send such a frame.</exception>
    public static bool TryRead(ReadOnlySpan<byte> data, out SocketFrame frame, out int used)
    {
        frame = default;
        used = 0;
        if (data.Length < 2)
        {
            return false;
        }

        int size = (data[1] & 0x7f) switch { 126 => 4, 127 => 10, _ => 2 };
        if (data.Length < size)
        {
            return false;
        }

        long length = size switch
        {
            4 => BinaryPrimitives.ReadUInt16BigEndian(data[2..]),
            10 => BinaryPrimitives.ReadInt64BigEndian(data[2..]),
            _ => data[1] & 0x7f,
        };
        frame = new SocketFrame(data[0] & 0xf, (data[0] & 0x80) != 0, length);
        bool isKnown = frame.Opcode is Continuation or Text or Binary or Close or Ping or Pong;
        if (!isKnown || (data[0] & 0x70) != 0 || (data[1] & 0x80) != 0 || length < 0 || (frame.IsControl && (!frame.IsFinal || length > LongestControl)))
        {
            throw new ProgramException("has sent a WebSocket frame that breaks the rules");
        }

        used = size;
        return true;
    }

    /// <summary>A frame for the program, masked as those of clients are (section 5.3).</summary>
    public static byte[] Make(int opcode, bool isFinal, ReadOnlySpan<byte> payload)
    {
        int size = payload.Length <= LongestControl ? 2 : payload.Length <= ushort.MaxValue ? 4 : 10;
        byte[] frame = new byte[size + 4 + payload.Length];
        frame[0] = (byte)((isFinal ? 0x80 : 0) | opcode);
        frame[1] = (byte)(0x80 | (size switch { 2 => payload.Length, 4 => 126, _ => 127 }));
        if (size == 4)
        {
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)payload.Length);
        }
        else if (size == 10)
        {
            BinaryPrimitives.WriteInt64BigEndian(frame.AsSpan(2), payload.Length);
        }

        Span<byte> mask = frame.AsSpan(size, 4);
        RandomNumberGenerator.Fill(mask);
        Span<byte> body = frame.AsSpan(size + 4);
        for (int i = 0; i < payload.Length; i++)
        {
            body[i] = (byte)(payload[i] ^ mask[i & 3]);
        }

        return frame;
    }

    /// <summary>A close for the program.</summary>
    /// <param name="code">Why; 1005 for one that does not say it (section 7.1.5).</param>
    /// <param name="reason">More of that.</param>
    public static byte[] MakeClose(ushort code, ReadOnlySpan<byte> reason)
    {
        byte[] payload = code == NoCode ? [] : new byte[2 + reason.Length];
        if (payload.Length > 0)
        {
            BinaryPrimitives.WriteUInt16BigEndian(payload, code);
            reason.CopyTo(payload.AsSpan(2));
        }

        return Make(Close, true, payload);
    }

    /// <summary>A close without a code (section 7.4.1).</summary>
    public const ushort NoCode = 1005;

    /// <summary>No close at all.</summary>
    public const ushort Lost = 1006;

    /// <summary>What a handshake's key is to be answered with (section 4.2.2).</summary>
    public static byte[] AnswerTo(ReadOnlySpan<byte> key)
    {
        // What the section names; it guards nothing.
#pragma warning disable CA5350
        return Encoding.ASCII.GetBytes(Convert.ToBase64String(SHA1.HashData([.. key, .. "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"u8])));
#pragma warning restore CA5350
    }
}
