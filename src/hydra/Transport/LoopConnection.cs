using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Net;
using System.Runtime.InteropServices;
using Hydra.Primitives;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging;

namespace Hydra.Transport;

/// <summary>
/// A client's connection: the descriptor, its two directions and how it ends. Receiving and closing happen on the loop's thread
/// only; sending on any (<see cref="LoopOutput"/> has the lock that keeps it apart from closing). Whatever another thread wants
/// otherwise it asks for: <see cref="Ask"/> collects the wishes in one word and posts the connection to its loop.
/// </summary>
internal sealed class LoopConnection : ServedConnection, ILoopSource, ILoopTimer, IThreadPoolWorkItem
{
    private readonly LoopInput _input;
    private readonly LoopOutput _output;
    private WatchedDescriptor _descriptor;
    private AbortReason _abort;
    private ReaderHint _reader;
    private TaskCompletionSource? _disposed;

    // Bits of ConnectionWork that the loop has yet to do.
    private int _asked;

    // Only the loop's thread changes these.
    private ConnectionEnding _ending;
    private IdleWatch _idle;

    /// <summary>Takes over a connected, non-blocking socket. The loop watches it from the first read on.</summary>
    public LoopConnection(
        EventLoop loop, EventLoopGroup group, int descriptor, EndPoint? local, EndPoint? remote, LoopListener? listener = null)
    {
        _descriptor = new WatchedDescriptor(descriptor, loop, group);
        Listener = listener;
        _input = new LoopInput(this);
        _output = new LoopOutput(this);
        LocalEndPoint = local;
        RemoteEndPoint = remote;
        loop.CountConnection(1);
    }

    /// <inheritdoc/>
    public override EventLoop Loop => _descriptor.Loop;

    /// <summary>The listener that it came from, and goes back to after a sleep; null: it never sleeps.</summary>
    public LoopListener? Listener { get; }

    /// <inheritdoc/>
    public int Descriptor => _descriptor.Number;

    /// <inheritdoc/>
    public uint Generation { get; set; }

    /// <inheritdoc/>
    public override PipeReader Input => _input;

    /// <inheritdoc/>
    public override PipeWriter Output => _output;

    /// <summary>The same, as the loop has it.</summary>
    public LoopOutput LoopOutput => _output;

    /// <inheritdoc/>
    public override HeadCapture? Capture
    {
        get => _input.Capture;
        set => _input.Capture = value;
    }

    /// <inheritdoc/>
    public override MemoryPool<byte> MemoryPool => _descriptor.Group.MemoryPool;

    /// <summary>Whether the client has shut down its sending side. The loop's thread only.</summary>
    public bool PeerFinished => _ending.PeerFinished;

    /// <summary>Whether the descriptor is closed, or another's. The loop's thread only.</summary>
    public bool IsClosed => _ending.IsClosed;

    /// <summary>How the transport is to behave.</summary>
    public TransportOptions Options => _descriptor.Group.Options;

    private ILogger Logger => _descriptor.Group.Logger;

    /// <summary>Asks the loop for something. Any thread; returns at once.</summary>
    public void Ask(ConnectionWork work)
    {
        if (Interlocked.Or(ref _asked, (int)work) == 0)
        {
            Loop.Post(this);
        }
    }

    /// <inheritdoc/>
    public override void Abort(ConnectionAbortedException? abortReason)
    {
        // Kestrel gives no reason when the client has ended, which is what one that falls asleep is said to have done.
        if ((abortReason is not null || !_idle.IsFallingAsleep) && _abort.TrySet(abortReason))
        {
            _output.Refuse();
            Ask(ConnectionWork.Abort);
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
            if (IsClosed)
            {
                return default;
            }
        }

        var disposed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource first = Interlocked.CompareExchange(ref _disposed, disposed, null) ?? disposed;
        Ask(ConnectionWork.Dispose);
        return new ValueTask(first.Task);
    }

