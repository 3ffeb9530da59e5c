using System.Buffers;
using System.Runtime.InteropServices;
using Hydra.Primitives;
using Microsoft.AspNetCore.Http;

namespace Hydra.Transport;

/// <summary>
/// Follows what a connection of HTTP/1 receives: head, body, head, and so on, by the framing of RFC 9112, section 6, so that it is known of
/// each byte what it belongs to, whoever reads it. It looks at heads and at the framing of chunks before Kestrel does: what is not exactly as it
/// should be never gets there. It keeps the head, since Kestrel's dictionary groups fields by name and knows no order among different names,
/// and making strings of all of them costs more than everything else that is done with them. Used by the connection's reader alone, on
/// whatever thread it is.
/// </summary>
/// <param name="isLocal">Whether clients come by a Unix socket, and have nothing but its path to name as their host.</param>
/// <param name="limitField">Bytes that the line of a single field may have; 0 for no bound of its own.</param>
/// <param name="memory">What the heads of all connections may have in memory; null for no bound.</param>
internal sealed class HeadCapture(bool isLocal = false, int limitField = 0, MemoryBudget? memory = null)
{
    // What a connection may hold of a head without being counted: nearly all heads are smaller.
    private const int Uncounted = 4 * 1024;

    // Beside the copy here Kestrel keeps the fields as strings, of two bytes a character.
    private const int Copies = 3;

    private enum Place : byte
    {
        // Before or in a request line.
        Line,
        Fields,

        // A head that is complete and not consumed.
        Head,
        Content,
        Chunks,
        Lost,
    }

    private readonly CapturedHead _head = new(isLocal, limitField > 0 ? limitField : int.MaxValue);
    private ChunkFraming _chunks;
    private Place _place;

    // The CR of an empty line before a request line was the last byte.
    private bool _isAfterReturn;

    // Bytes that were looked at and not consumed.
    private long _looked;

    // Bytes of a body with a length that were not consumed.
    private long _rest;

    // What was taken of the budget.
    private long _held;

    /// <summary>The head that was looked at last, until it is released.</summary>
    public CapturedHead Head => _head;

    /// <summary>Who may answer requests before the reader gets them; null for nobody.</summary>
    public IQuickAnswers? Answers { get; init; }

    /// <summary>Why the connection is refused.</summary>
    public HeadFault Fault { get; private set; }

    /// <summary>Whether a head is expected of which nothing has been consumed.</summary>
    public bool IsAtStart => _place is Place.Line && _looked == 0 && !_isAfterReturn;

    /// <summary>What is wrong, as a sentence for the log.</summary>
    public static string Describe(HeadFault fault) => fault switch
    {
        HeadFault.Line => "its request line breaks a rule of HTTP",
        HeadFault.Field => "a line of its header fields breaks a rule of HTTP",
        HeadFault.Host => "its host is none",
        HeadFault.Length => "its Content-Length is not a number",
        HeadFault.Coding => "its transfer coding is not known",
        HeadFault.Method => "its method is longer than any",
        HeadFault.TooLarge => "its header fields are too large",
        HeadFault.Memory => "the memory for heads is used up",
        HeadFault.Chunks => "the chunks of its body break a rule of HTTP",
        HeadFault.LargeChunk => "a single chunk of its body is of 2 GiB or more",
        _ => "it does not begin where the request before it has ended",
    };

    /// <summary>No request follows on this connection: what comes from now on is of another protocol.</summary>
    public void Stop()
    {
        Release();
        _place = Place.Content;
        _rest = long.MaxValue;
    }

    /// <summary>The head was used, or no more of it will come.</summary>
    public void Release()
    {
        _head.Clear();
        if (_held > 0)
        {
            memory!.Give(_held);
            _held = 0;
        }
    }

