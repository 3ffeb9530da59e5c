using System.Buffers;
using System.Net.Sockets;
using System.Text;
using Hydra.Protocol;

namespace Hydra.Bridge;

/// <summary>A stream whose request goes to the program, and that is answered by a response: what exchanges and sessions have in common.</summary>
internal abstract class ProgramStream : BridgeStream
{
    private static readonly byte[] BadGateway = "content-type\0text/plain; charset=utf-8\0content-length\012"u8.ToArray();

    private readonly string _name;
    private bool _isComplete;

    /// <summary>Makes the head of the request.</summary>
    protected ProgramStream(DataLink link, ulong id, FrameFlags flags, in RequestMessage request, long start, ReadOnlySpan<byte> socketKey)
        : base(link, id, flags)
    {
        _name = $"{Encoding.Latin1.GetString(request.Method)} {Encoding.Latin1.GetString(request.RawPath)}";
        IsHead = request.Method.SequenceEqual("HEAD"u8);
        IsChunked = RequestHead.Write(Start, request, flags, start, socketKey);
    }

    /// <summary>The request's head, and what goes out with it.</summary>
    protected ArrayBufferWriter<byte> Start { get; } = new();

    /// <summary>Whether the request's body goes out in chunks.</summary>
    protected bool IsChunked { get; }

    /// <summary>Whether it is HEAD.</summary>
    protected bool IsHead { get; }

    /// <summary>Whether the response has begun.</summary>
    protected bool HasResponded { get; private set; }

    /// <summary>Whether the response has begun, and nothing says where it ends.</summary>
    protected bool IsOpenEnded { get; private set; }

    /// <summary>Reads the head of the program's answer, past those that are provisional.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="expects101">Whether 101 is an answer.</param>
    protected async ValueTask<ResponseHead> ReadHeadAsync(ProgramConnection connection, bool expects101)
    {
        while (true)
        {
            if (ResponseHead.TryRead(connection.Buffered, IsHead, out int used) is not { } head)
            {
                if (!await connection.FillAsync(Gone).ConfigureAwait(false))
                {
                    throw new ProgramException("has closed the connection before it answered", isSilent: !connection.HasRead);
                }

                continue;
            }

            connection.Skip(used);
            if (head.Status >= 200 || (head.Status == 101 && expects101))
            {
                return head;
            }

            OnProvisional(head);
        }
    }

    /// <summary>A provisional answer has come.</summary>
    protected virtual void OnProvisional(ResponseHead head)
    {
        if (head.Status == 101)
        {
            throw new ProgramException("has answered with 101, which nobody asked for");
        }

        if (head.Status == 103)
        {
            Link.Front.SendHint(Id, head.Block);
        }
    }

    /// <summary>Hands the response on, as far and as soon as the front takes it.</summary>
    protected async Task RelayAsync(ProgramConnection connection, ResponseHead head)
    {
        var body = new BodyDecoder(head.Framing, head.Length);
        ReadOnlyMemory<byte> piece = Take(connection, body);
        while (true)
        {
            // What is here already may say that this was the last.
            ReadOnlyMemory<byte> next = piece.IsEmpty ? default : Take(connection, body);
            bool isLast = body.IsOver && next.IsEmpty;
            bool isEnd = isLast && body.Trailers.Count == 0;
            piece = HasResponded ? piece : Begin(head, piece, isEnd);
            await SendBodyAsync(piece, isEnd).ConfigureAwait(false);
            if (isLast)
            {
                if (!isEnd)
                {
                    Link.Front.SendTrailers(Id, [.. body.Trailers]);
                }

                Link.Forget(this);
                return;
            }

            piece = next;
            if (piece.IsEmpty)
            {
                if (!await connection.FillAsync(Gone).ConfigureAwait(false))
                {
                    EndWith(body);
                }

                piece = Take(connection, body);
            }
        }
    }

    /// <summary>The program has failed: answers with 502, or breaks the response off. If it has ended its worker does, and the front decides.</summary>
    /// <param name="error">What happened.</param>
    /// <param name="isSent">Whether the program may have seen something of the request.</param>
    protected async Task FailAsync(Exception error, bool isSent)
    {
        if (await Link.Program.EndsAsync().ConfigureAwait(false))
        {
            if (!isSent)
            {
                Link.Front.SendReset(Id, ResetReason.NotStarted, "The program has ended.");
            }

            return;
        }

        string message = error is ProgramException ? error.Message : isSent ? "has broken the connection" : $"takes no connection ({error.Message})";
        if (HasResponded)
        {
            // The front says it in the log.
            Link.Front.SendReset(Id, ResetReason.NoResponse, $"The program {message}.");
        }
        else
        {
            Link.Program.Complain($"The program {message}: {_name}");
            Link.Front.SendResponse(Id, FrameFlags.End, 502, BadGateway, IsHead ? default : "Bad Gateway\n"u8);
        }

        Link.Forget(this);
    }

    /// <summary>The front has ended the stream, and hears that it is over here as well.</summary>
    protected void EndCancelled()
    {
        Link.Front.SendReset(Id, ResetReason.Cancelled, "");
        Link.Forget(this);
    }

    /// <summary>Whether an exception says that the connection, or what came on it, is broken.</summary>
    protected static bool IsBroken(Exception error) => error is SocketException or ProgramException or ObjectDisposedException;

    private static ReadOnlyMemory<byte> Take(ProgramConnection connection, BodyDecoder body)
    {
        BodyStep step = body.Next(connection.Buffered, out int skip, out int count);
        connection.Skip(skip);
        ReadOnlyMemory<byte> piece = step is BodyStep.Data ? connection.Peek(count) : default;
        connection.Skip(count);
        return piece;
    }

    private static void EndWith(BodyDecoder body)
    {
        if (!body.EndsWithConnection)
        {
            throw new ProgramException("has broken off its response");
        }

        body.EndWithConnection();
    }

    // Sends the head with the beginning of the body, which costs no credit; gives what is left of the piece.
    private ReadOnlyMemory<byte> Begin(ResponseHead head, ReadOnlyMemory<byte> piece, bool isLast)
    {
        int count = Math.Min(piece.Length, ProtocolLimits.MaxBody);
        bool isWhole = isLast && count == piece.Length;
        Link.Front.SendResponse(Id, isWhole ? FrameFlags.End : FrameFlags.None, head.Status, head.Block, piece.Span[..count]);
        IsOpenEnded = !isWhole && head.Framing is not BodyFraming.Length;
        HasResponded = true;
        _isComplete = isWhole;
        return piece[count..];
    }

    private async ValueTask SendBodyAsync(ReadOnlyMemory<byte> piece, bool isLast)
    {
        while (piece.Length > 0)
        {
            int count = await SpendAsync(piece.Length, 0).ConfigureAwait(false);
            _isComplete = isLast && count == piece.Length;
            Link.Front.SendBytes(MessageType.Body, Id, _isComplete ? FrameFlags.End : FrameFlags.None, piece.Span[..count]);
            piece = piece[count..];
            await Link.Front.WhenRoomAsync().ConfigureAwait(false);
        }

        if (isLast && !_isComplete)
        {
            _isComplete = true;
            Link.Front.SendBytes(MessageType.Body, Id, FrameFlags.End, []);
        }
    }
}
