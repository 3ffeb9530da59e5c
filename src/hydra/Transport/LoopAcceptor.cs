using System.Net;
using System.Runtime.InteropServices;

namespace Hydra.Transport;

/// <summary>
/// A listening socket on one loop, which accepts for all loops. Any thread: <see cref="ResumeSoon"/>, <see cref="StopAsync"/>; the
/// rest belongs to the loop's thread.
/// </summary>
/// <remarks>
/// One socket, and not one for each loop with SO_REUSEPORT: the kernel would spread connections by a hash (64 connections on two
/// sockets: 29 to 35 in the middle of 200 trials, 22 to 42 at worst), would let another process of the same user take a share
/// unnoticed, and would reset what waits in the queue of a socket that closes. Here each connection goes to the loop with the fewest.
/// An accept takes a tenth of what a connection with one request costs altogether, so one loop can accept for many.
/// </remarks>
internal sealed class LoopAcceptor : ILoopSource, ILoopTimer, IThreadPoolWorkItem
{
    // Then the loop's connections get their turn.
    private const int AcceptsPerTurn = 64;

    // Out of descriptors, when nobody closes any: another process may have taken them.
    private static readonly TimeSpan StarvedDelay = TimeSpan.FromMilliseconds(100);

    private readonly ListenSocket _socket;
    private readonly EventLoopGroup _group;
    private readonly EventLoop _loop;
    private readonly EndPoint _endPoint;
    private readonly Action<int, EndPoint, EndPoint?> _accepted;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool _localIsFixed;
    private IPEndPoint? _lastLocal;
    private bool _paused;
    private bool _looksLater;
    private bool _warned;
    private volatile bool _stopping;

    /// <summary>Takes over a listening socket.</summary>
    /// <param name="socket">The socket, which must be non-blocking.</param>
    /// <param name="group">The loops.</param>
    /// <param name="accepted">Gets each connection with its local and remote address, on the thread of the acceptor's loop.</param>
    public LoopAcceptor(ListenSocket socket, EventLoopGroup group, Action<int, EndPoint, EndPoint?> accepted)
    {
        _socket = socket;
        _group = group;
        _loop = group.NextInTurn();
        _accepted = accepted;
        _endPoint = socket.EndPoint;
        _localIsFixed = SocketAddress.IsSpecific(_endPoint);
        Descriptor = (int)socket.Socket.SafeHandle.DangerousGetHandle();
    }

    /// <inheritdoc/>
    public int Descriptor { get; }

    /// <inheritdoc/>
    public uint Generation { get; set; }

    /// <summary>Begins to accept.</summary>
    public void Start()
    {
        int result = _loop.TryRegisterListener(this);
        if (result < 0)
        {
            throw new IOException($"epoll_ctl: {Marshal.GetPInvokeErrorMessage(-result)}");
        }
    }

    /// <summary>A descriptor may be free again.</summary>
    public void ResumeSoon() => _loop.Post(this);

    /// <summary>
    /// Accepts what is waiting, unless another process goes on with the socket, then closes it. A client whose handshake ends between the last accept and the close is reset;
    /// that is a few microseconds, and no client can tell it from a server that had closed a moment before.
    /// </summary>
    public Task StopAsync()
    {
        _stopping = true;
        _loop.Post(this);
        return _stopped.Task;
    }

    void ILoopSource.OnEvents(LoopEvents events) => AcceptSome(AcceptsPerTurn);

    void ILoopSource.OnFault(Exception exception)
    {
        // It concerns one connection; the next one may be better.
    }

