using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

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
internal sealed partial class LoopInput : PipeReader, IValueTaskSource<ReadResult>
{
    // Bits of _state.
    private const int Waiting = 1;
    private const int Readable = 2;
    private const int CancelAsked = 4;
    private const int Ended = 8;

    // A sender that is faster than its reader may fill this many blocks before the other connections of the loop get their turn.
    private const int ReceivesPerTurn = 16;

    // Less room than this is not worth a system call.
    private const int LeastRoom = 512;

    private readonly LoopConnection _connection;
    private int _state;

    // The bytes not consumed, from _head.Start to _tail.End.
    private Block? _head;
    private Block? _tail;
    private bool _examined = true;
    private bool _endOfStream;
    private bool _completed;
    private bool _bulk;
    private int _receives;
    private Exception? _error;

    private ManualResetValueTaskSourceCore<bool> _waiter;
    private CancellationToken _token;
    private CancellationTokenRegistration _registration;

    /// <summary>Makes the input of a connection.</summary>
    public LoopInput(LoopConnection connection) => _connection = connection;

    /// <summary>Gets what the reader consumes.</summary>
    public HeadCapture? Capture { get; set; }

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

        if ((Volatile.Read(ref _state) & Readable) == 0 || !_connection.Loop.IsCurrent || ++_receives > ReceivesPerTurn)
        {
            return false;
        }

        Receive();
        return TryTake(out result);
    }

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        // The positions of an empty buffer name no block.
        _examined = _head is null || (examined.GetObject() == _tail && examined.GetInteger() == _tail!.End);
        if (_head is not null && consumed.GetObject() is Block block)
        {
            Consume(block, consumed.GetInteger());
        }
    }

    /// <inheritdoc/>
    public override void CancelPendingRead()
    {
        if ((Interlocked.Or(ref _state, CancelAsked) & Waiting) != 0)
        {
            _connection.Ask(LoopConnection.Work.Read);
        }
    }

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null)
    {
        _completed = true;
        if ((Volatile.Read(ref _state) & Waiting) == 0)
        {
            ReturnBlocks(until: null);
        }
    }

    /// <summary>The kernel has something for us: data, the end or an error. The loop's thread only.</summary>
    public void SetReadable() => Interlocked.Or(ref _state, Readable);

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

        if (!HasNews())
        {
            if ((Volatile.Read(ref _state) & Readable) == 0)
            {
                return;
            }

            Receive();
            if (!HasNews())
            {
                return;
            }
        }

        EndWait();
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
        _connection.Reader = state;
        CancellationToken cancellationToken = _token;
        int before = Interlocked.Or(ref _state, Waiting);
        _connection.EnsureRegistered();

        // What happened before the bit was set the loop did not take for ours; what happens after it, it does.
        if ((before & (Readable | CancelAsked | Ended)) != 0 || cancellationToken.IsCancellationRequested)
        {
            _connection.Ask(LoopConnection.Work.Read);
        }
    }

    private ValueTask<ReadResult> WaitAsync(CancellationToken cancellationToken)
    {
        _waiter.Reset();
        _waiter.RunContinuationsAsynchronously = !_connection.RunInline;
        if (cancellationToken.CanBeCanceled)
        {
            _token = cancellationToken;
            _registration = cancellationToken.UnsafeRegister(static state => ((LoopInput)state!)._connection.Ask(LoopConnection.Work.Read), this);
        }

        return new ValueTask<ReadResult>(this, _waiter.Version);
    }

    private bool HasNews() => !_examined || _endOfStream || _error is not null || (Volatile.Read(ref _state) & CancelAsked) != 0
        || _token.IsCancellationRequested;

    private void EndWait()
    {
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

        ReadOnlySequence<byte> buffer = _head is null ? default : new ReadOnlySequence<byte>(_head, _head.Start, _tail!, _tail!.End);
        result = new ReadResult(buffer, canceled, _endOfStream);
        return true;
    }
}
