using System.Buffers.Text;
using System.Text;
using Hydra.Protocol;

namespace Hydra.Bridge;

/// <summary>How the end of a response's body is known (RFC 9112, section 6.3).</summary>
internal enum BodyFraming
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>After so many bytes.</summary>
    Length,

    /// <summary>Behind its last chunk.</summary>
    Chunked,

    /// <summary>With the connection.</summary>
    UntilClose,
}

/// <summary>The program does not speak HTTP as it should, or has closed its connection; the message is the rest of a sentence about it.</summary>
/// <param name="message">What it did.</param>
/// <param name="isSilent">Whether not one byte of an answer has come.</param>
internal sealed class ProgramException(string message, bool isSilent = false) : Exception(message)
{
    /// <summary>Whether not one byte of an answer has come: it may have closed the connection before it saw the request.</summary>
    public bool IsSilent { get; } = isSilent;
}

/// <summary>The head of a program's answer, as the front is told of it.</summary>
internal sealed class ResponseHead
{
    /// <summary>The status, 100 to 999.</summary>
    public int Status { get; private set; }

    /// <summary>The fields as a header block, without those that concern the connection alone (RFC 9110, section 7.6.1).</summary>
    public byte[] Block { get; private set; } = [];

    /// <summary>How its body ends.</summary>
    public BodyFraming Framing { get; private set; }

    /// <summary>Bytes of a body whose <see cref="Framing"/> is by length.</summary>
    public long Length { get; private set; }

    /// <summary>Whether the connection can be used again when the body is over.</summary>
    public bool KeepsConnection { get; private set; }

    /// <summary>Sec-WebSocket-Accept, or empty.</summary>
    public byte[] AcceptKey { get; private set; } = [];

    /// <summary>Sec-WebSocket-Protocol, or empty.</summary>
    public byte[] Subprotocol { get; private set; } = [];

    /// <summary>Reads a head, if it is whole.</summary>
    /// <param name="data">What has come. Lines that go on in the next are made one in it.</param>
    /// <param name="isHead">Whether it answers HEAD, and has no body.</param>
    /// <param name="used">Bytes of the head.</param>
    /// <returns>Null where more has to come.</returns>
    /// <exception cref="ProgramException">It breaks a rule of HTTP.</exception>
    public static ResponseHead? TryRead(Span<byte> data, bool isHead, out int used)
    {
        used = 0;
        if (!FindEnd(data, out int fields, out int end))
        {
            return null;
        }

        used = end;
        var head = new ResponseHead();
        bool isOld = head.ReadStatus(Line(data[..fields]), out byte[] reason);
        var parts = new FieldParts(isOld);
        List<(Range Name, Range Value)> found = [];
        for (int at = fields; at < end;)
        {
            int length = data[at..end].IndexOf((byte)'\n') + 1;
            if (Line(data.Slice(at, length)).Length > 0)
            {
                found.Add(Field(data, at, length));
                parts.Note(data[found[^1].Name], data[found[^1].Value]);
            }

            at += length;
        }

        head.Take(parts, isHead);
        head.Block = Pack(data, found, parts, head.Framing is BodyFraming.Chunked, reason);
        return head;
    }

    // Where the fields begin, and where the body does. A line that begins with a blank goes on with the one before (obs-fold, RFC 9112, section 5.2):
    // what breaks it is made blanks.
    private static bool FindEnd(Span<byte> data, out int fields, out int end)
    {
        fields = 0;
        end = 0;
        for (int at = 0; data[at..].IndexOf((byte)'\n') is >= 0 and var length;)
        {
            int next = at + length + 1;
            bool isEmpty = length == 0 || (length == 1 && data[at] == '\r');
            if (isEmpty && fields > 0)
            {
                end = next;
                return true;
            }

            if (fields > 0 && at > fields && data[at] is (byte)' ' or (byte)'\t' && data[at - 1] == '\n')
            {
                data[at - 1] = (byte)' ';
                data[at - 2] = data[at - 2] == '\r' ? (byte)' ' : data[at - 2];
            }

            fields = fields == 0 && !isEmpty ? next : fields;
            at = next;
        }

        return false;
    }

