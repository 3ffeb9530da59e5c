using System.Text;
using Hydra.Protocol;
using Xunit;

namespace Hydra.Tests.Http.Fakes;

/// <summary>A REQUEST frame as a worker reads it. Latin-1.</summary>
internal sealed record SentRequest
{
    /// <summary>The stream's id.</summary>
    public required ulong Id { get; init; }

    /// <summary>END, when the body is complete; EXPECT_CONTINUE.</summary>
    public required FrameFlags Flags { get; init; }

    /// <summary>How long it waited.</summary>
    public required uint QueueMicroseconds { get; init; }

    public required string Method { get; init; }

    public required string Path { get; init; }

    public required string Query { get; init; }

    /// <summary>The connection block.</summary>
    public required string Connection { get; init; }

    /// <summary>The headers in order.</summary>
    public required List<(string Name, string Value)> Headers { get; init; }

    /// <summary>What the frame has of the body.</summary>
    public required byte[] Body { get; init; }

    /// <summary>Whether the frame has the whole body.</summary>
    public bool IsWhole => (Flags & FrameFlags.End) != 0;

    /// <summary>Reads a frame's payload; fails where it is not one of a REQUEST.</summary>
    public static SentRequest Read(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        Assert.Equal(MessageType.Request, header.Type);
        Assert.True(RequestMessage.TryRead(payload, out RequestMessage request), "the REQUEST frame has wrong lengths");
        Assert.Equal(HeaderBlockError.None, HeaderBlock.Validate(request.Headers, out _));
        return new SentRequest
        {
            Id = header.Stream,
            Flags = header.Flags,
            QueueMicroseconds = request.QueueMicroseconds,
            Method = Encoding.Latin1.GetString(request.Method),
            Path = Encoding.Latin1.GetString(request.RawPath),
            Query = Encoding.Latin1.GetString(request.Query),
            Connection = Encoding.Latin1.GetString(request.Connection),
            Headers = HeaderLists.Read(request.Headers),
            Body = request.Body.ToArray(),
        };
    }

    /// <summary>Reads a whole frame, of which nothing may be left.</summary>
    public static SentRequest Read(ReadOnlySpan<byte> frame)
    {
        ReadOnlySpan<byte> rest = frame;
        Assert.Equal(FrameReadStatus.Ok, FrameReader.TryReadFrame(ref rest, out FrameHeader header, out ReadOnlySpan<byte> payload));
        Assert.True(rest.IsEmpty, $"{rest.Length} bytes behind the frame");
        return Read(header, payload);
    }

    /// <summary>The only value of a header; null where it is not there.</summary>
    public string? Header(string name) => Values(name).SingleOrDefault();

    /// <summary>The values of a header.</summary>
    public IEnumerable<string> Values(string name) => Headers.Where(header => header.Name == name).Select(header => header.Value);
}