    void ILoopTimer.OnTimer()
    {
        _looksLater = false;
        if (_paused)
        {
            Resume();
        }
        else if (_warned && !_stopping)
        {
            // Nobody may come any more who would show that nobody waits.
            AcceptSome(AcceptsPerTurn);
            LookLater();
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        if (_stopping)
        {
            Stop();
        }
        else
        {
            Resume();
        }
    }

    private void Stop()
    {
        if (_stopped.Task.IsCompleted)
        {
            return;
        }

        if (!_socket.IsShared)
        {
            AcceptSome(int.MaxValue);
        }

        if (!_paused)
        {
            _loop.Unregister(this);
        }

        _paused = true;
        _socket.Socket.Dispose();
        _stopped.SetResult();
    }

    private void Resume()
    {
        if (!_paused || _stopping)
        {
            return;
        }

        _paused = false;
        if (_loop.TryRegisterListener(this) < 0)
        {
            Pause(LoopSyscalls.ENoMem);
        }
        else
        {
            LookLater();
        }
    }

    // While descriptors are short; one timer at a time.
    private void LookLater()
    {
        if (_warned && !_looksLater)
        {
            _looksLater = true;
            _loop.After(StarvedDelay, this);
        }
    }

    private unsafe void AcceptSome(int limit)
    {
        byte* address = stackalloc byte[SocketAddress.MaxSize];
        for (int i = 0; i < limit; i++)
        {
            if (_warned && !_stopping && _group.Reserve.IsUsedUp())
            {
                Pause(LoopSyscalls.EMFile);
                return;
            }

            int length = SocketAddress.MaxSize;
            int result = LoopSyscalls.Accept(Descriptor, address, &length);
            if (result >= 0)
            {
                _accepted(result, LocalOf(result), SocketAddress.Read(new ReadOnlySpan<byte>(address, Math.Min(length, SocketAddress.MaxSize))));
                if (_group.Reserve.IsUsedUpBy(result) && !_stopping)
                {
                    Pause(LoopSyscalls.EMFile);
                    return;
                }
            }
            else if (!OnRefused(-result))
            {
                return;
            }
        }
    }

    // Whether to go on accepting.
    private bool OnRefused(int errno)
    {
        switch (errno)
        {
            case LoopSyscalls.EAgain:
                // Nobody waits any more: with every single one that was let in the log would be full of it.
                if (_warned)
                {
                    _warned = false;
                    TransportLog.AcceptResumed(_group.Logger, _endPoint.ToString()!);
                }

                return false;
            case LoopSyscalls.EIntr or LoopSyscalls.EConnAborted:
                return true;
            case LoopSyscalls.EMFile or LoopSyscalls.ENFile or LoopSyscalls.ENoBufs or LoopSyscalls.ENoMem:
                Pause(errno);
                return false;
            case LoopSyscalls.EBadF or LoopSyscalls.EInval or LoopSyscalls.ENotSock or LoopSyscalls.EOpNotSupp:
                // Somebody has shut the socket down: it will never accept again.
                TransportLog.AcceptFailed(_group.Logger, _endPoint.ToString()!, Marshal.GetPInvokeErrorMessage(errno));
                _loop.Unregister(this);
                _paused = true;
                _stopping = true;
                return false;
            default:
                // The network's errors that Linux reports for the connection that would have been accepted.
                return true;
        }
    }

    // Level-triggered, the waiting connections would keep the loop spinning.
    private void Pause(int errno)
    {
        if (_stopping)
        {
            return;
        }

        if (!_warned)
        {
            _warned = true;
            TransportLog.AcceptPaused(_group.Logger, _endPoint.ToString()!, Marshal.GetPInvokeErrorMessage(errno));
        }

        _loop.Unregister(this);
        _paused = true;
        LookLater();
        _group.AddStarved(this);
    }

    private unsafe EndPoint LocalOf(int descriptor)
    {
        if (_localIsFixed)
        {
            return _endPoint;
        }

        byte* address = stackalloc byte[SocketAddress.MaxSize];
        int length = SocketAddress.MaxSize;
        if (LoopSyscalls.GetLocalName(descriptor, address, &length) < 0
            || SocketAddress.Read(new ReadOnlySpan<byte>(address, length)) is not { } local)
        {
            return _endPoint;
        }

        // Nearly always the one address of the machine: share the object.
        return local.Equals(_lastLocal) ? _lastLocal : _lastLocal = local;
    }
}