    /// <summary>The listener hands the connection to Kestrel.</summary>
    public void Arrive() => _descriptor.BeginArrival();

    /// <summary>Has the loop watch this connection from now on. Any thread.</summary>
    public void EnsureRegistered()
    {
        if (_descriptor.TryBeginWatch() && _output.RegisterUnlessDead() is < 0 and int result)
        {
            Abort(new ConnectionAbortedException($"epoll_ctl: {Marshal.GetPInvokeErrorMessage(-result)}"));
        }
    }

    /// <summary>The client takes nothing. The loop's thread only.</summary>
    public void OnSendStalled() => Fail(new ConnectionAbortedException("The client takes nothing of what it is sent."), reset: true);

    /// <summary>Lends memory for a receive if that is all that the events can lead to. <see cref="OnReceived"/> must follow. The loop's thread only.</summary>
    public unsafe bool TryPrepareReceive(LoopEvents events, out byte* target, out int room)
        => _input.TryPrepare(events.IsInput, out target, out room);

    /// <summary>Handles events whose receive was prepared and has returned. The loop's thread only.</summary>
    public void OnReceived(LoopEvents events, int received)
    {
        _idle.OnEvent();
        OnWritable(events);
        _ending.OnPeer(events.IsPeerFinished);
        _input.SetReadable();
        _input.OnReceived(received);
        if (!IsClosed)
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
            _output.OnBlocked();
        }

