using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Hydra.Protocol;

namespace Hydra.Bridge;

/// <summary>Writes the head of a request to the program, as a reverse proxy does.</summary>
internal static class RequestHead
{
    /// <summary>Writes it, with the empty line behind it.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="request">The request as the front has it; its body is not looked at.</param>
    /// <param name="flags">The flags of its frame.</param>
    /// <param name="requestStart">X-Request-Start, in microseconds since the epoch; 0 to leave it out.</param>
    /// <param name="socketKey">Sec-WebSocket-Key of a session; else empty.</param>
    /// <returns>Whether the body is to be sent in chunks.</returns>
    public static bool Write(IBufferWriter<byte> output, in RequestMessage request, FrameFlags flags, long requestStart, ReadOnlySpan<byte> socketKey)
    {
        bool isWhole = (flags & FrameFlags.End) != 0 || !socketKey.IsEmpty;
        HopFields hops = Look(request.Headers, out bool hasLength, out bool isCoded, out bool takesTrailers);
        bool isChunked = !isWhole && !hasLength;
        output.Write(request.Method);
        output.Write(" "u8);
        output.Write(request.RawPath);
        if (!request.Query.IsEmpty)
        {
            output.Write("?"u8);
            output.Write(request.Query);
        }

        output.Write(" HTTP/1.1\r\n"u8);
        WriteFields(output, request, flags, hops, isWhole, requestStart, !socketKey.IsEmpty);
        if (!socketKey.IsEmpty)
        {
            output.Write("connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"u8);
            Field(output, "sec-websocket-key"u8, socketKey);
        }
        else if (takesTrailers)
        {
            // The client's own word: the bridge hands trailers on (RFC 9110, section 10.1.4).
            output.Write("connection: te\r\nte: trailers\r\n"u8);
        }

        if (isChunked)
        {
            output.Write("transfer-encoding: chunked\r\n"u8);
        }
        else if (isWhole && socketKey.IsEmpty && (hasLength || isCoded || request.Body.Length > 0 || MeansBody(request.Method)))
        {
            Number(output, "content-length"u8, request.Body.Length);
        }

        output.Write("\r\n"u8);
        return isChunked;
    }

    /// <summary>Whether a request may be sent again when nobody knows what became of it (RFC 9110, section 9.2.2).</summary>
    public static bool IsIdempotent(ReadOnlySpan<byte> method)
        => method.SequenceEqual("GET"u8) || method.SequenceEqual("HEAD"u8) || method.SequenceEqual("PUT"u8) || method.SequenceEqual("DELETE"u8)
            || method.SequenceEqual("OPTIONS"u8) || method.SequenceEqual("TRACE"u8);

    private static HopFields Look(ReadOnlySpan<byte> headers, out bool hasLength, out bool isCoded, out bool takesTrailers)
    {
        var hops = new HopFields();
        hasLength = false;
        isCoded = false;
        takesTrailers = false;
        foreach ((ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) in new HeaderBlock(headers))
        {
            if (name.SequenceEqual("connection"u8))
            {
                hops.Nominate(value);
            }

            hasLength |= name.SequenceEqual("content-length"u8);
            isCoded |= name.SequenceEqual("transfer-encoding"u8);
            takesTrailers |= name.SequenceEqual("te"u8) && HopFields.Lists(value, "trailers"u8);
        }

        return hops;
    }

