using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Net;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace Hydra.Transport;

/// <summary>
/// A client's connection: the descriptor, its two directions and how it ends. Receiving and closing happen on the loop's thread
/// only; sending on any (<see cref="LoopOutput"/> has the lock that keeps it apart from closing). Whatever another thread wants
/// otherwise it asks for: <see cref="Ask"/> collects the wishes in one word and posts the connection to its loop.
/// </summary>
internal sealed partial class LoopConnection : ConnectionContext, IDuplexPipe, ILoopSource, ILoopTimer, IThreadPoolWorkItem
{
    private readonly EventLoopGroup _group;
    private readonly LoopInput _input;
    private readonly LoopOutput _output;

    // Bits of Work that the loop has yet to do.
    private int _asked;
    private int _registered;
    private ConnectionAbortedException? _abortReason;

    // The rest belongs to the loop's thread.
    private bool _collecting;
    private bool _collected;
    private bool _graceStarted;
    private bool _disposing;
    private bool _outputEnds;
    private bool _closed;
    private TaskCompletionSource? _disposed;

    /// <summary>Takes over a connected, non-blocking socket. The loop watches it from the first read on.</summary>
    public LoopConnection(EventLoop loop, EventLoopGroup group, int descriptor, EndPoint? local, EndPoint? remote)
    {
        Loop = loop;
        Descriptor = descriptor;
        _group = group;
        _input = new LoopInput(this);
        _output = new LoopOutput(this);
        LocalEndPoint = local;
        RemoteEndPoint = remote;
        loop.CountConnection(1);
    }

    /// <summary>What can be asked of the loop.</summary>
    [Flags]
    internal enum Work
    {
        /// <summary>See whether the reader can go on.</summary>
        Read = 1,

        /// <summary>See whether the writer can go on.</summary>
        Flush = 2,

        /// <summary>Send what is left, then let the client see the end.</summary>
        EndOutput = 4,

        /// <summary>The kernel said that the connection is broken.</summary>
        Broken = 8,

        /// <summary>Close at once.</summary>
        Abort = 16,

        /// <summary>Send what is left, then close.</summary>
        Dispose = 32,
    }

    /// <summary>The loop that this connection lives on.</summary>
    public EventLoop Loop { get; }

    /// <inheritdoc/>
    public int Descriptor { get; }

    /// <inheritdoc/>
    public uint Generation { get; set; }

    /// <summary>
    /// Whether waits end with their code running on the loop's thread. Set it to false around what computes for long, such as a TLS
    /// handshake: waits then end on the thread pool. Any thread; it counts for waits that begin afterwards.
    /// </summary>
    public bool RunInline { get; set; } = true;

    /// <summary>Whether the client has shut down its sending side. The loop's thread only.</summary>
    public bool PeerFinished { get; private set; }

    /// <summary>Whether the descriptor is closed. The loop's thread only.</summary>
    public bool IsClosed => _closed;

    PipeReader IDuplexPipe.Input => _input;

    PipeWriter IDuplexPipe.Output => _output;

    /// <summary>Asks the loop for something. Any thread; returns at once.</summary>
    public void Ask(Work work)
    {
        if (Interlocked.Or(ref _asked, (int)work) == 0)
        {
            Loop.Post(this);
        }
    }

    /// <inheritdoc/>
    public override void Abort(ConnectionAbortedException? abortReason)
    {
        // Kestrel passes null when the client has ended the connection in order; then it is closed without a reset.
        ConnectionAbortedException reason = abortReason ?? InOrder;
        if (Interlocked.CompareExchange(ref _abortReason, reason, null) is null)
        {
            _output.Refuse();
            Ask(Work.Abort);
        }
    }

    /// <inheritdoc/>
    public override void Abort() => Abort(new ConnectionAbortedException("The application aborted the connection."));

    /// <inheritdoc/>
    [SuppressMessage("Usage", "CA2215:Dispose methods should call base class dispose", Justification = "The base does nothing.")]
    public override ValueTask DisposeAsync()
    {
        _input.Complete();
        _output.Finish();
        if (Loop.IsCurrent)
        {
            BeginDispose();
            if (_closed)
            {
                return default;
            }
        }

        var disposed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource first = Interlocked.CompareExchange(ref _disposed, disposed, null) ?? disposed;
        Ask(Work.Dispose);
        return new ValueTask(first.Task);
    }

