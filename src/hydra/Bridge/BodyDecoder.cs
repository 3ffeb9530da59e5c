using System.Buffers.Text;
using Hydra.Protocol;

namespace Hydra.Bridge;

/// <summary>What comes next of a body.</summary>
internal enum BodyStep
{
    /// <summary>More has to come.</summary>
    NeedMore,

    /// <summary>Bytes of the body.</summary>
    Data,

    /// <summary>Its end.</summary>
    End,
}

/// <summary>Finds the bytes of an answer's body among those that frame them, without copying. For one answer.</summary>
/// <param name="framing">How the end is known.</param>
/// <param name="length">Bytes of a body with a length.</param>
internal sealed class BodyDecoder(BodyFraming framing, long length)
{
    // Chunk sizes beyond this are nobody's, and the line with its extensions is bounded, too.
    private const int LongestLine = 4096;

    // Bytes. As long as a field of the head may be with most servers.
    private const int LongestTrailer = 16 * 1024;

    private readonly List<byte> _trailers = [];
    private long _left = framing is BodyFraming.Length ? length : 0;
    private bool _isBehindChunk;
    private bool _isInTrailers;
    private bool _isOver = framing is BodyFraming.None;

    /// <summary>Whether the end of the connection is the end of the body.</summary>
    public bool EndsWithConnection => framing is BodyFraming.UntilClose;

    /// <summary>Whether it is over.</summary>
    public bool IsOver => _isOver;

    /// <summary>The fields behind the last chunk that may be handed on, as a header block. To be read at the end.</summary>
    public IReadOnlyList<byte> Trailers => _trailers;

    /// <summary>Looks at what is there.</summary>
    /// <param name="data">What has come.</param>
    /// <param name="skip">How much of it is to be left out, whatever the result.</param>
    /// <param name="count">How many bytes behind that are of the body.</param>
    /// <exception cref="ProgramException">A chunk breaks the rules (RFC 9112, section 7.1).</exception>
    public BodyStep Next(ReadOnlySpan<byte> data, out int skip, out int count)
    {
        skip = 0;
        count = 0;
        if (_isOver)
        {
            return BodyStep.End;
        }

        switch (framing)
        {
            case BodyFraming.Length:
                return TakeLeft(data, ref count);
            case BodyFraming.Chunked:
                return NextChunk(data, ref skip, ref count);
            default:
                count = data.Length;
                return count > 0 ? BodyStep.Data : BodyStep.NeedMore;
        }
    }

    /// <summary>The connection has ended.</summary>
    public void EndWithConnection() => _isOver = true;

    private BodyStep TakeLeft(ReadOnlySpan<byte> data, ref int count)
    {
        count = (int)Math.Min(data.Length, _left);
        _left -= count;
        _isOver = framing is BodyFraming.Length && _left == 0;
        return count > 0 ? BodyStep.Data : BodyStep.NeedMore;
    }

    private BodyStep NextChunk(ReadOnlySpan<byte> data, ref int skip, ref int count)
    {
        while (true)
        {
            if (_left > 0)
            {
                _isBehindChunk = true;
                return TakeLeft(data[skip..], ref count);
            }

            int end = data[skip..].IndexOf((byte)'\n');
            if (end < 0)
            {
                return data.Length - skip <= (_isInTrailers ? LongestTrailer : LongestLine) ? BodyStep.NeedMore
                    : throw new ProgramException(_isInTrailers ? "has answered with a trailer that is too long" : "has answered with a chunk that has no size");
            }

            ReadOnlySpan<byte> line = data.Slice(skip, end).TrimEnd((byte)'\r');
            skip += end + 1;
            if (TakeLine(line))
            {
                _isOver = true;
                return BodyStep.End;
            }
        }
    }

    // Whether the body is over.
    private bool TakeLine(ReadOnlySpan<byte> line)
    {
        if (_isInTrailers)
        {
            TakeTrailer(line);
            return line.IsEmpty;
        }

        if (_isBehindChunk)
        {
            _isBehindChunk = false;
            return line.IsEmpty ? false : throw new ProgramException("has answered with a chunk that is longer than it says");
        }

        int semicolon = line.IndexOf((byte)';');
        ReadOnlySpan<byte> size = (semicolon < 0 ? line : line[..semicolon]).Trim(" \t"u8);
        if (size.IsEmpty || size.Length > 15 || !Utf8Parser.TryParse(size, out _left, out int used, 'x') || used != size.Length || _left < 0)
        {
            throw new ProgramException("has answered with a chunk whose size is no number");
        }

        _isInTrailers = _left == 0;
        return false;
    }

    // What is no field, or may be none there, is dropped, as anybody on the way may do with any of them (RFC 9112, section 7.1.2).
    private void TakeTrailer(ReadOnlySpan<byte> line)
    {
        int colon = line.IndexOf((byte)':');
        if (colon <= 0 || !HeaderBlock.IsToken(line[..colon]) || TrailerFields.IsForbidden(line[..colon]))
        {
            return;
        }

        ReadOnlySpan<byte> value = line[(colon + 1)..].Trim(" \t"u8);
        if (HeaderBlock.HasControls(value))
        {
            return;
        }

        if (_trailers.Count > 0)
        {
            _trailers.Add(0);
        }

        _trailers.AddRange(line[..colon]);
        _trailers.Add(0);
        _trailers.AddRange(value);
        if (_trailers.Count > ProtocolLimits.MaxHeaders)
        {
            throw new ProgramException("has answered with trailers that are too large");
        }
    }
}