    private static void WriteFields(
        IBufferWriter<byte> output, in RequestMessage request, FrameFlags flags, HopFields hops, bool isWhole, long requestStart, bool isSession)
    {
        var connection = new ConnectionBlock(request.Connection);
        ReadOnlySpan<byte> host = default;
        bool hasProto = false, hasHost = false, hasStart = false;
        List<byte> forwarded = [];
        foreach ((ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) in new HeaderBlock(request.Headers))
        {
            hasProto |= name.SequenceEqual("x-forwarded-proto"u8);
            hasHost |= name.SequenceEqual("x-forwarded-host"u8);
            hasStart |= name.SequenceEqual("x-request-start"u8);
            if (name.SequenceEqual("x-forwarded-for"u8))
            {
                Join(forwarded, value);
                continue;
            }

            host = name.SequenceEqual("host"u8) ? value : host;
            if (name.SequenceEqual("x-forwarded-prefix"u8) && !connection.RootPath.IsEmpty)
            {
                continue;
            }

            if (!IsOurs(name, flags, isWhole, isSession) && !hops.Has(name))
            {
                Field(output, name, value);
            }
        }

        if (host.IsEmpty)
        {
            // A client of HTTP/1.0 need not say it; to others one must (RFC 9112, section 3.2).
            output.Write("host: localhost\r\n"u8);
        }

        if (!Names(forwarded, connection.ClientHost))
        {
            Join(forwarded, connection.ClientHost);
        }

        Optional(output, "x-forwarded-for"u8, [.. forwarded]);
        Optional(output, "x-forwarded-proto"u8, hasProto ? default : connection.Scheme);
        Optional(output, "x-forwarded-host"u8, hasHost ? default : host);
        Optional(output, "x-forwarded-prefix"u8, connection.RootPath);
        if (requestStart > 0 && !hasStart)
        {
            output.Write("x-request-start: t="u8);
            Digits(output, requestStart);
            output.Write("\r\n"u8);
        }
    }

    // What is said anew, or was for the front: it has answered an expectation that it does not hand on, and speaks WebSocket with the client itself.
    private static bool IsOurs(ReadOnlySpan<byte> name, FrameFlags flags, bool isWhole, bool isSession)
        => (isWhole && name.SequenceEqual("content-length"u8))
            || ((flags & FrameFlags.ExpectContinue) == 0 && name.SequenceEqual("expect"u8))
            || (isSession && name.StartsWith("sec-websocket-"u8) && !name.SequenceEqual("sec-websocket-protocol"u8));

    // Methods that have a body by their nature: who expects one is told that it is empty (RFC 9110, section 8.6).
    private static bool MeansBody(ReadOnlySpan<byte> method)
        => method.SequenceEqual("POST"u8) || method.SequenceEqual("PUT"u8) || method.SequenceEqual("PATCH"u8);

    // Whether a proxy in front has named the client, and the server has believed it.
    private static bool Names(List<byte> list, ReadOnlySpan<byte> client)
    {
        ReadOnlySpan<byte> text = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(list);
        foreach (Range part in text.Split((byte)','))
        {
            if (text[part].Trim(" \t"u8).SequenceEqual(client))
            {
                return true;
            }
        }

        return false;
    }

    private static void Join(List<byte> list, ReadOnlySpan<byte> value)
    {
        if (!value.IsEmpty)
        {
            list.AddRange(list.Count > 0 ? ", "u8 : default);
            list.AddRange(value);
        }
    }

    private static void Optional(IBufferWriter<byte> output, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (!value.IsEmpty)
        {
            Field(output, name, value);
        }
    }

    private static void Field(IBufferWriter<byte> output, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        output.Write(name);
        output.Write(": "u8);
        output.Write(value);
        output.Write("\r\n"u8);
    }

    private static void Number(IBufferWriter<byte> output, ReadOnlySpan<byte> name, long value)
    {
        output.Write(name);
        output.Write(": "u8);
        Digits(output, value);
        output.Write("\r\n"u8);
    }

    private static void Digits(IBufferWriter<byte> output, long value)
    {
        _ = Utf8Formatter.TryFormat(value, output.GetSpan(20), out int digits);
        output.Advance(digits);
    }

    /// <summary>The parts of a connection block that a proxy tells of; see <see cref="RequestMessage.Connection"/>.</summary>
    private readonly ref struct ConnectionBlock
    {
        private const int ClientHostPart = 2;
        private const int RootPathPart = 6;

        public ConnectionBlock(ReadOnlySpan<byte> block)
        {
            int index = 0;
            foreach (Range part in block.Split((byte)0))
            {
                switch (index++)
                {
                    case 0:
                        Scheme = block[part];
                        break;
                    case ClientHostPart:
                        ClientHost = block[part];
                        break;
                    case RootPathPart:
                        RootPath = block[part];
                        break;
                }
            }
        }

        public ReadOnlySpan<byte> Scheme { get; }

        public ReadOnlySpan<byte> ClientHost { get; }

        public ReadOnlySpan<byte> RootPath { get; }
    }
}
