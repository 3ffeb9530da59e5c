using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using Microsoft.AspNetCore.Connections;
using Microsoft.Win32.SafeHandles;

namespace Hydra.Transport;

/// <summary>
/// What the client gets. A flush sends at once, on whatever thread it is called, and is complete when the kernel took everything; else
/// it waits until the kernel has taken the rest, and that is the back-pressure. On the loop's thread small flushes are only collected:
/// the loop sends those of all connections in one call before its tick ends, or, where it has no <see cref="IoUring"/>, those of one
/// connection when its reader has come to rest, so pipelined requests share a send.
/// </summary>
/// <remarks>
/// One writer at a time, on any thread; CancelPendingFlush from any thread. The object is its own lock, which saves each idle connection
/// 40 bytes and each request 0.1 µs against a <see cref="Lock"/>. It guards everything but
/// what <see cref="SendQueue"/> excepts. Waits end on the loop's thread, never under the lock.
/// </remarks>
internal sealed class LoopOutput : PipeWriter, IValueTaskSource<FlushResult>, IFileOutput
{
    // Collected at most this much; beyond it flushes send.
    private const int CollectLimit = 32 * 1024;

    private SendQueue _queue;
    private FlushWait _wait;

    /// <summary>Makes the output of a connection.</summary>
    public LoopOutput(LoopConnection connection) => Connection = connection;

    /// <summary>The connection whose client gets the bytes.</summary>
    public LoopConnection Connection { get; }

    /// <summary>Whether the kernel has to say first that it takes bytes again. Any thread.</summary>
    public bool IsBlocked => _queue.IsBlocked;

    /// <summary>How many flushed bytes have not been sent yet. The loop's thread only.</summary>
    public long Unsent
    {
        get
        {
            lock (this)
            {
                return _queue.Unsent;
            }
        }
    }

    /// <summary>
    /// The kernel takes no more: the loop is to hear when it does, and somebody to look whether the client takes any. Any thread.
    /// </summary>
    public void OnBlocked()
    {
        Connection.EnsureRegistered();
        if (!Connection.IsSendWatched && Connection.Options.SendTimeout > TimeSpan.Zero)
        {
            Connection.Ask(ConnectionWork.WatchSend);
        }
    }

    /// <summary>Whether flushed bytes have not been sent yet.</summary>
    public bool HasUnsent => _queue.HasUnsent;

    /// <summary>Whether there is nothing to send and nobody who waits for that. The loop's thread only.</summary>
    public bool IsAtRest
    {
        get
        {
            lock (this)
            {
                return _queue.IsAtRest && !_wait.IsWaiting;
            }
        }
    }

    /// <inheritdoc/>
    public override bool CanGetUnflushedBytes => true;

    /// <inheritdoc/>
    public override long UnflushedBytes => _queue.Unflushed;

