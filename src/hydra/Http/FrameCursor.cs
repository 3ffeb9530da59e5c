using System.Buffers.Binary;

namespace Hydra.Http;

/// <summary>Goes from frame to frame of a connection of HTTP/2 (RFC 9113, section 4.1), whose bytes may be cut anywhere. For one thread at a time.</summary>
/// <param name="before">Bytes before the first frame, which are passed over.</param>
/// <param name="mostContents">Bytes of a frame's contents that are kept at most.</param>
/// <param name="wanted">How many of its contents are kept of a frame, by its type, flags and length; null for none.</param>
internal sealed class FrameCursor(int before = 0, int mostContents = 0, Func<byte, byte, int, int>? wanted = null)
{
    /// <summary>Bytes of a frame's head.</summary>
    public const int HeadSize = 9;

    // The head of a frame, as far as it has come, and what is kept of its contents.
    private readonly byte[] _head = new byte[HeadSize + mostContents];
    private int _headLength;
    private int _headSize = HeadSize;

    // Bytes until the next frame begins.
    private long _left = before;

    /// <summary>The type of the frame that was found last.</summary>
    public byte Type => _head[3];

    /// <summary>Its flags.</summary>
    public byte Flags => _head[4];

    /// <summary>The length of its contents.</summary>
    public int Length => (int)(BinaryPrimitives.ReadUInt32BigEndian(_head) >> 8);

    /// <summary>Its stream; 0 where it is about the connection.</summary>
    public int Stream => (int)(BinaryPrimitives.ReadUInt32BigEndian(_head.AsSpan(5)) & int.MaxValue);

    /// <summary>What is kept of its contents.</summary>
    public ReadOnlySpan<byte> Contents => _head.AsSpan(HeadSize, _headSize - HeadSize);

    /// <summary>Looks for the next frame.</summary>
    /// <param name="data">Bytes that follow those before; afterwards what was not looked at.</param>
    /// <returns>Whether there is one, with its head and what is kept of it; else all bytes were looked at.</returns>
    public bool Next(ref ReadOnlySpan<byte> data)
    {
        if (_headLength == _headSize)
        {
            Begin();
        }

        int passed = (int)Math.Min(_left, data.Length);
        data = data[passed..];
        _left -= passed;
        while (_left == 0 && !data.IsEmpty)
        {
            int part = Math.Min(_headSize - _headLength, data.Length);
            data[..part].CopyTo(_head.AsSpan(_headLength));
            data = data[part..];
            _headLength += part;
            if (_headLength == HeadSize && _headSize == HeadSize)
            {
                _headSize += wanted?.Invoke(Type, Flags, Length) ?? 0;
            }

            if (_headLength == _headSize)
            {
                _left = Length - (_headSize - HeadSize);
                return true;
            }
        }

        return false;
    }

    /// <summary>The frame that was found last comes once more, from its first byte.</summary>
    public void Repeat()
    {
        Begin();
        _left = 0;
    }

    private void Begin()
    {
        _headLength = 0;
        _headSize = HeadSize;
    }
}
