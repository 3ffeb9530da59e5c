using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Security.Cryptography;
using Hydra.Protocol;
using Microsoft.Extensions.Logging;

namespace Hydra.Workers.Links;

/// <summary>What a worker's HELLO said, once it was found to be true.</summary>
internal readonly record struct LinkIdentity(LinkKind Kind, int Index, int ProcessId = 0);

/// <summary>Who may open links: a worker process that is alive, with its token.</summary>
internal interface ILinkOwner
{
    /// <summary>The token of the boot document, in the bytes of its hex digits.</summary>
    ReadOnlySpan<byte> Token { get; }

    /// <summary>
    /// Takes a link whose HELLO is good, and sends the WELCOME once it is taken: the worker goes on at once, and what it then says
    /// on another link must find this one.
    /// </summary>
    /// <returns>Null, or why the link is refused: there is one of this kind and index already.</returns>
    string? Accept(Socket socket, LinkIdentity identity, ReadOnlySpan<byte> welcome);
}

/// <summary>
/// Accepts the links of workers and checks their HELLO. Everything before a good HELLO costs one socket and a few hundred bytes, for
/// at most <see cref="HandshakeTimeout"/>.
/// </summary>
internal sealed class LinkAcceptor(LinkAddress address, WelcomeWindows windows, Func<int, IEnumerable<ILinkOwner>> ownersOf, ILogger logger) : IDisposable
{
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    // Any local user may connect over TCP or to an abstract socket: so many threads may wait for a HELLO. A worker says it at once, so the
    // one that has waited longest is turned away for the next.
    private const int MostHandshakes = 64;

    private readonly CancellationTokenSource _stopping = new();
    private readonly LinkedList<Socket> _handshakes = [];

    private readonly RefusalsLog _refusals = new(logger, TimeProvider.System);

    // For what no further thread is to be had: made at the start, so that workers can connect also then.
    private readonly BlockingCollection<Socket> _waiting = [];

    /// <summary>The address as the boot document has it.</summary>
    public string Address => address.Text;

