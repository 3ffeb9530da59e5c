using System.Buffers;
using System.IO.Pipelines;
using Hydra.Dispatch;
using Hydra.Protocol;
using static Hydra.Http.BodyErrors;

namespace Hydra.Http;

/// <summary>
/// A request's body before a worker sees it. What came together with the head rides in its frame. A body that is small enough, or that
/// may go to disk, is read to its end first, so that a slow client holds no worker: 64 KiB of it in the frame, the rest beside it. Used by
/// the request's handler alone until the request is submitted; from then on by its <see cref="RequestUpload"/>.
/// </summary>
/// <param name="resources">Bounds, memory and disk.</param>
/// <param name="frame">The request's frame.</param>
internal sealed class RequestBody(BodyResources resources, RequestFrameWriter frame)
{
    // With this much in memory a body that goes to disk is written: a few large writes cost less than many small ones.
    private const int SpoolPiece = 4 * BodyChunks.ChunkSize;

    // What may be on its way from the client: in the transport's block, and in Kestrel's pipe where it is chunked.
    private const int Underway = 64 * 1024;

    // What a frame may have without being counted: nearly all do with less.
    private const int Uncounted = 4 * 1024;

    // Of the budget for bodies, for what was read into the frame after the head.
    private int _frameMemory;

    // Of the memory for all, for what that budget does not count.
    private long _beside;

    // For waits; made when the first one comes.
    private ReadClock? _clock;

    // Who gets the request, and whether the client has not said how long its body is.
    private Dispatcher _workers = null!;
    private bool _isUnsized;

    /// <summary>What was read beyond the frame; null where there is nothing.</summary>
    public HeldBody? Held { get; private set; }

    /// <summary>Whether all of the body, its trailers too, has been read from the connection.</summary>
    public bool IsRead { get; set; }

    /// <summary>Whether the frame with the head has the whole body, or there is none.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>Whether the front has the whole request, so that it can be sent to another worker as it is.</summary>
    public bool IsReplayable { get; private set; }

    /// <summary>Whether nothing comes behind what the front holds, although that is not all of it.</summary>
    public bool BreaksOff { get; private set; }

    /// <summary>Whether the client waits for 100 Continue and was not told to go on.</summary>
    public bool OwesContinue { get; set; }

    /// <summary>Whether the body is to be read before a worker gets the request: <see cref="ReadAheadAsync"/> is due.</summary>
    public bool WantsReadAhead { get; private set; }

    /// <summary>Bytes that were sent as they came, beside what the frame has and the front held.</summary>
    public long Streamed { get; set; }

    /// <summary>Bytes of memory that it holds, the frame included.</summary>
    public long BytesInMemory => frame.Frame.Length + (Held?.BytesInMemory ?? 0);

    // WSGI's frameworks take a body without Content-Length for none: it is held, however long it is, until its length is known. As long as
    // no worker has said what it serves, it may be such a one.
    private bool NeedsLength => _isUnsized && resources.Options.BufferBody > 0 && (_workers.Features is null || WantsWhole);

    private bool WantsWhole => _workers.Features is { } features && (features & InterfaceFeatures.WholeBodies) != 0;

    private Spool? Spool => resources.Spool ?? (NeedsLength ? resources.LengthSpool : null);

    private long HeldLength => frame.BodyLength + (Held?.Length ?? 0);

    /// <summary>There is none.</summary>
    /// <param name="flags">What the frame says beside that.</param>
    public void BeginWithout(FrameFlags flags = FrameFlags.None)
    {
        OwesContinue = false;
        WantsReadAhead = false;
        _isUnsized = false;
        BreaksOff = false;
        FinishFrame(isRead: true, flags);
    }