    /// <summary>
    /// Looks at what the reader is given next, before it is. The bytes of a line that Kestrel would take amiss may be overwritten.
    /// </summary>
    /// <param name="buffer">All that has come and was not consumed.</param>
    /// <exception cref="BadHttpRequestException">It breaks a rule; with the status that the client gets.</exception>
    public void Look(in ReadOnlySequence<byte> buffer)
    {
        if (_place is Place.Content || buffer.IsEmpty)
        {
            return;
        }

        HeadFault fault = _place switch
        {
            Place.Lost => HeadFault.Lost,
            Place.Chunks => LookAtChunks(buffer.Slice(_looked)),
            _ when buffer.IsSingleSegment => TakeLines(Writable(buffer.FirstSpan)[(int)_looked..]),
            _ => LookAtPieces(buffer.Slice(_looked)),
        };
        if (fault is HeadFault.None && memory is not null && (_head.Capacity > Uncounted || (_place < Place.Head && buffer.Length > Uncounted)))
        {
            fault = Hold(memory, _place < Place.Head ? buffer.Length : 0);
        }

        if (fault is not HeadFault.None)
        {
            Refuse(fault);
        }
    }

    /// <summary>
    /// Has a request answered before the reader gets it: one that is whole, begins what has come, and has no body. What is not answered has been
    /// looked at, and <see cref="Look"/> goes on from there.
    /// </summary>
    /// <param name="buffer">All that has come and was not consumed.</param>
    /// <param name="output">Where answers go.</param>
    /// <returns>How many bytes the request had, which are consumed; 0 where it is for the reader.</returns>
    /// <exception cref="BadHttpRequestException">As of <see cref="Look"/>.</exception>
    public long TryAnswer(in ReadOnlySequence<byte> buffer, IBufferWriter<byte> output)
    {
        if (!IsAtStart || !buffer.IsSingleSegment || !buffer.FirstSpan.StartsWith("GET /"u8))
        {
            return 0;
        }

        Look(buffer);
        if (_place is not Place.Head || _head.IsAltered || _head.IsChunked || _head.ContentLength > 0 || !Answers!.TryAnswer(_head, output))
        {
            return 0;
        }

        long count = _looked;
        OnConsumed(count);
        Release();
        return count;
    }

    /// <summary>The reader has consumed bytes of what it was given.</summary>
    /// <param name="count">How many.</param>
    public void OnConsumed(long count)
    {
        if (_place is Place.Content)
        {
            _rest -= count;
            if (_rest <= 0)
            {
                _place = _rest == 0 ? Place.Line : Place.Lost;
            }

            return;
        }

        _looked -= count;
        if (_looked < 0)
        {
            _place = Place.Lost;
        }
        else if (_looked == 0 && _place is Place.Head)
        {
            _chunks = default;
            _rest = _head.ContentLength;
            _place = _head.IsChunked ? Place.Chunks : _rest > 0 ? Place.Content : Place.Line;
        }
        else if (_looked == 0 && _place is Place.Chunks && _chunks.IsDone)
        {
            _place = Place.Line;
        }
    }

    // Counts what the head takes, and what has come of the line that is not complete. Many clients that send large heads, and never the end of
    // them, would else fill the memory.
    private HeadFault Hold(MemoryBudget budget, long incomplete)
    {
        long growth = incomplete + ((long)Copies * _head.Capacity) - _held;
        if (growth > 0 && !budget.TryTake(growth))
        {
            return HeadFault.Memory;
        }

        if (growth < 0)
        {
            budget.Give(-growth);
        }

        _held += growth;
        return HeadFault.None;
    }

