using System.Buffers;
using System.IO.Pipelines;
using Hydra.Dispatch;
using Hydra.Protocol;
using Hydra.Transport;
using Hydra.Workers.Links;
using static Hydra.Http.BodyErrors;

namespace Hydra.Http;

/// <summary>
/// The way of what does not fit into the request's frame: what the front holds of the body, then what the client still sends, as far as
/// the worker grants credit. Its sender runs beside the handler, which starts and stops it; the worker's callbacks grant. <c>_lock</c>
/// guards credit and stream, and is the innermost: an exchange's may be held.
/// </summary>
/// <param name="exchange">The request.</param>
/// <param name="resources">Windows and bounds.</param>
/// <param name="body">What the front has read of the body.</param>
internal sealed class RequestUpload(Exchange exchange, BodyResources resources, RequestBody body) : IOutputWaiter
{
    private readonly Lock _lock = new();

    // The sender goes on in the thread pool: the frame with the head leaves first, and the link's gate is met there.
    private readonly CreditSignal _creditGranted = new() { RunContinuationsAsynchronously = true };

    // The link has sent what waited there.
    private readonly CreditSignal _room = new() { RunContinuationsAsynchronously = true };

    private PipeReader _reader = null!;
    private WorkerLink _link = null!;
    private ulong _id;

    // What sends, while a worker has the request; the handler's own.
    private Task? _sender;
    private bool _isStopped;

    private long _readAt;

    // All of the body was sent, to its end; the client has closed its sending side. Under _lock; who makes both true tells the worker.
    private bool _isComplete;
    private bool _isFinished;

    // What the worker has granted. Under _lock.
    private long _credit;

    // Everything was sent; the request may have to be sent again. Under _lock; the one that makes both true gives the memory back.
    private bool _isSent;
    private bool _mayBeSentAgain;

    /// <summary>
    /// When the end of the body came, in milliseconds of <see cref="Environment.TickCount64"/>; 0 when it was here before a worker was found, and
    /// beyond any time when it has not come yet. Any thread.
    /// </summary>
    public long ReadAt => Volatile.Read(ref _readAt);

    /// <summary>Whether some of the body may still be on its way to the worker: <see cref="StopAsync"/> is due in the end.</summary>
    public bool IsRunning => _sender is not null;

    /// <summary>Whether the worker waits for the client to send. Any thread.</summary>
    public bool AwaitsClient
    {
        get
        {
            lock (_lock)
            {
                return !body.IsRead && _credit > 0;
            }
        }
    }

    /// <summary>Makes ready for a worker, the first or another. Before the request is submitted.</summary>
    /// <param name="reader">The request's body.</param>
    public void Prepare(PipeReader reader)
    {
        _reader = reader;
        _isStopped = false;
        body.Streamed = 0;
        _isSent = false;
        _isComplete = false;
        _isFinished = false;
        Volatile.Write(ref _readAt, body.IsRead ? 0 : long.MaxValue);
        _mayBeSentAgain = body.IsReplayable;
        _credit = body.OwesContinue ? 0 : resources.Options.RequestWindow;
        _creditGranted.Reset();
        _room.Reset();
    }

    /// <summary>Begins to send. Nothing leaves before there is a worker, and credit.</summary>
    public void Start() => _sender = SendAsync();

    /// <summary>A worker is about to get the request. Under the exchange's lock.</summary>
    public void OnSent(WorkerLink link, ulong id)
    {
        lock (_lock)
        {
            _link = link;
            _id = id;
            if (_credit == 0)
            {
                return;
            }
        }

        _creditGranted.Set();
    }

    /// <summary>The worker takes more. Under the exchange's lock.</summary>
    /// <returns>False when that is more than can be: the worker breaks the protocol.</returns>
    public bool Grant(uint credit)
    {
        lock (_lock)
        {
            _credit += credit;
            if (_credit > int.MaxValue)
            {
                return false;
            }
        }

        _creditGranted.Set();
        return true;
    }

    /// <inheritdoc/>
    public void OnRoom() => _room.Set();

    /// <summary>The client has closed its sending side. Under no lock.</summary>
    /// <returns>Whether the worker is to be told now; else it is told behind the rest of the body.</returns>
    public bool OnClientFinished()
    {
        lock (_lock)
        {
            bool isFirst = !_isFinished;
            _isFinished = true;
            return isFirst && _isComplete;
        }
    }

    /// <summary>No more of the body is to be sent to the worker that has the request: it has answered, or will not.</summary>
    public ValueTask StopAsync()
    {
        if (_sender is not { } sender)
        {
            return ValueTask.CompletedTask;
        }

        _sender = null;
        Volatile.Write(ref _isStopped, true);
        _creditGranted.Stop();
        _room.Stop();
        if (!body.IsRead && !body.BreaksOff)
        {
            _reader.CancelPendingRead();
        }

        return new ValueTask(sender);
    }

    /// <summary>The request is not going to be sent again: what was kept for that is given back as soon as it was sent once.</summary>
    public void KeepNoBody()
    {
        if (body.Held is null)
        {
            return;
        }

        lock (_lock)
        {
            _mayBeSentAgain = false;
            if (_isSent)
            {
                body.ReleaseHeld();
            }
        }
    }

