using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Hydra.Redis;

/// <summary>Makes the bytes of a command (RESP2): its arguments one after the other.</summary>
internal sealed class RespWriter
{
    private byte[] _buffer = new byte[256];
    private int _count;
    private int _arguments;

    /// <summary>Arguments so far.</summary>
    public int Arguments => _arguments;

    /// <summary>Bytes.</summary>
    public RespWriter Add(ReadOnlySpan<byte> bytes)
    {
        Span<byte> room = Room(bytes.Length + 16);
        room[0] = (byte)'$';
        _ = Utf8Formatter.TryFormat(bytes.Length, room[1..], out int digits);
        room = room[(1 + digits)..];
        room[0] = (byte)'\r';
        room[1] = (byte)'\n';
        bytes.CopyTo(room[2..]);
        room[2 + bytes.Length] = (byte)'\r';
        room[3 + bytes.Length] = (byte)'\n';
        _count += 5 + digits + bytes.Length;
        _arguments++;
        return this;
    }

    /// <summary>Text, in UTF-8.</summary>
    public RespWriter Add(string text) => Add(Encoding.UTF8.GetBytes(text));

    /// <summary>A number.</summary>
    public RespWriter Add(long number)
    {
        Span<byte> digits = stackalloc byte[20];
        _ = number.TryFormat(digits, out int count, default, CultureInfo.InvariantCulture);
        return Add(digits[..count]);
    }

    /// <summary>What was written.</summary>
    public byte[] ToArray() => _buffer.AsSpan(0, _count).ToArray();

    /// <summary>What stands in front of so many arguments.</summary>
    public static byte[] Head(int arguments) => Encoding.ASCII.GetBytes($"*{arguments.ToString(CultureInfo.InvariantCulture)}\r\n");

    /// <summary>A whole command.</summary>
    public static byte[] Command(params string[] words)
    {
        var writer = new RespWriter();
        foreach (string word in words)
        {
            writer.Add(word);
        }

        return [.. Head(words.Length), .. writer.ToArray()];
    }

    private Span<byte> Room(int size)
    {
        if (_buffer.Length - _count < size)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _count + size));
        }

        return _buffer.AsSpan(_count);
    }
}