    private BlockPool Pool => Connection.Loop.Blocks;

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        Block tail = Lease(sizeHint);
        return tail.Bytes.AsMemory(tail.End);
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0)
    {
        Block tail = Lease(sizeHint);
        return tail.Bytes.AsSpan(tail.End);
    }

    /// <inheritdoc/>
    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)bytes, (uint)(_queue.Tail?.Room ?? 0), nameof(bytes));
        if (bytes > 0)
        {
            _queue.Advance(bytes);
        }
    }

    /// <inheritdoc/>
    public void BeginFile(SafeFileHandle file, long offset) => _queue.BeginFile(file, offset);

    /// <inheritdoc/>
    public void EndFile() => _queue.EndFile();

    /// <inheritdoc/>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        }

        short version;
        lock (this)
        {
            _queue.Commit(Pool);
            if (_queue.CanSend && (_queue.Unsent > CollectLimit || !TryCollect()))
            {
                Send();
            }

            if (_queue.IsDead || _queue.IsCompleted || _wait.IsCancelAsked || !_queue.IsBlocked)
            {
                return new ValueTask<FlushResult>(TakeResult());
            }

            version = _wait.Begin(Connection.RunInline);
        }

        OnBlocked();
        if (cancellationToken.CanBeCanceled)
        {
            Watch(version, cancellationToken);
        }

        return new ValueTask<FlushResult>(this, version);
    }

    /// <summary>Whether an answer could be written that nobody waits for: the kernel takes bytes, and not many are left. The loop's thread only, and while nobody writes.</summary>
    public bool IsIdle => _queue.IsTaking && _queue.Unsent <= CollectLimit && !_wait.IsWaiting;

    /// <summary>Sends what was written, as a flush does, and waits for nothing. The loop's thread only.</summary>
    public void Push()
    {
        lock (this)
        {
            _queue.Commit(Pool);
            if (_queue.Unsent <= CollectLimit && TryCollect())
            {
                return;
            }
        }

        SendNow();
    }

    /// <inheritdoc/>
    public override void CancelPendingFlush()
    {
        lock (this)
        {
            if (!_wait.AskCancel())
            {
                return;
            }
        }

        Connection.Ask(ConnectionWork.Flush);
    }

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null)
    {
        if (!Finish())
        {
            return;
        }

        if (exception is null)
        {
            Connection.Ask(ConnectionWork.EndOutput);
        }
        else
        {
            Connection.Abort(new ConnectionAbortedException(exception.Message, exception));
        }
    }

    /// <summary>Takes no more from the writer; what it has written is still sent.</summary>
    /// <returns>False when that was so already.</returns>
    public bool Finish()
    {
        lock (this)
        {
            return _queue.TryComplete(Pool);
        }
    }

    /// <summary>The loop goes into the reader's code: what is flushed there may wait for <see cref="EndCollecting"/>. The loop's thread only.</summary>
    public void BeginCollecting() => _queue.BeginCollecting();

    /// <summary>The reader has come to rest: sends what was collected. The loop's thread only.</summary>
    public void EndCollecting()
    {
        if (_queue.EndCollecting())
        {
            SendNow();
        }
    }

    /// <summary>Sends what was collected, or what is left when the connection is to close. The loop's thread only.</summary>
    public void SendNow()
    {
        lock (this)
        {
            if (_queue.CanSend)
            {
                Send();
            }
        }

        if (_queue.IsBlocked)
        {
            OnBlocked();
        }
    }

    /// <summary>The kernel takes bytes again. The loop's thread only; the writer's code may run inside.</summary>
    public void OnWritable()
    {
        if (!_queue.IsBlocked)
        {
            return;
        }

        lock (this)
        {
            if (_queue.IsBlocked)
            {
                Send();
            }
        }

        Pump();
    }

    /// <summary>Ends the writer's wait if there is a reason to. The loop's thread only; the writer's code may run inside.</summary>
    public void Pump()
    {
        FlushResult result;
        CancellationToken cancelled;
        lock (this)
        {
            bool hasReason = !_queue.IsBlocked || _queue.IsDead || _wait.IsCancelAsked;
            if (!_wait.IsWaiting || (!hasReason && !_wait.IsCancelled))
            {
                return;
            }

            CancellationToken token = _wait.End();
            cancelled = hasReason ? default : token;
            result = TakeResult();
        }

        _wait.Complete(result, cancelled);
    }

    /// <summary>Nothing is sent any more, from now on and on any thread: the descriptor may be closed. The loop's thread only.</summary>
    public void Kill()
    {
        lock (this)
        {
            _queue.Die(Pool);
        }
    }

    /// <summary>Has the loop watch the connection, unless its descriptor may be closed by now. Any thread.</summary>
    /// <returns>0, or the negative of errno.</returns>
    public int RegisterUnlessDead()
    {
        lock (this)
        {
            return _queue.IsDead ? 0 : Connection.Loop.TryRegister(Connection);
        }
    }

    /// <summary>
    /// Lets flushes be complete at once from now on: the connection is being aborted. What was flushed before and only collected is sent
    /// first: its writer was told that it is on its way. Any thread.
    /// </summary>
    public void Refuse()
    {
        lock (this)
        {
            if (_queue.CanSend && !_queue.IsDead)
            {
                Send();
            }

            _queue.Refuse();
        }
    }

    /// <summary>Notes that the loop is going to send. Called under the lock.</summary>
    /// <returns>False when that was so already.</returns>
    public bool Queue() => _queue.TryEnqueue();

    /// <summary>
    /// Lends what is to be sent, if one send can take it; <see cref="EndSend"/> must follow. Else sends it. The loop's thread only.
    /// </summary>
    /// <param name="data">The bytes; they stay where they are.</param>
    /// <param name="length">How many.</param>
    /// <param name="outcome">What came of it, where it has been sent.</param>
    public unsafe bool TryBeginSend(out byte* data, out int length, out SendOutcome outcome)
    {
        lock (this)
        {
            if (_queue.TryBeginCall(out data, out length))
            {
                outcome = default;
                return true;
            }
        }

        outcome = SendQueued();
        return false;
    }

    /// <summary>Sends what was left to the loop. The loop's thread only.</summary>
    public SendOutcome SendQueued()
    {
        lock (this)
        {
            _queue.Dequeue();
            if (_queue.CanSend)
            {
                Send();
            }

            return Outcome();
        }
    }

    /// <summary>Takes what the loop's call returned. The loop's thread only.</summary>
    /// <param name="sent">A number of bytes, the negative of errno, or <see cref="IoUring.NotDone"/>.</param>
    public SendOutcome EndSend(int sent)
    {
        lock (this)
        {
            ReportError(_queue.EndCall(sent, Connection.Descriptor, Pool));
            return Outcome();
        }
    }

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token) => _wait.Source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _wait.Source.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _wait.Source.OnCompleted(continuation, state, token, flags);

    private Block Lease(int sizeHint)
    {
        lock (this)
        {
            return _queue.Lease(sizeHint, Pool);
        }
    }

    // Whether a flush may leave its bytes to the loop, which sends them together with those of other connections, or is running the
    // reader of this very one. Under the lock.
    private bool TryCollect() => Connection.Loop.IsCurrent && (Connection.Loop.TrySendLater(this) || _queue.TryCollect());

    // Under the lock.
    private void Send() => ReportError(_queue.Send(Connection.Descriptor, Pool));

    private void ReportError(int errno)
    {
        if (errno != 0)
        {
            Connection.OnError();
        }
    }

    private SendOutcome Outcome() => new(_wait.IsWaiting || _queue.IsBlocked || _queue.IsCompleted, _queue.IsBlocked);

    private FlushResult TakeResult() => new(_wait.TakeCancel(), _queue.IsDead || _queue.IsCompleted);

    private void Watch(short version, CancellationToken cancellationToken)
    {
        CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static state => ((LoopOutput)state!).Connection.Ask(ConnectionWork.Flush), this);
        lock (this)
        {
            if (_wait.TryKeep(version, registration, cancellationToken))
            {
                registration = default;
            }
        }

        registration.Unregister();
        if (cancellationToken.IsCancellationRequested)
        {
            // It may have been cancelled before the field was set.
            Connection.Ask(ConnectionWork.Flush);
        }
    }
}
