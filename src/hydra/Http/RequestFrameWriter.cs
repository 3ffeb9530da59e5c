using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Hydra.Dispatch;
using Hydra.Primitives;
using Hydra.Protocol;
using Hydra.Tracing;
using Hydra.Transport;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Hydra.Http;

/// <summary>
/// Builds the REQUEST frame of one request in a rented buffer. The fixed part is written last, when the lengths are known.
/// Not safe for threads; <see cref="Release"/> gives the buffer back.
/// </summary>
internal sealed class RequestFrameWriter
{
    private const int BodyOffset = ProtocolLimits.HeaderSize + RequestMessage.FixedSize;

    // A NUL, the name, a NUL and the digits of a number of 64 bits.
    private const int LengthFieldSize = 1 + 14 + 1 + 19;

    private byte[] _buffer = [];
    private int _count;
    private int _methodLength;
    private int _pathLength;
    private int _queryLength;
    private int _connectionLength;
    private int _headersLength;
    private int _headersStart;

    // Where it is said whether the key has moved; 0 where nothing is.
    private int _movedAt;

    /// <summary>The whole frame; complete after <see cref="Finish"/>.</summary>
    public ReadOnlySpan<byte> Frame => _buffer.AsSpan(0, _count);

    /// <summary>Bytes of memory that it has, used or not.</summary>
    public int Capacity => _buffer.Length;

    /// <summary>Bytes of the body in the frame.</summary>
    public int BodyLength => _count - BodyOffset - _methodLength - _pathLength - _queryLength - _connectionLength - _headersLength;

    /// <summary>Writes everything but the body.</summary>
    /// <param name="request">The request as Kestrel has read it.</param>
    /// <param name="facts">What the worker is told beside the head.</param>
    /// <param name="head">The head as the client sent it; null where the protocol has none in this form.</param>
    /// <returns><see cref="Failure.None"/>, <see cref="Failure.BadHead"/> or <see cref="Failure.HeadTooLarge"/>.</returns>
    public Failure WriteHead(IHttpRequestFeature request, RequestFacts facts, CapturedHead? head)
    {
        _count = 0;
        _movedAt = 0;
        Reserve(BodyOffset);
        _count = BodyOffset;
        if (head is null)
        {
            if (MultiplexedRules.Break(request, facts.Tls is not null))
            {
                return Failure.BadHead;
            }

            // A session's: whoever asks for one in HTTP/1.1 says GET (RFC 8441, section 5), and applications know no other way.
            AppendRequest(RequestMethod.IsConnect(request.Method) ? "GET"u8 : Encoding.Latin1.GetBytes(request.Method), Encoding.Latin1.GetBytes(request.RawTarget), facts);
            AppendHeaders(request.Headers);
        }
        else if (head.Method.IsEmpty)
        {
            // What Kestrel has made of it is not to be believed alone.
            return Failure.BadHead;
        }
        else
        {
            AppendRequest(head.Method, head.Target, facts);
            _headersLength = Append(head.Block);
        }

        if (facts.Headers is { } edits)
        {
            Edit(edits);
        }

        return _methodLength > byte.MaxValue || _pathLength > ushort.MaxValue || _queryLength > ushort.MaxValue
            || _connectionLength > ushort.MaxValue || _headersLength > ProtocolLimits.MaxHeaders
            ? Failure.HeadTooLarge
            : Failure.None;
    }

    /// <summary>The worker is told where the request belongs in a trace, other than the client has said it. Before <see cref="TellAffinity"/>.</summary>
    /// <param name="trace">What it is told.</param>
    /// <returns><see cref="Failure.None"/> or <see cref="Failure.HeadTooLarge"/>.</returns>
    public Failure TellTrace(in TraceLink trace)
    {
        if (TraceFields.LeftOut(trace.Telling) is { } sent)
        {
            Edit(sent);
        }

        ReadOnlySpan<byte> name = _headersLength > 0 ? "\0traceparent\0"u8 : "traceparent\0"u8;
        Span<byte> target = Reserve(name.Length + TraceParent.Length);
        name.CopyTo(target);
        trace.Told.Write(target[name.Length..]);
        _count += name.Length + TraceParent.Length;
        _headersLength += name.Length + TraceParent.Length;
        return _headersLength > ProtocolLimits.MaxHeaders ? Failure.HeadTooLarge : Failure.None;
    }

