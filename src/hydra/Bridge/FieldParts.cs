using System.Buffers.Text;
using System.Text;

namespace Hydra.Bridge;

/// <summary>What the fields of an answer say about its connection and its body.</summary>
/// <param name="isOld">Whether it is of HTTP/1.0, whose connections end unless the answer says otherwise.</param>
internal sealed class FieldParts(bool isOld)
{
    private readonly HopFields _hops = new();
    private bool _closes = isOld;

    /// <summary>Whether the last transfer coding is chunked.</summary>
    public bool IsChunked { get; private set; }

    /// <summary>Whether there is a transfer coding at all.</summary>
    public bool IsCoded { get; private set; }

    /// <summary>Whether there is a Content-Length.</summary>
    public bool HasLength { get; private set; }

    /// <summary>The Content-Length.</summary>
    public long Length { get; private set; }

    /// <summary>Whether the connection may be used again.</summary>
    public bool IsKept => !_closes;

    /// <summary>Sec-WebSocket-Accept.</summary>
    public byte[] AcceptKey { get; private set; } = [];

    /// <summary>Sec-WebSocket-Protocol.</summary>
    public byte[] Subprotocol { get; private set; } = [];

    /// <summary>Whether the field concerns the connection alone. Trailer does not: what it announces is handed on.</summary>
    public bool IsHop(ReadOnlySpan<byte> name) => _hops.Has(name) && !Ascii.EqualsIgnoreCase(name, "trailer"u8);

    /// <summary>Takes a field into account.</summary>
    /// <exception cref="ProgramException">Its length is no number, or another than before; or it is coded in another way than in chunks.</exception>
    public void Note(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (Ascii.EqualsIgnoreCase(name, "connection"u8))
        {
            _hops.Nominate(value);
            _closes = HopFields.Lists(value, "close"u8) || (_closes && !HopFields.Lists(value, "keep-alive"u8));
        }
        else if (Ascii.EqualsIgnoreCase(name, "content-length"u8))
        {
            if (value.IsEmpty || value.ContainsAnyExceptInRange((byte)'0', (byte)'9') || !Utf8Parser.TryParse(value, out long length, out _) || (HasLength && length != Length))
            {
                throw new ProgramException("has answered with a Content-Length that is no number, or with two that differ");
            }

            (HasLength, Length) = (true, length);
        }
        else if (Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8))
        {
            // Others have to be asked for with TE (RFC 9112, section 7.4), which the bridge does not: it cannot take them off.
            if (IsCoded || !Ascii.EqualsIgnoreCase(value, "chunked"u8))
            {
                throw new ProgramException("has answered with a transfer coding other than chunked, for which nobody has asked");
            }

            (IsCoded, IsChunked) = (true, true);
        }
        else if (Ascii.EqualsIgnoreCase(name, "sec-websocket-accept"u8))
        {
            AcceptKey = value.ToArray();
        }
        else if (Ascii.EqualsIgnoreCase(name, "sec-websocket-protocol"u8))
        {
            Subprotocol = value.ToArray();
        }
    }
}