    /// <summary>Has the loop watch this connection from now on. Any thread.</summary>
    public void EnsureRegistered()
    {
        // The reader and the writer may come here at the same time.
        if (Volatile.Read(ref _registered) != 0 || Interlocked.Exchange(ref _registered, 1) != 0)
        {
            return;
        }

        int result = _output.RegisterUnlessDead();
        if (result < 0)
        {
            Abort(new ConnectionAbortedException($"epoll_ctl: {Marshal.GetPInvokeErrorMessage(-result)}"));
        }
    }

    /// <summary>
    /// Whether a flush may leave its bytes to the loop, which sends them together with those of other connections, or is running the
    /// reader of this very one. Called under the output's lock.
    /// </summary>
    public bool TryCollect()
    {
        if (!Loop.IsCurrent)
        {
            return false;
        }

        if (Loop.TrySendLater(_output))
        {
            return true;
        }

        _collected |= _collecting;
        return _collecting;
    }

    /// <summary>Lends memory for a receive if that is all that the events can lead to. <see cref="OnReceived"/> must follow. The loop's thread only.</summary>
    public unsafe bool TryPrepareReceive(int events, out byte* target, out int room)
    {
        target = null;
        room = 0;
        return (events & (Libc.EpollIn | Libc.EpollErr | Libc.EpollHup)) == Libc.EpollIn && !_closed && _input.TryPrepare(out target, out room);
    }

    /// <summary>Handles events whose receive was prepared and has returned. The loop's thread only.</summary>
    public void OnReceived(int events, int received)
    {
        OnWritable(events);
        PeerFinished |= (events & Libc.EpollRdHup) != 0;
        _input.SetReadable();
        _input.OnReceived(received);
        if (!_closed)
        {
            PumpInput();
            StartGrace();
        }
    }

    /// <summary>The loop has sent, or tried to. The loop's thread only; the writer's code may run inside.</summary>
    public void OnSent(bool isBlocked)
    {
        if (isBlocked)
        {
            EnsureRegistered();
        }

        _output.Pump();
        FinishOutput();
    }

    /// <summary>A receive failed. The loop's thread only.</summary>
    public void OnReceiveError(int errno) => Ask(Work.Broken);

    /// <summary>A send failed. Any thread, and under a lock: it only asks.</summary>
    public void OnSendError(int errno) => Ask(Work.Broken);

    void ILoopSource.OnEvents(int events)
    {
        if ((events & Libc.EpollErr) != 0)
        {
            Fail(new ConnectionResetException("The client reset the connection."));
            return;
        }

        if ((events & Libc.EpollHup) != 0)
        {
            OnHangUp();
        }

        OnWritable(events);
        if ((events & (Libc.EpollIn | Libc.EpollRdHup | Libc.EpollHup)) != 0 && !_closed)
        {
            PeerFinished |= (events & (Libc.EpollRdHup | Libc.EpollHup)) != 0;
            _input.SetReadable();
            PumpInput();
            StartGrace();
        }
    }

    void ILoopSource.OnFault(Exception exception) => Fail(new ConnectionAbortedException("A callback failed.", exception), reset: true);

    void ILoopTimer.OnTimer()
    {
        if (!_closed)
        {
            // The grace after the client's end is over; Kestrel then aborts the request.
            FireClosed();
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        var asked = (Work)Interlocked.Exchange(ref _asked, 0);
        if ((asked & Work.Broken) != 0)
        {
            Fail(new ConnectionResetException("The client reset the connection."));
        }

        if ((asked & Work.Abort) != 0)
        {
            FailAborted();
        }

        if ((asked & Work.Flush) != 0)
        {
            _output.Pump();
        }

        if ((asked & Work.Read) != 0)
        {
            PumpInput();
        }

        if ((asked & Work.EndOutput) != 0)
        {
            EndOutput();
        }

        if ((asked & Work.Dispose) != 0)
        {
            BeginDispose();
        }
    }

    private void OnWritable(int events)
    {
        if ((events & Libc.EpollOut) != 0)
        {
            _output.OnWritable();
            FinishOutput();
        }
    }

    private void PumpInput()
    {
        _collecting = true;
        _input.Pump();
        _collecting = false;
        if (_collected)
        {
            _collected = false;
            _output.SendNow();
        }
    }

    // Both directions are shut: only what had arrived before can still be read.
    private void OnHangUp()
    {
        PeerFinished = true;
        _output.Kill();
        _output.Pump();
        FinishOutput();
        FireClosed();
    }

    private void StartGrace()
    {
        if (!PeerFinished || _graceStarted || _closed || _disposing)
        {
            return;
        }

        _graceStarted = true;
        if (_group.Options.HalfCloseGrace <= TimeSpan.Zero)
        {
            FireClosed();
        }
        else
        {
            Loop.After(_group.Options.HalfCloseGrace, this);
        }
    }
}
