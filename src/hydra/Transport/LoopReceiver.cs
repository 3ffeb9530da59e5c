using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Hydra.Transport;

/// <summary>
/// Receives from a socket that a <see cref="LoopLinkChannel"/> is to take over. <see cref="Socket.ReceiveAsync(Memory{byte}, SocketFlags, CancellationToken)"/>
/// would have .NET's own epoll thread watch the socket for the rest of its life, and wake up for every batch of frames. Any
/// thread; one receive at a time for each socket.
/// </summary>
internal sealed class LoopReceiver : ILoopSource
{
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private LoopReceiver(int descriptor) => Descriptor = descriptor;

    /// <inheritdoc/>
    public int Descriptor { get; }

    /// <inheritdoc/>
    public uint Generation { get; set; }

    /// <summary>Receives at least one byte, waiting on a loop if there is none yet.</summary>
    /// <returns>How many bytes came; 0 at the end.</returns>
    /// <exception cref="SocketException">The connection is broken.</exception>
    public static async ValueTask<int> ReceiveAsync(EventLoop loop, Socket socket, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        socket.Blocking = false;
        while (true)
        {
            int received = socket.Receive(buffer.Span, SocketFlags.None, out SocketError error);
            if (error is SocketError.Success)
            {
                return received;
            }

            if (error is not SocketError.WouldBlock)
            {
                throw new SocketException((int)error);
            }

            await WaitAsync(loop, socket, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void OnEvents(int events)
    {
        // The first event tells only that it can be written to.
        if ((events & ~Libc.EpollOut) != 0)
        {
            _ready.TrySetResult();
        }
    }

    /// <inheritdoc/>
    public void OnFault(Exception exception) => _ready.TrySetException(exception);

    private static async Task WaitAsync(EventLoop loop, Socket socket, CancellationToken cancellationToken)
    {
        var receiver = new LoopReceiver((int)socket.SafeHandle.DangerousGetHandle());
        int result = loop.TryRegister(receiver);
        if (result < 0)
        {
            throw new IOException($"epoll_ctl: {Marshal.GetPInvokeErrorMessage(-result)}");
        }

        try
        {
            await receiver._ready.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            loop.Unregister(receiver);
        }
    }
}