    /// <summary>
    /// Takes what has arrived of it. A client that waits for 100 Continue has sent nothing, and reading tells it to go on. Where bodies
    /// only stream that is for the application to decide; where they are better complete, because a thread would wait for them or because
    /// large ones go to disk first, the front does.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="workers">Who gets it.</param>
    public Failure Begin(HttpRequest request, Dispatcher workers)
    {
        _workers = workers;
        _isUnsized = request.ContentLength is null;
        BreaksOff = false;
        OwesContinue = false;
        IsReplayable = false;
        WantsReadAhead = false;
        Streamed = 0;
        if (resources.Options.LimitBody is > 0 and long limit && request.ContentLength > limit)
        {
            return Failure.BodyTooLarge;
        }

        if (resources.Memory.IsUsedUp)
        {
            resources.Shortage.Add(resources.Memory.Capacity);
            return Failure.MemoryShort;
        }

        bool expects = Expects100(request);
        bool isComplete = false;
        try
        {
            isComplete = !expects && TakeArrived(request);
        }
        catch (Exception e) when (IsBrokenBody(e))
        {
            return FailureOf(e);
        }
        catch (Exception e) when (IsClientGone(e))
        {
            return Failure.ClientGone;
        }

        WantsReadAhead = !isComplete && (NeedsLength || resources.ReadsAhead(request.ContentLength, expects, frame.BodyLength, WantsWhole));
        if (WantsReadAhead)
        {
            Count(isRead: false);
        }
        else
        {
            OwesContinue = expects;
            FinishFrame(isComplete, expects ? FrameFlags.ExpectContinue : FrameFlags.None);
        }

        return Failure.None;
    }

    /// <summary>
    /// Reads the body until it is complete, or too large to be held: then the rest of it is streamed. To be awaited where
    /// <see cref="WantsReadAhead"/>, before the request is submitted.
    /// </summary>
    public async ValueTask<Failure> ReadAheadAsync(PipeReader reader)
    {
        bool isComplete = false;
        try
        {
            bool goesOn = true;
            while (goesOn)
            {
                ReadResult read = await ReadAsync(reader).ConfigureAwait(false);
                CheckLimit(reader, read);
                SequencePosition taken = Hold(read.Buffer, out bool isShort);
                bool tookAll = read.Buffer.Slice(taken).IsEmpty;
                isComplete = read.IsCompleted && tookAll;
                reader.AdvanceTo(taken);
                goesOn = !isComplete && await MayHoldMoreAsync(isShort, tookAll).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (_workers.Features is not null && !WantsWhole && IsBrokenOff(e))
        {
            // An application that reads messages is given what came, and then told; who only sees a body would take it for all of it.
            BreaksOff = true;
        }
        catch (Exception e) when (IsBrokenBody(e))
        {
            return FailureOf(e);
        }
        catch (Exception e) when (IsClientGone(e))
        {
            return Failure.ClientGone;
        }

        if (!isComplete && NeedsLength)
        {
            return Failure.LengthRequired;
        }

        FinishFrame(isComplete, FrameFlags.None);
        return Failure.None;
    }

    /// <summary>Reads on, as long as the client sends something within its time.</summary>
    /// <exception cref="BadHttpRequestException">With status 408: it does not.</exception>
    public ValueTask<ReadResult> ReadAsync(PipeReader reader)
    {
        ValueTask<ReadResult> read = reader.ReadAsync();
        return read.IsCompleted || resources.Options.BodyTimeout <= TimeSpan.Zero ? read : WaitAsync(reader, read);
    }

    /// <summary>
    /// Checks what was read against the bound. Kestrel's own limit would count the framing of chunks as well. What the frame and the
    /// memory beside it have was not streamed.
    /// </summary>
    /// <exception cref="BadHttpRequestException">With status 413: more has come than the server takes.</exception>
    public void CheckLimit(PipeReader reader, in ReadResult read)
    {
        if (resources.Options.LimitBody is > 0 and long limit && HeldLength + Streamed + read.Buffer.Length > limit)
        {
            reader.AdvanceTo(read.Buffer.End);
            throw new BadHttpRequestException($"its body is larger than {limit} bytes", StatusCodes.Status413PayloadTooLarge);
        }
    }

    /// <summary>Gives back what the front holds beside the frame.</summary>
    public void ReleaseHeld()
    {
        Held?.Release();
        Held = null;
    }

    /// <summary>Gives everything back, the frame included.</summary>
    public void Release()
    {
        ReleaseHeld();
        frame.Release();
        IsRead = false;
        if (_beside > 0)
        {
            resources.Memory.Give(_beside);
            _beside = 0;
        }

        if (_frameMemory > 0)
        {
            resources.RequestMemory.Give(_frameMemory);
            _frameMemory = 0;
        }
    }

    private async ValueTask<ReadResult> WaitAsync(PipeReader reader, ValueTask<ReadResult> read)
    {
        _clock ??= new ReadClock(resources.Options.BodyTimeout);
        _clock.Start(reader);
        bool isOver;
        ReadResult result;
        try
        {
            result = await read.ConfigureAwait(false);
        }
        finally
        {
            isOver = _clock.Stop();
        }

        if (isOver)
        {
            reader.AdvanceTo(result.Buffer.End);
            throw new BadHttpRequestException(
                $"nothing came of its body for {resources.Options.BodyTimeout.TotalSeconds:0.#} s", StatusCodes.Status408RequestTimeout);
        }

        return result;
    }

    private void FinishFrame(bool isRead, FrameFlags flags)
    {
        IsRead = isRead;
        IsReplayable = isRead;
        IsWhole = isRead && Held is null;
        if (isRead && _isUnsized)
        {
            frame.TellLength(HeldLength);
        }

        frame.Finish(IsWhole ? flags | FrameFlags.End : flags);
        if (!isRead || frame.Capacity > Uncounted)
        {
            Count(isRead);
        }
    }

    // Counts the frame's memory, of which the budget for bodies knows a part at most, and what is on its way.
    private void Count(bool isRead)
    {
        long beside = (isRead ? 0 : Underway) + (frame.Capacity > Uncounted ? Math.Max(0, frame.Capacity - _frameMemory) : 0);
        resources.Memory.Take(beside - _beside);
        _beside = beside;
    }

    // RFC 9110, section 10.1.1: any other expectation, and all of them in HTTP/1.0, are as if they were not there.
    private static bool Expects100(HttpRequest request) => request.Headers.Expect is { Count: > 0 } expect
        && "100-continue".Equals(expect[0], StringComparison.OrdinalIgnoreCase) && !HttpProtocol.IsHttp10(request.Protocol);

    // Puts what has arrived of the body into the frame; says whether that is all of it.
    private bool TakeArrived(HttpRequest request)
    {
        if (!request.BodyReader.TryRead(out ReadResult read))
        {
            return false;
        }

        CheckLimit(request.BodyReader, read);
        ReadOnlySequence<byte> first = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, ProtocolLimits.MaxBody));
        frame.AppendBody(first);
        bool isComplete = first.Length == read.Buffer.Length && (read.IsCompleted || first.Length == request.ContentLength);
        request.BodyReader.AdvanceTo(first.End);
        return isComplete;
    }