    // Sends the body as the worker grants it, until it is complete or StopAsync is called.
    private async Task SendAsync()
    {
        try
        {
            if (body.Held is null || await SendHeldAsync(body.Held).ConfigureAwait(false))
            {
                await (body.BreaksOff ? SendBreakAsync() : SendArrivingAsync()).ConfigureAwait(false);
            }

            OnSentToTheEnd();
        }
        catch (Exception e) when (IsBrokenBody(e))
        {
            exchange.Abandon(FailureOf(e), CancelReason.ClientLeft, e.Message);
        }
        catch (Exception e) when (IsClientGone(e))
        {
            exchange.Abandon(Failure.ClientGone, CancelReason.ClientLeft, "the client has left");
        }
    }

    // Nothing is left to be sent, or wanted.
    private void OnSentToTheEnd()
    {
        lock (_lock)
        {
            _isComplete = body.IsRead;
            if (!_isComplete || !_isFinished || exchange.IsEnded)
            {
                return;
            }
        }

        _link.SendFinished(_id, isComplete: true);
    }

    // Sends what the front holds; false when the worker wants no more of it.
    private async ValueTask<bool> SendHeldAsync(HeldBody held)
    {
        long length = held.Length;
        for (long at = 0; at < length;)
        {
            if (!await _creditGranted.WaitAsync().ConfigureAwait(false) || !await HasRoomAsync().ConfigureAwait(false)
                || TakeCredit(length - at) is not { } size)
            {
                return false;
            }

            for (long end = at + size; at < end;)
            {
                ReadOnlyMemory<byte> piece;
                try
                {
                    piece = await held.ReadAsync(at, (int)(end - at)).ConfigureAwait(false);
                }
                catch (IOException e)
                {
                    exchange.Abandon(Failure.BodyLost, CancelReason.FrontError, $"it cannot be read back from disk: {e.Message}");
                    return false;
                }

                at += piece.Length;
                _link.SendBody(_id, piece.Span, end: body.IsRead && at == length);
            }
        }

        lock (_lock)
        {
            _isSent = true;
            if (!_mayBeSentAgain)
            {
                body.Streamed = length;
                body.ReleaseHeld();
            }
        }

        return true;
    }

    private async Task SendBreakAsync()
    {
        if (await _creditGranted.WaitAsync().ConfigureAwait(false))
        {
            _link.SendFinished(_id, isComplete: false);
        }
    }

    private async Task SendArrivingAsync()
    {
        while (!body.IsRead && await _creditGranted.WaitAsync().ConfigureAwait(false))
        {
            ReadResult read = await body.ReadAsync(_reader).ConfigureAwait(false);
            if (read.IsCanceled || Volatile.Read(ref _isStopped))
            {
                _reader.AdvanceTo(read.Buffer.Start);
                return;
            }

            body.CheckLimit(_reader, read);
            if (!await HasRoomAsync().ConfigureAwait(false))
            {
                _reader.AdvanceTo(read.Buffer.Start);
                return;
            }

            _reader.AdvanceTo(SendChunk(read));
        }
    }

    // Waits until the link has room; false when nothing more is to be sent. What the client has sent meanwhile stays with the kernel.
    private async ValueTask<bool> HasRoomAsync()
    {
        while (true)
        {
            _room.Clear();
            if (!_link.AwaitsRoom(this))
            {
                return true;
            }

            if (!await _room.WaitAsync().ConfigureAwait(false))
            {
                return false;
            }
        }
    }

    // Sends what the credit allows of what was read; returns the position up to which it was sent.
    private SequencePosition SendChunk(in ReadResult read)
    {
        ReadOnlySequence<byte> rest = read.Buffer;
        while (TakeCredit(rest.Length) is { } size)
        {
            bool last = read.IsCompleted && size == rest.Length;
            if (last)
            {
                // First: the answer may come before the call below has returned.
                body.IsRead = true;
                Volatile.Write(ref _readAt, Environment.TickCount64);
            }

            if (size > 0 || last)
            {
                SendSegments(rest.Slice(0, size), last);
            }

            rest = rest.Slice(size);
            body.Streamed += size;

            if (rest.IsEmpty || size == 0)
            {
                break;
            }
        }

        return rest.Start;
    }

    // Takes credit for what one frame carries, at most as much as is wanted; 0 when there is none, null when the stream has ended.
    private int? TakeCredit(long wanted)
    {
        if (exchange.IsEnded)
        {
            _creditGranted.Stop();
            return null;
        }

        lock (_lock)
        {
            int size = (int)Math.Min(Math.Min(wanted, _credit), ProtocolLimits.MaxBody);
            _credit -= size;
            if (_credit == 0)
            {
                _creditGranted.Clear();
            }

            return size;
        }
    }

    private void SendSegments(ReadOnlySequence<byte> data, bool last)
    {
        if (data.IsSingleSegment)
        {
            _link.SendBody(_id, data.FirstSpan, last);
            return;
        }

        foreach (ReadOnlyMemory<byte> segment in data)
        {
            _link.SendBody(_id, segment.Span, end: false);
        }

        if (last)
        {
            _link.SendBody(_id, [], end: true);
        }
    }
}