    private static ReadOnlySpan<byte> Line(ReadOnlySpan<byte> line) => line.TrimEnd("\r\n"u8);

    private static (Range Name, Range Value) Field(ReadOnlySpan<byte> data, int at, int length)
    {
        ReadOnlySpan<byte> line = Line(data.Slice(at, length));
        int colon = line.IndexOf((byte)':');

        // A proxy takes away what stands between name and colon (RFC 9112, section 5.1).
        ReadOnlySpan<byte> name = colon < 0 ? default : line[..colon].TrimEnd(" \t"u8);
        if (!HeaderBlock.IsToken(name) || line.Contains((byte)0))
        {
            throw new ProgramException("has answered with a header field that is none");
        }

        ReadOnlySpan<byte> value = line[(colon + 1)..].Trim(" \t"u8);
        int start = at + colon + 1 + line[(colon + 1)..].IndexOfAnyExcept((byte)' ', (byte)'\t');
        start = value.IsEmpty ? at + line.Length : start;
        return (at..(at + name.Length), start..(start + value.Length));
    }

    private static byte[] Pack(ReadOnlySpan<byte> data, List<(Range Name, Range Value)> found, FieldParts parts, bool isChunked, byte[] reason)
    {
        var block = new List<byte>(256);
        Append(block, reason.Length > 0 ? ":reason"u8 : default, reason);
        foreach ((Range name, Range value) in found)
        {
            ReadOnlySpan<byte> text = data[name];
            if (!parts.IsHop(text) && !(isChunked && Ascii.EqualsIgnoreCase(text, "content-length"u8)))
            {
                Append(block, text, data[value]);
            }
        }

        return block.Count <= ProtocolLimits.MaxHeaders ? [.. block] : throw new ProgramException("has answered with header fields that are too large");
    }

    private static void Append(List<byte> block, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.IsEmpty)
        {
            return;
        }

        if (block.Count > 0)
        {
            block.Add(0);
        }

        block.AddRange(name);
        block.Add(0);
        block.AddRange(value);
    }

    // Whether it is of HTTP/1.0; sets the status.
    private bool ReadStatus(ReadOnlySpan<byte> line, out byte[] reason)
    {
        line = line.TrimStart("\r\n"u8);
        bool isRight = line.StartsWith("HTTP/1."u8) && line.Length >= 12 && line[8] == ' ' && (line.Length == 12 || line[12] == ' ');
        if (!isRight || !Utf8Parser.TryParse(line.Slice(9, 3), out int status, out int digits) || digits != 3 || status < 100)
        {
            throw new ProgramException("has answered with something that is no HTTP/1.1");
        }

        Status = status;
        ReadOnlySpan<byte> phrase = line.Length > 13 ? line[13..] : default;
        reason = status < 200 || phrase.SequenceEqual(ReasonOf(status)) ? [] : phrase.ToArray();
        return line[7] == '0';
    }

    private static byte[] ReasonOf(int status) => Encoding.ASCII.GetBytes(Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status));

    // RFC 9112, section 6.3.
    private void Take(FieldParts parts, bool isHead)
    {
        AcceptKey = parts.AcceptKey;
        Subprotocol = parts.Subprotocol;
        Length = parts.Length;
        Framing = isHead || Status is 204 or 304 or < 200 ? BodyFraming.None
            : parts.IsChunked ? BodyFraming.Chunked
            : parts.IsCoded ? BodyFraming.UntilClose
            : parts.HasLength ? (Length > 0 ? BodyFraming.Length : BodyFraming.None)
            : BodyFraming.UntilClose;

        // A length beside a coding is how answers are smuggled: what comes behind it is not to be believed.
        KeepsConnection = parts.IsKept && Framing is not BodyFraming.UntilClose && !(parts.IsCoded && parts.HasLength) && Status >= 200;
    }
}
