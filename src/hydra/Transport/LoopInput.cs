using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;

namespace Hydra.Transport;

/// <summary>
/// What the client sends, received only when somebody reads: a reader that does not read is all the back-pressure there is, and a
/// connection that waits for its client holds no memory. The wait for data ends on the loop's thread, which receives and, when
/// <see cref="LoopConnection.RunInline"/>, goes on in the reader's code at once.
/// </summary>
/// <remarks>
/// One reader at a time, on any thread; CancelPendingRead from any thread. The bit <see cref="Waiting"/> says whose the blocks are:
/// the reader's while it is clear, the loop's while it is set. The reader sets it and only the loop clears it.
/// </remarks>
internal sealed class LoopInput : PipeReader, IValueTaskSource<ReadResult>
{
    // Bits of _state.
    private const int Waiting = 1;
    private const int Readable = 2;
    private const int CancelAsked = 4;
    private const int Ended = 8;

    // A sender that is faster than its reader may fill this many blocks before the other connections of the loop get their turn.
    private const int ReceivesPerTurn = 16;

    private readonly LoopConnection _connection;
    private int _state;
    private ReceivedBlocks _blocks;
    private bool _examined = true;
    private bool _endOfStream;
    private bool _completed;
    private byte _receives;
    private Exception? _error;

    // What was wrong with a head that was looked at before the reader was woken.
    private BadHttpRequestException? _fault;

    // When the reader was woken last, in milliseconds of Environment.TickCount64.
    private long _wokenAt;

    private ManualResetValueTaskSourceCore<bool> _waiter;
    private CancellationToken _token;
    private CancellationTokenRegistration _registration;

    /// <summary>Makes the input of a connection.</summary>
    public LoopInput(LoopConnection connection) => _connection = connection;

    /// <summary>Looks at what the reader gets, and hears what it consumes.</summary>
    public HeadCapture? Capture { get; set; }

    private BlockPool Pool => _connection.Loop.Blocks;