    /// <summary>Accepts until <see cref="Dispose"/>.</summary>
    public async Task RunAsync()
    {
        StartThread(HandshakeWaiting);
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                Socket socket = await address.AcceptAsync(_stopping.Token).ConfigureAwait(false);
                TurnAwayOldest();
                lock (_handshakes)
                {
                    _handshakes.AddLast(socket);
                }

                if (!TryStartThread(() => Handshake(socket)))
                {
                    _waiting.Add(socket);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException && _stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Out of descriptors, most likely: workers connect again only when they are started again, so keep trying.
                LinksLog.AcceptFailed(logger, e.Message);
                await Task.Delay(TimeSpan.FromMilliseconds(100)).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Accepts no more.</summary>
    public void Dispose()
    {
        _stopping.Cancel();
        _waiting.CompleteAdding();
        _stopping.Dispose();
        address.Dispose();
    }

    private static void StartThread(ThreadStart run)
        => new Thread(run, maxStackSize: 256 * 1024) { IsBackground = true, Name = "link handshake" }.Start();

    // How the runtime says that the system refuses a thread.
    private static bool TryStartThread(ThreadStart run)
    {
        try
        {
            StartThread(run);
            return true;
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            return false;
        }
    }

    private void HandshakeWaiting()
    {
        foreach (Socket socket in _waiting.GetConsumingEnumerable())
        {
            Handshake(socket);
        }
    }

    private void TurnAwayOldest()
    {
        lock (_handshakes)
        {
            if (_handshakes.Count >= MostHandshakes)
            {
                Socket oldest = _handshakes.First!.Value;
                _handshakes.RemoveFirst();
                try
                {
                    // Wakes its thread, which then closes it.
                    oldest.Shutdown(SocketShutdown.Both);
                }
                catch (SocketException)
                {
                    // It has just left by itself.
                }
            }
        }
    }

    // On a thread of its own and without asynchronous calls: once .NET has watched a socket it goes on watching, and a data link's
    // socket is to be watched by its event loop alone.
    private void Handshake(Socket socket)
    {
        string? refusal;
        try
        {
            refusal = Greet(socket);
        }
        catch (SocketException e)
        {
            refusal = e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock ? "no HELLO came in time" : e.Message;
        }
        catch (ObjectDisposedException)
        {
            refusal = "too many others came after it and it had said nothing";
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            refusal = "there is no thread for it: the limit of processes and threads is reached (pids.max of the control group, or ulimit -u)";
        }

        Leave(socket);
        if (refusal is not null)
        {
            socket.Dispose();
            if (!_stopping.IsCancellationRequested)
            {
                _refusals.Add(refusal);
            }
        }
    }

    private string? Greet(Socket socket)
    {
        long deadline = Environment.TickCount64 + (long)HandshakeTimeout.TotalMilliseconds;
        byte[] header = new byte[ProtocolLimits.HeaderSize];
        if (!TryReceiveAll(socket, header, deadline))
        {
            return "it closed before its HELLO, or sent none in time";
        }

        if (FrameHeader.TryRead(header, out FrameHeader frame) is not FrameReadStatus.Ok || frame.Type is not MessageType.Hello
            || frame.Length > HelloMessage.FixedSize + byte.MaxValue)
        {
            return "its first frame is no HELLO";
        }

        byte[] payload = new byte[frame.Length];
        if (!TryReceiveAll(socket, payload, deadline))
        {
            return "it closed within its HELLO, or did not complete it in time";
        }

        Leave(socket);
        return Check(socket, payload);
    }

    // It waits for nothing any more, so it cannot be turned away.
    private void Leave(Socket socket)
    {
        lock (_handshakes)
        {
            _handshakes.Remove(socket);
        }
    }

    private string? Check(Socket socket, byte[] payload)
    {
        if (!HelloMessage.TryRead(payload, out HelloMessage hello))
        {
            return "its HELLO has wrong lengths";
        }

        if (hello.Schema != WireSchema.Hash)
        {
            return "it speaks another version of the protocol";
        }

        if (OwnerOf(hello) is not { } owner)
        {
            return "its token is wrong";
        }

        if (hello.Kind > (byte)LinkKind.State)
        {
            return "its kind of link is unknown";
        }

        Span<byte> welcome = stackalloc byte[ProtocolLimits.HeaderSize + WelcomeMessage.FixedSize];
        new FrameHeader(WelcomeMessage.FixedSize, MessageType.Welcome, FrameFlags.None, 0).Write(welcome);
        new WelcomeMessage { RequestWindow = (uint)windows.Request, ResponseWindow = (uint)windows.Response }
            .Write(welcome[ProtocolLimits.HeaderSize..]);
        return owner.Accept(socket, new LinkIdentity((LinkKind)hello.Kind, hello.Index, (int)hello.ProcessId), welcome);
    }

    // While a worker is replaced two processes have its index; the token tells which one this is.
    private ILinkOwner? OwnerOf(in HelloMessage hello)
    {
        foreach (ILinkOwner owner in ownersOf(hello.Worker))
        {
            if (CryptographicOperations.FixedTimeEquals(owner.Token, hello.Token))
            {
                return owner;
            }
        }

        return null;
    }

    private static bool TryReceiveAll(Socket socket, Span<byte> buffer, long deadline)
    {
        while (buffer.Length > 0)
        {
            long left = deadline - Environment.TickCount64;
            if (left <= 0)
            {
                return false;
            }

            socket.ReceiveTimeout = (int)left;
            int received = socket.Receive(buffer, SocketFlags.None);
            if (received == 0)
            {
                return false;
            }

            buffer = buffer[received..];
        }

        return true;
    }
}

/// <summary>The windows that WELCOME names, in bytes.</summary>
internal readonly record struct WelcomeWindows(int Request, int Response);