    // Takes what may be held of these bytes; returns the position behind it. Short: the memory for all requests' bodies is used up.
    private SequencePosition Hold(ReadOnlySequence<byte> data, out bool isShort)
    {
        isShort = false;
        int inFrame = (int)Math.Min(data.Length, ProtocolLimits.MaxBody - frame.BodyLength);
        if (inFrame > 0)
        {
            isShort = !TryTake(inFrame);
            if (isShort && !NeedsLength)
            {
                return data.Start;
            }

            _frameMemory += inFrame;
            frame.AppendBody(data.Slice(0, inFrame));
            Count(isRead: false);
            data = data.Slice(inFrame);
        }

        if (Spool is null)
        {
            data = data.Slice(0, Math.Clamp(resources.Options.BufferBody - HeldLength, 0, data.Length));
        }

        if (data.IsEmpty)
        {
            return data.Start;
        }

        Held ??= new HeldBody(resources.RequestMemory);
        if (NeedsLength)
        {
            // Not to be refused for want of memory: what does not fit goes to disk at once.
            isShort |= !Held.Append(data);
            return data.End;
        }

        isShort = !Held.TryAppend(data);
        return isShort ? data.Start : data.End;
    }

    private bool TryTake(int size)
    {
        bool fits = resources.RequestMemory.TryTake(size);
        if (!fits && NeedsLength)
        {
            resources.RequestMemory.Take(size);
        }

        return fits;
    }

    // Whether to read on; what does not fit into memory goes to disk for it, where that is wanted. A body that is exactly as long as what may
    // be held is held: its end may come alone.
    private ValueTask<bool> MayHoldMoreAsync(bool isShort, bool tookAll)
    {
        if (Spool is not { } spool)
        {
            return ValueTask.FromResult(!isShort && tookAll && HeldLength <= resources.Options.BufferBody);
        }

        if (Held is not { BytesInMemory: > 0 } held)
        {
            return ValueTask.FromResult(!isShort || NeedsLength);
        }

        bool isForDisk = held.IsSpooled || isShort || HeldLength > resources.Options.BufferBody;
        return isForDisk && (isShort || held.BytesInMemory >= SpoolPiece) ? held.SpoolAsync(spool) : ValueTask.FromResult(true);
    }
}
