using System.Text;
using Hydra.Protocol;

namespace Hydra.Bridge;

/// <summary>The frames that a worker sends.</summary>
internal static class FrontFrames
{
    private const int LongestText = 4096;

    /// <summary>A response's head with the beginning of its body.</summary>
    public static void SendResponse(this FrontLink link, ulong stream, FrameFlags flags, int status, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> body)
    {
        lock (link.Gate)
        {
            new ResponseMessage { Status = (ushort)status, Headers = headers, Body = body }.WriteFrame(link.Output, flags, stream);
        }

        link.Flush();
    }

    /// <summary>BODY or DATA: a frame that is nothing but bytes.</summary>
    public static void SendBytes(this FrontLink link, MessageType type, ulong stream, FrameFlags flags, ReadOnlySpan<byte> data)
    {
        lock (link.Gate)
        {
            Span<byte> frame = link.Output.GetSpan(ProtocolLimits.HeaderSize + data.Length);
            new FrameHeader(data.Length, type, flags, stream).Write(frame);
            data.CopyTo(frame[ProtocolLimits.HeaderSize..]);
            link.Output.Advance(ProtocolLimits.HeaderSize + data.Length);
        }

        link.Flush();
    }

    /// <summary>The front may send so many bytes more.</summary>
    public static void SendWindow(this FrontLink link, ulong stream, int credit)
    {
        lock (link.Gate)
        {
            new WindowMessage { Credit = (uint)credit }.WriteFrame(link.Output, FrameFlags.None, stream);
        }

        link.Flush();
    }

    /// <summary>No complete response comes.</summary>
    public static void SendReset(this FrontLink link, ulong stream, ResetReason reason, string message)
    {
        lock (link.Gate)
        {
            new ResetMessage { Reason = (byte)reason, Message = Utf8(message) }.WriteFrame(link.Output, FrameFlags.None, stream);
        }

        link.Flush();
    }

    /// <summary>The requests that were sent up to this one are taken.</summary>
    public static void SendTaken(this FrontLink link, ulong stream, uint busyMicroseconds, uint requests)
    {
        lock (link.Gate)
        {
            new TakenMessage { BusyMicroseconds = busyMicroseconds, Requests = requests }.WriteFrame(link.Output, FrameFlags.None, stream);
        }

        link.Flush();
    }

    /// <summary>Fields that the client is to have before the response.</summary>
    public static void SendHint(this FrontLink link, ulong stream, ReadOnlySpan<byte> headers)
    {
        lock (link.Gate)
        {
            new HintMessage { Headers = headers }.WriteFrame(link.Output, FrameFlags.None, stream);
        }

        link.Flush();
    }

    /// <summary>The response is over, and has these fields behind its body.</summary>
    public static void SendTrailers(this FrontLink link, ulong stream, ReadOnlySpan<byte> headers)
    {
        lock (link.Gate)
        {
            new TrailersMessage { Headers = headers }.WriteFrame(link.Output, FrameFlags.None, stream);
        }

        link.Flush();
    }

    /// <summary>The session begins.</summary>
    public static void SendAccept(this FrontLink link, ulong stream, ReadOnlySpan<byte> subprotocol, ReadOnlySpan<byte> headers)
    {
        lock (link.Gate)
        {
            new AcceptMessage { Subprotocol = subprotocol, Headers = headers }.WriteFrame(link.Output, FrameFlags.None, stream);
        }

        link.Flush();
    }

    /// <summary>The session ends.</summary>
    public static void SendClose(this FrontLink link, ulong stream, ushort code, ReadOnlySpan<byte> reason)
    {
        lock (link.Gate)
        {
            new CloseMessage { Code = code, Reason = reason }.WriteFrame(link.Output, FrameFlags.None, stream);
        }

        link.Flush();
    }

    /// <summary>The worker serves.</summary>
    public static void SendReady(this FrontLink link, InterfaceFeatures features, string program, string where)
    {
        lock (link.Gate)
        {
            new ReadyMessage { Features = (uint)features, Interface = "proxy"u8, Python = Clip(program), Loop = Clip(where) }.WriteFrame(link.Output, FrameFlags.None, 0);
        }

        link.Flush();
    }

    /// <summary>The worker cannot serve.</summary>
    public static void SendFailed(this FrontLink link, StartFailure reason, string message)
    {
        lock (link.Gate)
        {
            new FailedMessage { Reason = (byte)reason, Message = Utf8(message) }.WriteFrame(link.Output, FrameFlags.None, 0);
        }

        link.Flush();
    }

    /// <summary>The answer to PING.</summary>
    public static void SendPong(this FrontLink link, uint nonce)
    {
        lock (link.Gate)
        {
            new PongMessage { Nonce = nonce }.WriteFrame(link.Output, FrameFlags.None, 0);
        }

        link.Flush();
    }

    /// <summary>The worker is about to exit.</summary>
    public static void SendGoodbye(this FrontLink link, int cancelled, string message)
    {
        lock (link.Gate)
        {
            new GoodbyeMessage { Cancelled = (uint)cancelled, Message = Utf8(message) }.WriteFrame(link.Output, FrameFlags.None, 0);
        }

        link.Flush();
    }

    /// <summary>A line of the server's log.</summary>
    public static void SendLog(this FrontLink link, WireLogLevel level, string message)
    {
        lock (link.Gate)
        {
            new LogMessage
            {
                CreatedMicroseconds = (ulong)((DateTime.UtcNow - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond),
                Level = (byte)level,
                Logger = "hydra.proxy"u8,
                Message = Utf8(message),
            }.WriteFrame(link.Output, FrameFlags.None, 0);
        }

        link.Flush();
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text.Length <= LongestText ? text : text[..LongestText]);

    private static byte[] Clip(string text) => Encoding.UTF8.GetBytes(text) is var bytes && bytes.Length > byte.MaxValue ? bytes[..byte.MaxValue] : bytes;
}
