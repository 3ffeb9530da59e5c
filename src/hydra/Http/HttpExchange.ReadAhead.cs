using System.Buffers;
using System.IO.Pipelines;
using Hydra.Protocol;
using Microsoft.AspNetCore.Connections;

namespace Hydra.Http;

/// <summary>
/// The request's body before a worker sees it. What came together with the head rides in its frame. A body that is small enough, or that
/// may go to disk, is read to its end first, so that a slow client holds no worker: 64 KiB of it in the frame, the rest beside it.
/// </summary>
internal sealed partial class HttpExchange
{
    // With this much in memory a body that goes to disk is written: a few large writes cost less than many small ones.
    private const int SpoolPiece = 4 * BodyChunks.ChunkSize;

    // What was read beyond the frame; null where there is nothing.
    private HeldBody? _held;

    // Of the budget for bodies, for what was read into the frame after the head.
    private int _frameMemory;

    /// <inheritdoc/>
    public override long HeldBytes => _frame.Frame.Length + (_held?.BytesInMemory ?? 0);

    /// <summary>
    /// Reads the body until it is complete, or too large to be held: then the rest of it is streamed. To be awaited where
    /// <see cref="WantsReadAhead"/>, before <see cref="Submit"/>.
    /// </summary>
    public async ValueTask<RequestFrameError> ReadAheadAsync()
    {
        // A server that stops waits for this request as for any other, although no worker knows of it yet.
        _connection.Watch(this);
        PipeReader reader = _context.Request.BodyReader;
        bool isComplete = false;
        try
        {
            bool goesOn = true;
            while (goesOn)
            {
                ReadResult read = await reader.ReadAsync().ConfigureAwait(false);
                CheckLimit(reader, read);
                SequencePosition taken = Hold(read.Buffer, out bool isShort);
                isComplete = read.IsCompleted && read.Buffer.Slice(taken).IsEmpty;
                reader.AdvanceTo(taken);
                goesOn = !isComplete && await MayHoldMoreAsync(isShort).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (IsBrokenBody(e))
        {
            return FrameErrorOf(e);
        }
        catch (Exception e) when (IsClientGone(e))
        {
            return RequestFrameError.ClientGone;
        }

        FinishFrame(isComplete, FrameFlags.None);
        return RequestFrameError.None;
    }

    // A chunk size beyond 64 bits comes as an IOException; a connection that was reset is another kind of it.
    private static bool IsBrokenBody(Exception error)
        => error is BadHttpRequestException || (error is IOException and not ConnectionResetException);

    private static RequestFrameError FrameErrorOf(Exception error) => (error as BadHttpRequestException)?.StatusCode switch
    {
        StatusCodes.Status413PayloadTooLarge => RequestFrameError.BodyTooLarge,
        StatusCodes.Status408RequestTimeout => RequestFrameError.BodyTooSlow,
        _ => RequestFrameError.BadBody,
    };

    private static bool IsClientGone(Exception error)
        => error is ConnectionResetException or OperationCanceledException or ConnectionAbortedException;

    // A client that waits for 100 Continue has sent nothing, and reading tells it to go on. Where bodies only stream that is for the
    // application to decide; where large ones are to be complete first, most of them would come from such clients.
    private RequestFrameError BeginBody(HttpRequest request)
    {
        if (_forwarder.Options.LimitBody is > 0 and long limit && request.ContentLength > limit)
        {
            return RequestFrameError.BodyTooLarge;
        }

        bool expects = request.Headers.Expect.Count > 0;
        bool isComplete = false;
        try
        {
            isComplete = !expects && TakeArrived(request);
        }
        catch (Exception e) when (IsBrokenBody(e))
        {
            return FrameErrorOf(e);
        }

        WantsReadAhead = !isComplete && _forwarder.ReadsAhead(request.ContentLength, expects, _frame.BodyLength);
        if (!WantsReadAhead)
        {
            _owesContinue = expects;
            FinishFrame(isComplete, expects ? FrameFlags.ExpectContinue : FrameFlags.None);
        }

        return RequestFrameError.None;
    }

    // Kestrel's own limit would count the framing of chunks as well. What the frame and the memory beside it have was not streamed.
    private void CheckLimit(PipeReader reader, in ReadResult read)
    {
        if (_forwarder.Options.LimitBody is > 0 and long limit && HeldLength + _streamed + read.Buffer.Length > limit)
        {
            reader.AdvanceTo(read.Buffer.End);
            throw new BadHttpRequestException($"its body is larger than {limit} bytes", StatusCodes.Status413PayloadTooLarge);
        }
    }

    // Puts what has arrived of the body into the frame; says whether that is all of it.
    private bool TakeArrived(HttpRequest request)
    {
        if (!request.BodyReader.TryRead(out ReadResult read))
        {
            return false;
        }

        CheckLimit(request.BodyReader, read);
        ReadOnlySequence<byte> first = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, ProtocolLimits.MaxBody));
        _frame.AppendBody(first);
        bool isComplete = first.Length == read.Buffer.Length && (read.IsCompleted || first.Length == request.ContentLength);
        request.BodyReader.AdvanceTo(first.End);
        return isComplete;
    }

    // Takes what may be held of these bytes; returns the position behind it. Short: the memory for all requests' bodies is used up.
    private SequencePosition Hold(ReadOnlySequence<byte> data, out bool isShort)
    {
        isShort = false;
        int inFrame = (int)Math.Min(data.Length, ProtocolLimits.MaxBody - _frame.BodyLength);
        if (inFrame > 0)
        {
            isShort = !_forwarder.RequestMemory.TryTake(inFrame);
            if (isShort)
            {
                return data.Start;
            }

            _frameMemory += inFrame;
            _frame.AppendBody(data.Slice(0, inFrame));
            data = data.Slice(inFrame);
        }

        if (_forwarder.Spool is null)
        {
            data = data.Slice(0, Math.Clamp(_forwarder.Options.BufferBody - HeldLength, 0, data.Length));
        }

        if (data.IsEmpty)
        {
            return data.Start;
        }

        _held ??= new HeldBody(_forwarder.RequestMemory);
        isShort = !_held.TryAppend(data);
        return isShort ? data.Start : data.End;
    }

    private long HeldLength => _frame.BodyLength + (_held?.Length ?? 0);

    // Whether there is room for more; what does not fit into memory goes to disk for it, where that is wanted.
    private ValueTask<bool> MayHoldMoreAsync(bool isShort)
    {
        if (_forwarder.Spool is not { } spool)
        {
            return ValueTask.FromResult(!isShort && HeldLength < _forwarder.Options.BufferBody);
        }

        if (_held is not { BytesInMemory: > 0 } held)
        {
            return ValueTask.FromResult(!isShort);
        }

        bool isForDisk = held.IsSpooled || isShort || HeldLength > _forwarder.Options.BufferBody;
        return isForDisk && (isShort || held.BytesInMemory >= SpoolPiece) ? held.SpoolAsync(spool) : ValueTask.FromResult(true);
    }

    private void ReleaseHeld()
    {
        _held?.Release();
        _held = null;
    }

    private void ReleaseRequest()
    {
        ReleaseHeld();
        _frame.Release();
        if (_frameMemory > 0)
        {
            _forwarder.RequestMemory.Give(_frameMemory);
            _frameMemory = 0;
        }
    }
}