    // The reader's buffers are the transport's, where Kestrel writes as well.
    private static Span<byte> Writable(ReadOnlySpan<byte> bytes)
        => MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(bytes), bytes.Length);

    private HeadFault LookAtPieces(in ReadOnlySequence<byte> buffer)
    {
        byte[] whole = ArrayPool<byte>.Shared.Rent((int)buffer.Length);
        buffer.CopyTo(whole);
        HeadFault fault = TakeLines(whole.AsSpan(0, (int)buffer.Length));
        if (_head.IsAltered)
        {
            ReadOnlySpan<byte> rest = whole;
            foreach (ReadOnlyMemory<byte> piece in buffer)
            {
                rest[..piece.Length].CopyTo(Writable(piece.Span));
                rest = rest[piece.Length..];
            }
        }

        ArrayPool<byte>.Shared.Return(whole);
        return fault;
    }

    // Kestrel consumes each line that is complete, and so is each looked at once.
    private HeadFault TakeLines(Span<byte> bytes)
    {
        if (_place is Place.Line && bytes.Length > 0 && (_isAfterReturn || bytes[0] is (byte)'\r' or (byte)'\n'))
        {
            int empty = PassEmptyLines(bytes);
            if (empty < 0)
            {
                return HeadFault.Line;
            }

            _looked += empty;
            bytes = bytes[empty..];
        }

        int taken = 0;
        int lines = 0;
        while (_place < Place.Head)
        {
            int end = bytes[taken..].IndexOf((byte)'\n');
            if (end < 0)
            {
                break;
            }

            if (end == 0 || bytes[taken + end - 1] != '\r')
            {
                return _place is Place.Line ? HeadFault.Line : HeadFault.Field;
            }

            HeadFault fault = TakeLine(bytes.Slice(taken, end - 1));
            if (fault is not HeadFault.None)
            {
                return fault;
            }

            taken += end + 1;
            lines++;
        }

        _looked += taken;
        return HasStrayBytes(bytes[..taken], lines) ? HeadFault.Field : HeadFault.None;
    }

    // Control bytes, and a CR elsewhere than at the end of a line. A request line has been checked for them by then.
    private static bool HasStrayBytes(ReadOnlySpan<byte> bytes, int lines)
        => lines > 0 && (bytes.ContainsAny(HeadBytes.Controls) || bytes.Count((byte)'\r') != lines);

    private HeadFault TakeLine(Span<byte> line)
    {
        if (_place is Place.Line)
        {
            _place = Place.Fields;
            return _head.TakeRequestLine(line);
        }

        if (line.Length > 0)
        {
            return _head.TakeField(line);
        }

        _place = Place.Head;
        return _head.End();
    }

    // RFC 9112, section 2.2: clients of old send one behind a body.
    private int PassEmptyLines(ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] is not (byte)'\r' and not (byte)'\n')
            {
                return _isAfterReturn ? -1 : i;
            }

            if (_isAfterReturn != (bytes[i] == '\n'))
            {
                return -1;
            }

            _isAfterReturn = !_isAfterReturn;
        }

        return bytes.Length;
    }

    private HeadFault LookAtChunks(in ReadOnlySequence<byte> buffer)
    {
        foreach (ReadOnlyMemory<byte> piece in buffer)
        {
            if (!_chunks.TryTake(Writable(piece.Span), out int taken))
            {
                return _chunks.IsTooLarge ? HeadFault.LargeChunk : HeadFault.Chunks;
            }

            _looked += taken;
        }

        return HeadFault.None;
    }

    private void Refuse(HeadFault fault)
    {
        _place = Place.Lost;
        Fault = Fault is HeadFault.None ? fault : Fault;
        if (fault is HeadFault.Line)
        {
            // Nothing of the head before it belongs to this one.
            _head.Clear();
        }

        throw new BadHttpRequestException(Describe(fault), fault switch
        {
            HeadFault.TooLarge => StatusCodes.Status431RequestHeaderFieldsTooLarge,
            HeadFault.Coding or HeadFault.Method => StatusCodes.Status501NotImplemented,
            HeadFault.LargeChunk => StatusCodes.Status413PayloadTooLarge,
            HeadFault.Memory => StatusCodes.Status503ServiceUnavailable,
            _ => StatusCodes.Status400BadRequest,
        });
    }
}