    /// <inheritdoc/>
    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<ReadResult>(cancellationToken);
        }

        return TryRead(out ReadResult result) ? new ValueTask<ReadResult>(result) : WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        ObjectDisposedException.ThrowIf(_completed, this);
        if (TryTake(out result))
        {
            return true;
        }

        if ((Volatile.Read(ref _state) & Readable) == 0 || !_connection.Loop.IsCurrent || _receives == ReceivesPerTurn)
        {
            return false;
        }

        _receives++;
        Receive();
        return TryTake(out result);
    }

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _examined = _blocks.IsEnd(examined);
        long count = _blocks.Consume(consumed, Pool);
        Capture?.OnConsumed(count);
    }

    /// <inheritdoc/>
    public override void CancelPendingRead()
    {
        if ((Interlocked.Or(ref _state, CancelAsked) & Waiting) != 0)
        {
            _connection.Ask(ConnectionWork.Read);
        }
    }

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null)
    {
        _completed = true;
        if ((Volatile.Read(ref _state) & Waiting) == 0)
        {
            _blocks.Clear(Pool);
        }
    }

    /// <summary>The kernel has something for us: data, the end or an error. The loop's thread only.</summary>
    public void SetReadable() => Interlocked.Or(ref _state, Readable);

    /// <summary>
    /// Whether the reader waits for the first byte of a request, and the kernel has said nothing since that there is one. The loop's thread only.
    /// </summary>
    public bool IsBetweenRequests => Volatile.Read(ref _state) == Waiting && _blocks.IsEmpty && !HasNews() && Capture is { IsAtStart: true };

    /// <summary>The reader waits for nothing any more: it is to think that the client has ended. The loop's thread only; its code runs inside.</summary>
    public void EndForSleep()
    {
        _endOfStream = true;
        Interlocked.Or(ref _state, Ended);
        EndWait();
    }

    /// <summary>No more will come, for a reason. The loop's thread only.</summary>
    public void Fail(Exception error)
    {
        if (_error is null)
        {
            _error = error;
            Interlocked.Or(ref _state, Ended);
        }
    }

    /// <summary>Ends the reader's wait if there is a reason to. The loop's thread only; the reader's code may run inside.</summary>
    public void Pump()
    {
        _receives = 0;
        if ((Volatile.Read(ref _state) & Waiting) == 0)
        {
            return;
        }

        do
        {
            if (!HasNews())
            {
                if ((Volatile.Read(ref _state) & Readable) == 0)
                {
                    return;
                }

                if (_receives++ == ReceivesPerTurn)
                {
                    // All of them were answered quickly; others want their turn.
                    _connection.Ask(ConnectionWork.Read);
                    return;
                }

                Receive();
                if (!HasNews())
                {
                    return;
                }
            }
        }
        while (Capture is { Answers: { } answers } capture && TryAnswer(capture, answers));

        EndWait();
    }

    /// <summary>
    /// Lends memory for a receive if the reader waits for nothing but data. <see cref="OnReceived"/> must follow. The loop's thread only.
    /// </summary>
    /// <param name="hasInput">Whether the kernel has said that there is data, and nothing else of weight.</param>
    /// <param name="target">The memory; it stays where it is.</param>
    /// <param name="room">Its size.</param>
    public unsafe bool TryPrepare(bool hasInput, out byte* target, out int room)
    {
        if (hasInput && !_connection.IsClosed && (Volatile.Read(ref _state) & (Waiting | Readable)) == Waiting && !HasNews())
        {
            return _blocks.TryPrepare(Pool, out target, out room);
        }

        target = null;
        room = 0;
        return false;
    }

    /// <summary>Takes what a prepared receive has returned; <see cref="Pump"/> then ends the wait. The loop's thread only.</summary>
    public unsafe void OnReceived(int received)
    {
        Block block = _blocks.TakePrepared(out bool isFresh);
        if (!_connection.IsClosed)
        {
            if (received == IoUring.NotDone || received == -LoopSyscalls.EIntr)
            {
                received = LoopSyscalls.ReceiveNow(_connection.Descriptor, block.Address + block.End, block.Room);
            }

            Take(block, isFresh, received);
        }
        else if (isFresh)
        {
            // Closed by what happened to another connection in the same tick.
            Pool.Return(block);
        }
    }

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token)
    {
        _waiter.GetResult(token);
        if (!TryTake(out ReadResult result))
        {
            throw new InvalidOperationException("The wait for input ended without a reason.");
        }

        return result;
    }

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _waiter.GetStatus(token);

    // The wait begins only now that there is a continuation to run: it then runs on the loop's thread without fail. Had the loop
    // ended the wait before, a reader on another thread would have gone on there, and the whole request with it.
    void IValueTaskSource<ReadResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        _waiter.OnCompleted(continuation, state, token, flags);
        _connection.OnReaderWaits(state);
        CancellationToken cancellationToken = _token;
        int before = Interlocked.Or(ref _state, Waiting);
        _connection.EnsureRegistered();

        // What happened before the bit was set the loop did not take for ours; what happens after it, it does.
        if ((before & (Readable | CancelAsked | Ended)) != 0 || cancellationToken.IsCancellationRequested)
        {
            _connection.Ask(ConnectionWork.Read);
        }
    }

    private ValueTask<ReadResult> WaitAsync(CancellationToken cancellationToken)
    {
        _waiter.Reset();
        _waiter.RunContinuationsAsynchronously = !_connection.RunInline;
        if (cancellationToken.CanBeCanceled)
        {
            _token = cancellationToken;
            _registration = cancellationToken.UnsafeRegister(static state => ((LoopInput)state!)._connection.Ask(ConnectionWork.Read), this);
        }

        return new ValueTask<ReadResult>(this, _waiter.Version);
    }

    // Whether all that has come is answered, without the reader.
    private bool TryAnswer(HeadCapture capture, IQuickAnswers answers)
    {
        if (_endOfStream || _error is not null || (Volatile.Read(ref _state) & (CancelAsked | Ended)) != 0 || _token.CanBeCanceled
            || Environment.TickCount64 - _wokenAt > answers.LongestSilence)
        {
            return false;
        }

        LoopOutput output = _connection.LoopOutput;
        while (!_blocks.IsEmpty)
        {
            if (!output.IsIdle)
            {
                return false;
            }

            ReadOnlySequence<byte> sequence = _blocks.Sequence;
            long count;
            try
            {
                count = capture.TryAnswer(sequence, output);
            }
            catch (BadHttpRequestException e)
            {
                _fault = e;
                return false;
            }

            if (count == 0)
            {
                return false;
            }

            _ = _blocks.Consume(sequence.GetPosition(count), Pool);
            output.Push();
        }

        _examined = true;
        return true;
    }

    private bool HasNews() => !_examined || _endOfStream || _error is not null || (Volatile.Read(ref _state) & CancelAsked) != 0
        || _token.IsCancellationRequested;

    private void EndWait()
    {
        _wokenAt = Environment.TickCount64;
        bool canceled = _token.IsCancellationRequested && _examined && !_endOfStream && _error is null;
        CancellationToken token = _token;
        if (_token.CanBeCanceled)
        {
            _registration.Unregister();
            _registration = default;
            _token = default;
        }

        Interlocked.And(ref _state, ~Waiting);
        if (canceled)
        {
            _waiter.SetException(new OperationCanceledException(token));
        }
        else
        {
            _waiter.SetResult(true);
        }
    }

    // The reader's side: what can be had without the kernel.
    private bool TryTake(out ReadResult result)
    {
        int state = Volatile.Read(ref _state);
        bool canceled = (state & CancelAsked) != 0;
        if (canceled)
        {
            Interlocked.And(ref _state, ~CancelAsked);
            if (_examined && !_endOfStream && _error is null && _connection.Loop.IsCurrent)
            {
                // Kestrel ends an idle connection by this: a request that has arrived and was not received yet is to be answered first.
                Receive();
            }
        }
        else if ((state & Ended) != 0 && _error is { } error)
        {
            throw error;
        }
        else if (_examined && !_endOfStream)
        {
            result = default;
            return false;
        }

        if (_fault is { } fault)
        {
            _fault = null;
            throw fault;
        }

        ReadOnlySequence<byte> sequence = _blocks.Sequence;
        Capture?.Look(sequence);
        result = new ReadResult(sequence, canceled, _endOfStream);
        return true;
    }

    private unsafe void Receive()
    {
        if (_connection.IsClosed)
        {
            Fail(new ConnectionAbortedException("The connection is closed."));
            return;
        }

        Block block = _blocks.RoomFor(Pool, out bool isFresh);
        int received;
        fixed (byte* target = &block.Bytes[block.End])
        {
            received = LoopSyscalls.ReceiveNow(_connection.Descriptor, target, block.Room);
        }

        Take(block, isFresh, received);
    }

    private void Take(Block block, bool isFresh, int received)
    {
        if (received > 0)
        {
            _examined = false;
        }

        if (!_blocks.Add(block, isFresh, received, Pool))
        {
            OnDrained(received);
        }
    }

    private void OnDrained(int received)
    {
        if (received == 0)
        {
            _endOfStream = true;
            Interlocked.Or(ref _state, Ended);
        }
        else if (received == -LoopSyscalls.EAgain || (received > 0 && !_connection.PeerFinished))
        {
            // A short read of a stream means that it is empty, and what comes later is an edge again. Only the end announces itself
            // with the edge of the data before it, so it has to be asked for.
            Interlocked.And(ref _state, ~Readable);
        }
        else if (received < 0)
        {
            _connection.OnError();
        }
    }
}