    /// <summary>Another worker gets the request, and with it a span of its own.</summary>
    /// <param name="span">The span's id.</param>
    public void TellSpan(ulong span)
    {
        int at = 0;
        foreach ((ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) in new HeaderBlock(_buffer.AsSpan(_headersStart, _headersLength)))
        {
            if (name.SequenceEqual(TraceFields.ParentName) && value.Length == TraceParent.Length)
            {
                TraceParent.WriteHex(span, _buffer.AsSpan(_headersStart + at + name.Length + 1 + TraceParent.SpanAt));
            }

            at += name.Length + value.Length + 2;
        }
    }

    /// <summary>
    /// The worker is told of the key by which the request is kept together with others, and whether that has moved (<see cref="TellMoved"/>); what the client has sent
    /// under these names is left out. Before the body.
    /// </summary>
    /// <param name="key">The key; empty where there is none.</param>
    /// <returns><see cref="Failure.None"/> or <see cref="Failure.HeadTooLarge"/>.</returns>
    public Failure TellAffinity(ReadOnlySpan<byte> key)
    {
        if (HasAffinityField())
        {
            Edit(AffinityFields.Removal);
        }

        if (!key.IsEmpty)
        {
            _headersLength += Append(_headersLength > 0 ? "\0"u8 : []) + Append(AffinityFields.Key) + Append("\0"u8) + Append(key)
                + Append("\0"u8) + Append(AffinityFields.Moved) + Append("\0"u8 + "1"u8);
            _movedAt = _count - 1;
        }

        return _headersLength > ProtocolLimits.MaxHeaders ? Failure.HeadTooLarge : Failure.None;
    }

    /// <summary>Says whether the key was last served by another process than that which gets the frame now. May be said anew until it is sent.</summary>
    public void TellMoved(bool hasMoved)
    {
        if (_movedAt > 0)
        {
            _buffer[_movedAt] = hasMoved ? (byte)'1' : (byte)'0';
        }
    }

    /// <summary>Appends the first bytes of the body, at most <see cref="ProtocolLimits.MaxBody"/> in all.</summary>
    public void AppendBody(in ReadOnlySequence<byte> data)
    {
        int length = (int)data.Length;
        data.CopyTo(Reserve(length));
        _count += length;
    }

    /// <summary>
    /// The body is here as a whole: the header fields name its length where they named the transfer coding, as RFC 9112, section 7.1.3 has
    /// whoever decodes it do. A length that they name already must not be told again.
    /// </summary>
    /// <param name="length">Bytes of the body, decoded.</param>
    public void TellLength(long length)
    {
        Span<byte> field = stackalloc byte[LengthFieldSize];
        field[0] = 0;
        "content-length\0"u8.CopyTo(field[1..]);
        _ = Utf8Formatter.TryFormat(length, field[16..], out int digits);
        field = field[..(16 + digits)];
        int at = FindCoding(out int replaced);
        if (at == 0 || replaced > 0)
        {
            // The NUL in front of it is there, or none is needed.
            field = field[1..];
        }

        int growth = field.Length - replaced;
        Reserve(Math.Max(growth, 0));
        int start = _headersStart + at;
        Span<byte> rest = _buffer.AsSpan(start + replaced, _count - start - replaced);
        rest.CopyTo(_buffer.AsSpan(start + field.Length));
        field.CopyTo(_buffer.AsSpan(start));
        _movedAt += _movedAt >= start ? growth : 0;
        _headersLength += growth;
        _count += growth;
    }

    /// <summary>Writes the header and the fixed part.</summary>
    /// <param name="flags">END when the body is complete.</param>
    public void Finish(FrameFlags flags)
    {
        new FrameHeader(_count - ProtocolLimits.HeaderSize, MessageType.Request, flags, 0).Write(_buffer);
        RequestMessage.WriteFixed(_buffer.AsSpan(ProtocolLimits.HeaderSize), 0, _methodLength, _pathLength, _queryLength,
            _connectionLength, _headersLength, BodyLength);
    }

