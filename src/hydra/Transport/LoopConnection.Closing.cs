using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Hydra.Transport;

/// <content>How a connection ends. The loop's thread, except where it says otherwise.</content>
internal sealed partial class LoopConnection
{
    // Stands for "closed in order" where an abort needs a reason.
    private static readonly ConnectionAbortedException InOrder = new("The connection was closed.");

    // Guarded by the input object, which nobody else locks: a lock of their own would cost each idle connection 40 bytes.
    private CancellationTokenSource? _closedSource;
    private CancellationToken? _closedOverride;
    private bool _closedFired;

    /// <inheritdoc/>
    /// <remarks>Any thread. Most connections never need the source before they end, and then it costs nothing.</remarks>
    public override CancellationToken ConnectionClosed
    {
        get
        {
            lock (_input)
            {
                if (_closedOverride is { } token)
                {
                    return token;
                }

                if (_closedFired && _closedSource is null)
                {
                    return new CancellationToken(canceled: true);
                }

                return (_closedSource ??= new CancellationTokenSource()).Token;
            }
        }

        set
        {
            lock (_input)
            {
                _closedOverride = value;
            }
        }
    }

    // Everything that waits ends with the error; nothing more is sent. The owner still has to dispose.
    private void Fail(Exception error, bool reset = false)
    {
        if (_closed)
        {
            return;
        }

        if (_group.Logger.IsEnabled(LogLevel.Debug))
        {
            TransportLog.ConnectionFailed(_group.Logger, ConnectionId, error.Message);
        }

        if (reset)
        {
            Libc.ResetOnClose(Descriptor);
        }

        _input.Fail(error);
        Close(linger: false);
    }

    private void FailAborted()
    {
        bool inOrder = _abortReason == InOrder;
        Fail(inOrder ? new ConnectionAbortedException(InOrder.Message) : _abortReason!, reset: !inOrder);
    }

    private void BeginDispose()
    {
        _disposing = true;
        if (TrySleep())
        {
            return;
        }

        if (_abortReason is not null)
        {
            FailAborted();
        }

        if (!_closed)
        {
            _output.SendNow();
            FinishOutput();
        }

        if (_closed)
        {
            _disposed?.TrySetResult();
        }
    }

    private void EndOutput()
    {
        if (_fallsAsleep)
        {
            // Kestrel ends its output before it disposes the connection.
            return;
        }

        _outputEnds = true;
        _output.SendNow();
        FinishOutput();
    }

    // Once everything is sent, and if that is to be the end.
    private void FinishOutput()
    {
        if (_closed || _output.HasUnsent)
        {
            return;
        }

        if (_disposing)
        {
            Close(linger: !PeerFinished && _group.Options.LingerTime > TimeSpan.Zero);
        }
        else if (_outputEnds)
        {
            _outputEnds = false;
            Libc.ShutdownWrite(Descriptor);
        }
    }

    private void Close(bool linger)
    {
        if (_closed)
        {
            return;
        }

        _closed = true;
        _output.Kill();
        EndArrival();
        if (linger)
        {
            Lingerer.TakeOver(this, Loop, _group, Volatile.Read(ref _registered) != 0);
        }
        else
        {
            Loop.Forget(this);
            Libc.Close(Descriptor);
            Loop.CountConnection(-1);
            _group.OnDescriptorFreed();
        }

        FireClosed();
        _disposed?.TrySetResult();

        // Whoever still waits learns that there is nothing to wait for.
        _output.Pump();
        _input.SetReadable();
        PumpInput();
    }

    private void FireClosed()
    {
        lock (_input)
        {
            if (_closedFired)
            {
                return;
            }

            _closedFired = true;
            if (_closedSource is null)
            {
                return;
            }
        }

        // Whoever waits for this may do what a loop must not do.
        ThreadPool.UnsafeQueueUserWorkItem(static connection => connection.CancelClosed(), this, preferLocal: false);
    }

    private void CancelClosed()
    {
        try
        {
            _closedSource!.Cancel();
        }
        catch (Exception e)
        {
            TransportLog.ClosedCallbackFailed(_group.Logger, e, ConnectionId);
        }
    }
}