        _output.Pump();
        FinishOutput();
    }

    /// <summary>A receive or a send failed. Any thread, and under a lock: it only asks.</summary>
    public void OnError() => Ask(ConnectionWork.Broken);

    /// <summary>The reader waits; this is the state of its code. Whoever reads.</summary>
    public void OnReaderWaits(object? state) => _reader.Set(state);

    /// <summary>An event of this connection will be handled after the next one: what is read first should be at hand. The loop's thread only.</summary>
    public void FetchSelf() => CacheHint.Fetch(this, 0, 192);

    /// <summary>An event of this connection will be handled next: what its request uses should be at hand. The loop's thread only.</summary>
    public void FetchRequest() => _reader.Fetch(_input, _output);

    /// <summary>
    /// Falls asleep when it waits for a request of which nothing has come, and has done so for some looks of the <see cref="Hibernator"/>. Kestrel
    /// is told that the client has ended, finds nothing left to do, and disposes the connection. The loop's thread only.
    /// </summary>
    /// <returns>Whether it does.</returns>
    public bool FallAsleepIfIdle()
    {
        if (!_idle.Look() || Listener is not { IsClosing: false } || !RunInline || !_ending.IsOpen || _abort.IsSet || !_descriptor.IsWatched
            || Volatile.Read(ref _asked) != 0 || !_input.IsBetweenRequests || !_output.IsAtRest)
        {
            return false;
        }

        _idle.FallAsleep();
        Loop.Hibernator.OnFallingAsleep(this);
        _input.EndForSleep();
        return true;
    }

    void ILoopSource.OnEvents(LoopEvents events)
    {
        _idle.OnEvent();
        if (events.IsError)
        {
            Fail(new ConnectionResetException("The client reset the connection."));
            return;
        }

        if (events.IsHangUp)
        {
            OnHangUp();
        }

        OnWritable(events);
        if (events.IsReadable && !IsClosed)
        {
            _ending.OnPeer(events.IsPeerFinished);
            _input.SetReadable();
            PumpInput();
            StartGrace();
        }
    }

    void ILoopSource.OnFault(Exception exception) => Fail(new ConnectionAbortedException("A callback failed.", exception), reset: true);

    void ILoopTimer.OnTimer()
    {
        if (!IsClosed)
        {
            EndGrace(Logger);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        var asked = (ConnectionWork)Interlocked.Exchange(ref _asked, 0);
        if ((asked & ConnectionWork.Broken) != 0)
        {
            Fail(new ConnectionResetException("The client reset the connection."));
        }

        if ((asked & ConnectionWork.Abort) != 0)
        {
            FailAborted();
        }

        if ((asked & ConnectionWork.Flush) != 0)
        {
            _output.Pump();
        }

        if ((asked & ConnectionWork.Read) != 0)
        {
            PumpInput();
        }

        // Kestrel ends its output before it disposes the connection, also one that falls asleep.
        if ((asked & ConnectionWork.EndOutput) != 0 && !_idle.IsFallingAsleep)
        {
            _ending.OnOutputEnds();
            _output.SendNow();
            FinishOutput();
        }

        if ((asked & ConnectionWork.Dispose) != 0)
        {
            BeginDispose();
        }

        if ((asked & ConnectionWork.WatchSend) != 0 && !IsClosed)
        {
            SendWatch.Begin(_output);
        }
    }

    private void OnWritable(LoopEvents events)
    {
        if (events.IsWritable)
        {
            _output.OnWritable();
            FinishOutput();
        }
    }

    private void PumpInput()
    {
        _output.BeginCollecting();
        _input.Pump();
        _output.EndCollecting();
    }

    // Both directions are shut: only what had arrived before can still be read.
    private void OnHangUp()
    {
        _ending.OnPeer(isFinished: true);
        _output.Kill();
        _output.Pump();
        FinishOutput();
        SignalClosed(Logger);
    }

    private void StartGrace()
    {
        if (!_ending.TryStartGrace())
        {
            return;
        }

        _ = TellPeerFinished(isLong: false);
        if (Options.HalfCloseGrace <= TimeSpan.Zero)
        {
            EndGrace(Logger);
        }
        else
        {
            Loop.After(Options.HalfCloseGrace, this);
        }
    }

    private void FailAborted() => Fail(_abort.Error, reset: _abort.IsReset && !AbortsInOrder, linger: AbortsInOrder);

    // Everything that waits ends with the error; nothing more is sent. The owner still has to dispose.
    private void Fail(Exception error, bool reset = false, bool linger = false)
    {
        if (IsClosed)
        {
            return;
        }

        TransportLog.ConnectionFailed(Logger, this, error);
        if (reset)
        {
            _descriptor.ResetOnClose();
        }

        _input.Fail(error);
        Close(linger: linger && !PeerFinished && Options.LingerTime > TimeSpan.Zero);
    }

    private void BeginDispose()
    {
        _ending.OnDisposing();
        if (_idle.IsFallingAsleep && !_abort.IsSet && _ending.TryClose())
        {
            // Kestrel is through with it; the descriptor goes on.
            _output.Kill();
            Loop.Hibernator.TakeOver(this, Listener!);
        }
        else if (_abort.IsSet)
        {
            FailAborted();
        }

        if (!IsClosed)
        {
            _output.SendNow();
            FinishOutput();
        }

        if (IsClosed)
        {
            _disposed?.TrySetResult();
        }
    }

    // Does what follows once everything is sent.
    private void FinishOutput()
    {
        EndStep step = _output.HasUnsent ? EndStep.None : _ending.OnSent(mayLinger: Options.LingerTime > TimeSpan.Zero);
        if (step is EndStep.EndOutput)
        {
            LoopSyscalls.ShutdownWrite(Descriptor);
        }
        else if (step is not EndStep.None)
        {
            Close(linger: step is EndStep.CloseAndLinger);
        }
    }

    private void Close(bool linger)
    {
        if (!_ending.TryClose())
        {
            return;
        }

        _output.Kill();
        _descriptor.Close(this, linger);
        if (_idle.IsFallingAsleep)
        {
            Loop.Hibernator.OnClosed(this);
        }

        SignalClosed(Logger);
        _disposed?.TrySetResult();

        // Whoever still waits learns that there is nothing to wait for.
        _output.Pump();
        _input.SetReadable();
        PumpInput();
    }
}
