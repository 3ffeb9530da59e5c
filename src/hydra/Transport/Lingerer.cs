using Hydra.Primitives;

namespace Hydra.Transport;

/// <summary>
/// The rest of a connection that the server has ended first: it reads on, and throws away, until the client has ended too, or has sent nothing
/// for <see cref="TransportOptions.LingerTime"/>; <see cref="TransportOptions.LingerLimit"/> and <see cref="TransportOptions.LingerBytes"/> at most. Closing at once would have the kernel answer whatever the client still sends with
/// a reset, and a reset destroys the response that the client has not read yet. Belongs to the loop's thread.
/// </summary>
internal sealed class Lingerer : ILoopSource, ILoopTimer, IThreadPoolWorkItem
{
    // 1 MiB; then the other connections get their turn.
    private const int ReceivesPerTurn = 16;

    private readonly EventLoop _loop;
    private readonly EventLoopGroup _group;
    private readonly long _end;
    private long _lastReceived;
    private long _bytesLeft;
    private bool _closed;

    private Lingerer(EventLoop loop, EventLoopGroup group, int descriptor)
    {
        _loop = loop;
        _group = group;
        Descriptor = descriptor;
        _lastReceived = Environment.TickCount64;
        _end = _lastReceived + (long)group.Options.LingerLimit.TotalMilliseconds;
        _bytesLeft = group.Options.LingerBytes;
    }

    /// <inheritdoc/>
    public int Descriptor { get; }

    /// <inheritdoc/>
    public uint Generation { get; set; }

    /// <summary>Ends the connection's output and takes its descriptor.</summary>
    /// <param name="connection">A connection with nothing left to send.</param>
    /// <param name="loop">The loop that it lives on.</param>
    /// <param name="group">The loops.</param>
    /// <param name="registered">Whether the loop watches the connection.</param>
    public static void TakeOver(ILoopSource connection, EventLoop loop, EventLoopGroup group, bool registered)
    {
        var lingerer = new Lingerer(loop, group, connection.Descriptor);
        LoopSyscalls.ShutdownWrite(lingerer.Descriptor);
        if (registered)
        {
            lingerer._loop.Replace(connection, lingerer);
        }
        else if (lingerer._loop.TryRegister(lingerer) < 0)
        {
            lingerer.Close();
            return;
        }

        lingerer.Discard();
        if (!lingerer._closed)
        {
            lingerer.OnTimer();
        }
    }

    void ILoopSource.OnEvents(LoopEvents events) => Discard();

    void ILoopSource.OnFault(Exception exception) => Close();

    void ILoopTimer.OnTimer() => OnTimer();

    void IThreadPoolWorkItem.Execute() => Discard();

    private void OnTimer()
    {
        if (_closed)
        {
            return;
        }

        long left = Math.Min(_lastReceived + (long)_group.Options.LingerTime.TotalMilliseconds, _end) - Environment.TickCount64;
        if (left <= 0)
        {
            Close();
        }
        else
        {
            _loop.After(TimeSpan.FromMilliseconds(left), this);
        }
    }

    private void Discard()
    {
        if (_closed)
        {
            return;
        }

        // Not the loop's scratch buffer: this may run inside a callback that reads from it.
        Block block = _loop.Blocks.Rent(BlockPool.LargeSize);
        int received = Receive(block.Bytes);
        _loop.Blocks.Return(block);
        if (received > 0 && _bytesLeft > 0)
        {
            _loop.Post(this);
        }
        else if (received != -LoopSyscalls.EAgain)
        {
            Close();
        }
    }

    private unsafe int Receive(byte[] buffer)
    {
        int received = 0;
        fixed (byte* target = buffer)
        {
            for (int i = 0; i < ReceivesPerTurn; i++)
            {
                received = LoopSyscalls.Receive(Descriptor, target, buffer.Length);
                if (received > 0)
                {
                    _bytesLeft -= received;
                    _lastReceived = Environment.TickCount64;
                }
                else if (received != -LoopSyscalls.EIntr)
                {
                    return received;
                }
            }
        }

        return Math.Max(received, 1);
    }

    private void Close()
    {
        if (_closed)
        {
            return;
        }

        _closed = true;
        _loop.Forget(this);
        _ = LibC.Close(Descriptor);
        _loop.CountConnection(-1);
        _group.OnDescriptorFreed();
    }
}
