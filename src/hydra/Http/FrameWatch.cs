using System.Buffers;
using System.Buffers.Binary;

namespace Hydra.Http;

/// <summary>
/// Looks at the frames that a client of HTTP/2 sends (RFC 9113, section 4.1), without their contents, and counts those that cost the server work and the
/// client nothing (section 10.5): streams that are reset as soon as they are opened (CVE-2023-44487), and frames that carry nothing. Kestrel bounds neither: a thousand
/// resets in its queue, and it forgets to end the connection. For one thread at a time.
/// </summary>
/// <param name="maxStreams">Streams that the client may have at a time: as many resets a second are usual for one who reads through pages quickly.</param>
/// <param name="time">The clock.</param>
internal sealed class FrameWatch(int maxStreams, TimeProvider time)
{
    private const int HeadSize = 9;
    private const int PrefaceSize = 24;

    // Of section 6.
    private const byte Data = 0, Priority = 2, Reset = 3, Settings = 4, Ping = 6, Continuation = 9;
    private const byte EndOfStream = 1, Acknowledges = 1, EndOfHeaders = 4;

    // Frames that carry nothing: gRPC measures a connection by pings, some a second.
    private const int EmptyBurst = 1000;
    private const int EmptyRate = 100;

    private readonly FrameBudget _resets = new(2 * maxStreams, maxStreams, time);
    private readonly FrameBudget _empty = new(EmptyBurst, EmptyRate, time);

    // The head of the next frame, as far as it has come.
    private readonly byte[] _head = new byte[HeadSize];
    private int _headLength;

    // Bytes until the next frame begins; the preface is before the first.
    private long _left = PrefaceSize;

    /// <summary>Whether the client has gone beyond what it may.</summary>
    public bool IsFlooded { get; private set; }

    /// <summary>Looks at bytes that have come.</summary>
    /// <param name="data">What was not looked at before; frames may be cut anywhere.</param>
    public void Look(in ReadOnlySequence<byte> data)
    {
        foreach (ReadOnlyMemory<byte> segment in data)
        {
            Look(segment.Span);
        }
    }

    private void Look(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty && !IsFlooded)
        {
            int passed = (int)Math.Min(_left, data.Length);
            data = data[passed..];
            _left -= passed;
            if (_left > 0)
            {
                return;
            }

            int part = Math.Min(HeadSize - _headLength, data.Length);
            data[..part].CopyTo(_head.AsSpan(_headLength));
            data = data[part..];
            _headLength += part;
            if (_headLength == HeadSize)
            {
                _headLength = 0;
                _left = BinaryPrimitives.ReadUInt32BigEndian(_head) >> 8;
                IsFlooded = !MayPass(_head[3], _head[4]);
            }
        }
    }

    private bool MayPass(byte type, byte flags) => type switch
    {
        Reset => _resets.TryTake(),
        Data => _left > 0 || (flags & EndOfStream) != 0 || _empty.TryTake(),
        Continuation => _left > 0 || (flags & EndOfHeaders) != 0 || _empty.TryTake(),
        Ping or Settings => (flags & Acknowledges) != 0 || _empty.TryTake(),
        Priority => _empty.TryTake(),
        _ => true,
    };
}
