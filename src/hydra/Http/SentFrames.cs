using System.Buffers;
using System.Buffers.Binary;

namespace Hydra.Http;

/// <summary>
/// Looks at the frames that a connection of HTTP/2 is sent (RFC 9113, section 4.1), for <see cref="StreamWindows"/>, and says where they are to be cut. For one thread at a time.
/// </summary>
/// <param name="windows">Told what is sent.</param>
internal sealed class SentFrames(StreamWindows windows)
{
    private const int HeadSize = 9;
    private const byte Data = 0, Headers = 1, Reset = 3;
    private const byte EndOfStream = 1;

    // The head of the next frame, as far as it has come.
    private readonly byte[] _head = new byte[HeadSize];
    private int _headLength;

    // Bytes until the next frame begins.
    private int _left;

    /// <summary>Looks at bytes that are to be sent.</summary>
    /// <param name="data">What follows what was looked at before; frames may be cut anywhere.</param>
    /// <returns>
    /// How many bytes may leave together, at least one: a reset begins a record of its own. Behind an answer it says that no more of the request is wanted, and
    /// clients that read both at once take the answer for one that has failed.
    /// </returns>
    public long Look(in ReadOnlySequence<byte> data)
    {
        long looked = 0;
        foreach (ReadOnlyMemory<byte> segment in data)
        {
            ReadOnlySpan<byte> rest = segment.Span;
            while (!rest.IsEmpty)
            {
                int passed = Math.Min(_left, rest.Length);
                _left -= passed;
                looked += passed;
                rest = rest[passed..];
                int part = Math.Min(HeadSize - _headLength, rest.Length);
                if (part == 0)
                {
                    continue;
                }

                rest[..part].CopyTo(_head.AsSpan(_headLength));
                _headLength += part;
                looked += part;
                rest = rest[part..];
                if (_headLength < HeadSize)
                {
                    continue;
                }

                _headLength = 0;
                if (_head[3] == Reset && looked > HeadSize)
                {
                    // It is looked at once more, then as the first.
                    return looked - HeadSize;
                }

                _left = Pass();
            }
        }

        return looked;
    }

    private int Pass()
    {
        int length = (int)(BinaryPrimitives.ReadUInt32BigEndian(_head) >> 8);
        int stream = (int)(BinaryPrimitives.ReadUInt32BigEndian(_head.AsSpan(5)) & int.MaxValue);
        bool isLast = (_head[4] & EndOfStream) != 0;
        switch (_head[3])
        {
            case Data:
                windows.OnSent(stream, length, isLast);
                break;
            case Headers:
                windows.OnSent(stream, 0, isLast);
                break;
            case Reset:
                windows.OnReset(stream);
                break;
        }

        return length;
    }
}