    /// <summary>The request goes to another worker, which is to go on from here: that stands in the place of a body, of which there is none.</summary>
    /// <param name="resumption">What is to be gone on from.</param>
    /// <param name="flags">What the frame says beside that.</param>
    /// <param name="subprotocol">That of a session; null for none.</param>
    public void TellResume(Resumption resumption, FrameFlags flags, string? subprotocol)
    {
        byte[] chosen = Encoding.Latin1.GetBytes(subprotocol ?? "");
        ReadOnlySpan<byte> state = resumption.State;
        _count = BodyOffset + _methodLength + _pathLength + _queryLength + _connectionLength + _headersLength;
        ResumeMessage.WriteFixed(Reserve(ResumeMessage.FixedSize + chosen.Length + state.Length), resumption.Sent, (byte)resumption.Reason, chosen.Length, state.Length);
        _count += ResumeMessage.FixedSize;
        Append(chosen);
        Append(state);
        Finish(FrameFlags.End | FrameFlags.Resume | flags);
    }

    /// <summary>Gives the buffer back. The writer may be used again.</summary>
    public void Release()
    {
        if (_buffer.Length > 0)
        {
            BufferPool.Return(_buffer);
            _buffer = [];
            _count = 0;
        }
    }

    private void AppendRequest(ReadOnlySpan<byte> method, ReadOnlySpan<byte> target, RequestFacts facts)
    {
        (int pathStart, int pathEnd, int queryStart) = RequestTarget.Split(target);
        _methodLength = Append(method);
        _pathLength = facts.PathPrefix.Length > 0 ? Append(Encoding.UTF8.GetBytes(facts.PathPrefix)) : 0;
        _pathLength += pathEnd > pathStart ? Append(target[pathStart..pathEnd]) : Append("/"u8);
        _queryLength = Append(target[queryStart..]);
        _connectionLength = Append(facts.Block);
        _headersStart = _count;
    }

    // Where the field of the transfer coding is in the block, and how long; the end of the block, and 0, where there is none.
    private int FindCoding(out int length)
    {
        int at = 0;
        foreach ((ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) in new HeaderBlock(_buffer.AsSpan(_headersStart, _headersLength)))
        {
            length = name.Length + 1 + value.Length;
            if (name.SequenceEqual("transfer-encoding"u8))
            {
                return at;
            }

            at += length + 1;
        }

        length = 0;
        return _headersLength;
    }

    private void AppendHeaders(IHeaderDictionary headers)
    {
        _count = _headersStart;
        foreach ((string name, StringValues values) in headers)
        {
            for (int i = 0; i < values.Count; i++)
            {
                string value = values[i] ?? "";
                Span<byte> target = Reserve(name.Length + value.Length + 2);
                Ascii.ToLower(name, target, out int written);
                target[written++] = 0;
                written += Encoding.Latin1.GetBytes(value, target[written..]);
                target[written++] = 0;
                _count += written;
            }
        }

        // The block has NUL between its parts, none at its end.
        _count = Math.Max(_headersStart, _count - 1);
        _headersLength = _count - _headersStart;
    }

    private bool HasAffinityField()
    {
        foreach ((ReadOnlySpan<byte> name, _) in new HeaderBlock(_buffer.AsSpan(_headersStart, _headersLength)))
        {
            if (AffinityFields.Is(name))
            {
                return true;
            }
        }

        return false;
    }

    private void Edit(HeaderEdits edits)
    {
        byte[] block = _buffer.AsSpan(_headersStart, _headersLength).ToArray();
        _count = _headersStart;
        _headersLength = edits.Apply(block, Reserve(block.Length + edits.Growth));
        _count += _headersLength;
    }

    private int Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        _count += bytes.Length;
        return bytes.Length;
    }

    private Span<byte> Reserve(int size)
    {
        if (_buffer.Length - _count < size)
        {
            Grow(size);
        }

        return _buffer.AsSpan(_count);
    }

    private void Grow(int size)
    {
        byte[] larger = BufferPool.Rent(Math.Max(_count + size, _buffer.Length * 2));
        _buffer.AsSpan(0, _count).CopyTo(larger);
        if (_buffer.Length > 0)
        {
            BufferPool.Return(_buffer);
        }

        _buffer = larger;
    }
}
