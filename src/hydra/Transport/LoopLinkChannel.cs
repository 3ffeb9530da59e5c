using System.Buffers;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Hydra.Transport;

/// <summary>
/// A <see cref="LinkChannel"/> on an event loop, next to the clients it serves. What their requests wrote in one tick leaves in one
/// send at its end; one receive brings up to 256 KiB of frames, whose callbacks run on the loop's thread.
/// </summary>
/// <remarks>
/// Any thread: what <see cref="LinkChannel"/> offers. The gate guards Output, <c>_flushing</c> and the writing of <c>_closed</c>; the
/// rest belongs to the loop's thread. Sends happen outside the gate, on a buffer that was exchanged for the writers' one.
/// </remarks>
internal sealed class LoopLinkChannel : LinkChannel, ILoopSource, ITickWork, IThreadPoolWorkItem
{
    // Then the loop's other sockets get their turn: 1 MiB of frames.
    private const int ReceivesPerTurn = 4;

    // Two batches of frames; the kernel may grant less.
    private const int SocketBuffer = 512 * 1024;

    // With less room than this the buffer of an incomplete frame grows.
    private const int LeastRoom = 32 * 1024;

    private readonly Socket _socket;
    private readonly EventLoop _loop;
    private ILinkSink? _sink;
    private LinkOutput _sending = new();
    private bool _flushing;
    private volatile bool _closed;

    private int _sent;
    private bool _blocked;
    private bool _receiveAgain;
    private bool _peerFinished;
    private bool _ended;

    // Bytes that the sink did not consume; null when there are none.
    private byte[]? _kept;
    private int _keptCount;

    /// <summary>Takes over a connected socket that was never used asynchronously: .NET would go on watching it.</summary>
    public LoopLinkChannel(Socket socket, EventLoop loop)
    {
        _socket = socket;
        _loop = loop;
        _socket.Blocking = false;
        _socket.SendBufferSize = SocketBuffer;
        _socket.ReceiveBufferSize = SocketBuffer;
        if (SocketAddress.IsTcp(socket))
        {
            _socket.NoDelay = true;
        }

        Descriptor = (int)socket.SafeHandle.DangerousGetHandle();
    }

    /// <inheritdoc/>
    public int Descriptor { get; }

    /// <inheritdoc/>
    public uint Generation { get; set; }

    /// <inheritdoc/>
    public override void Start(ILinkSink sink)
    {
        lock (Gate)
        {
            _sink = sink;
            if (!_closed && _loop.TryRegisterInput(this) == 0)
            {
                return;
            }
        }

        Close();
    }

    /// <inheritdoc/>
    public override void FlushSoon()
    {
        if (_flushing || _closed)
        {
            return;
        }

        _flushing = true;
        if (_loop.IsCurrent)
        {
            _loop.AtTickEnd(this);
        }
        else
        {
            _loop.Post(this);
        }
    }

    /// <inheritdoc/>
    public override void Close()
    {
        lock (Gate)
        {
            _closed = true;
            Output.Clear();
            TellRoom();
        }

        _loop.Post(this);
    }

    void ITickWork.OnTickEnd() => Flush();

    void ILoopSource.OnFault(Exception exception) => End(exception);

    void IThreadPoolWorkItem.Execute()
    {
        if (_closed)
        {
            End(null);
            return;
        }

        Flush();
        if (_receiveAgain)
        {
            _receiveAgain = false;
            Receive();
        }
    }

    void ILoopSource.OnEvents(LoopEvents events)
    {
        if (events.IsWritable && _blocked)
        {
            _blocked = false;
            _loop.WatchOutput(this, false);
            Flush();
        }

        _peerFinished |= events.IsPeerFinished || events.IsError;
        if (events.IsReadable || _peerFinished)
        {
            Receive();
        }
    }

    private static SocketException Error(int errno) => new((int)SocketError.ConnectionReset, Marshal.GetPInvokeErrorMessage(errno));

    private unsafe void Flush()
    {
        if (_blocked)
        {
            return;
        }

        while (_sent < _sending.Count || TakeOutput())
        {
            int sent;
            fixed (byte* data = _sending.Written)
            {
                sent = LoopSyscalls.Send(Descriptor, data + _sent, _sending.Count - _sent);
            }

            if (sent >= 0)
            {
                _sent += sent;
            }
            else if (sent == -LoopSyscalls.EAgain)
            {
                _blocked = true;
                _loop.WatchOutput(this, true);
                return;
            }
            else if (sent != -LoopSyscalls.EIntr)
            {
                End(Error(-sent));
                return;
            }
        }
    }

    private bool TakeOutput()
    {
        _sending.Clear();
        _sent = 0;
        lock (Gate)
        {
            if (_closed || Output.Count == 0)
            {
                _flushing = false;
                return false;
            }

            (Output, _sending) = (_sending, Output);
            TellRoom();
            return true;
        }
    }

    private void Receive()
    {
        for (int i = 0; i < ReceivesPerTurn && !_closed; i++)
        {
            byte[] buffer = _kept is null ? _loop.Scratch : MakeRoom(_kept);
            int room = buffer.Length - _keptCount;
            int received = Receive(buffer.AsSpan(_keptCount));
            if (received <= 0)
            {
                if (received != -LoopSyscalls.EAgain)
                {
                    End(received == 0 ? null : Error(-received));
                }

                return;
            }

            int count = _keptCount + received;
            int consumed = _sink!.OnBytes(buffer.AsSpan(0, count));
            if (consumed < 0)
            {
                End(null);
                return;
            }

            Keep(buffer, consumed, count - consumed);
            if (received < room && !_peerFinished)
            {
                // The socket is empty; what comes is an edge.
                return;
            }
        }

        _receiveAgain = true;
        _loop.Post(this);
    }

    private unsafe int Receive(Span<byte> target)
    {
        int received;
        fixed (byte* pointer = target)
        {
            do
            {
                received = LoopSyscalls.Receive(Descriptor, pointer, target.Length);
            }
            while (received == -LoopSyscalls.EIntr);
        }

        return received;
    }

    // An incomplete frame is copied out of the loop's buffer once; the rest of it is received behind it.
    private void Keep(byte[] buffer, int start, int count)
    {
        if (count == 0)
        {
            ReturnKept();
            return;
        }

        if (_kept is null)
        {
            _kept = ArrayPool<byte>.Shared.Rent(count + (2 * LeastRoom));
        }

        buffer.AsSpan(start, count).CopyTo(_kept);
        _keptCount = count;
    }

    private byte[] MakeRoom(byte[] kept)
    {
        if (kept.Length - _keptCount >= LeastRoom)
        {
            return kept;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(kept.Length * 2);
        kept.AsSpan(0, _keptCount).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(kept);
        return _kept = larger;
    }

    private void ReturnKept()
    {
        if (_kept is not null)
        {
            ArrayPool<byte>.Shared.Return(_kept);
            _kept = null;
            _keptCount = 0;
        }
    }

    private void End(Exception? error)
    {
        ILinkSink? sink;
        lock (Gate)
        {
            _closed = true;
            Output.Clear();
            TellRoom();

            // There is none yet where it was closed before it was started: Start comes here again.
            (sink, _sink) = (_sink, null);
        }

        if (!_ended)
        {
            _ended = true;
            _loop.Forget(this);
            _socket.Dispose();
            _sending.Clear();
            _sent = 0;
            ReturnKept();
        }

        sink?.OnClosed(error);
    }
}
