using System.Net.Sockets;
using System.Security.Cryptography;
using Hydra.Protocol;
using Microsoft.Extensions.Logging;

namespace Hydra.Workers;

/// <summary>What a worker's HELLO said, once it was found to be true.</summary>
internal readonly record struct LinkIdentity(LinkKind Kind, int Index);

/// <summary>Who may open links: a worker process that is alive, with its token.</summary>
internal interface ILinkOwner
{
    /// <summary>The token of the boot document, in the bytes of its hex digits.</summary>
    ReadOnlySpan<byte> Token { get; }

    /// <summary>Takes a link whose HELLO and WELCOME are done.</summary>
    /// <returns>Null, or why the link is refused: there is one of this kind and index already.</returns>
    string? Accept(Socket socket, LinkIdentity identity);
}

/// <summary>
/// Accepts the links of workers and checks their HELLO. Everything before a good HELLO costs one socket and a few hundred bytes, for
/// at most <see cref="HandshakeTimeout"/>.
/// </summary>
internal sealed class LinkListener(LinkAddress address, WelcomeWindows windows, Func<int, ILinkOwner?> ownerOf, ILogger logger) : IDisposable
{
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stopping = new();

    /// <summary>The address as the boot document has it.</summary>
    public string Address => address.Text;

    /// <summary>Accepts until <see cref="Dispose"/>.</summary>
    public async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                Socket socket = await address.Socket.AcceptAsync(_stopping.Token).ConfigureAwait(false);
                _ = HandshakeAsync(socket);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                // Out of descriptors, most likely: workers connect again only when they are started again, so keep trying.
                WorkersLog.AcceptFailed(logger, e.Message);
                await Task.Delay(TimeSpan.FromMilliseconds(100)).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Accepts no more.</summary>
    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
        address.Socket.Dispose();
    }

    private async Task HandshakeAsync(Socket socket)
    {
        string? refusal;
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
            timeout.CancelAfter(HandshakeTimeout);
            refusal = await HandshakeAsync(socket, timeout.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            refusal = "no HELLO came in time";
        }
        catch (SocketException e)
        {
            refusal = e.Message;
        }

        if (refusal is not null)
        {
            socket.Dispose();
            if (!_stopping.IsCancellationRequested)
            {
                WorkersLog.LinkRefused(logger, refusal);
            }
        }
    }

    private async Task<string?> HandshakeAsync(Socket socket, CancellationToken cancellation)
    {
        byte[] header = new byte[ProtocolLimits.HeaderSize];
        if (!await ReceiveAllAsync(socket, header, cancellation).ConfigureAwait(false))
        {
            return "it closed before its HELLO";
        }

        if (FrameHeader.TryRead(header, out FrameHeader frame) is not FrameReadStatus.Ok || frame.Type is not MessageType.Hello
            || frame.Length > HelloMessage.FixedSize + byte.MaxValue)
        {
            return "its first frame is no HELLO";
        }

        byte[] payload = new byte[frame.Length];
        if (!await ReceiveAllAsync(socket, payload, cancellation).ConfigureAwait(false))
        {
            return "it closed within its HELLO";
        }

        return Check(socket, payload);
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

        if (ownerOf(hello.Worker) is not { } owner || !CryptographicOperations.FixedTimeEquals(owner.Token, hello.Token))
        {
            return "its token is wrong";
        }

        if (hello.Kind > (byte)LinkKind.Data)
        {
            return "its kind of link is unknown";
        }

        // The socket's buffer is empty, so these few bytes are taken at once.
        byte[] welcome = new byte[ProtocolLimits.HeaderSize + WelcomeMessage.FixedSize];
        new FrameHeader(WelcomeMessage.FixedSize, MessageType.Welcome, FrameFlags.None, 0).Write(welcome);
        new WelcomeMessage { RequestWindow = (uint)windows.Request, ResponseWindow = (uint)windows.Response }
            .Write(welcome.AsSpan(ProtocolLimits.HeaderSize));
        socket.Send(welcome);
        return owner.Accept(socket, new LinkIdentity((LinkKind)hello.Kind, hello.Index));
    }

    private static async Task<bool> ReceiveAllAsync(Socket socket, Memory<byte> buffer, CancellationToken cancellation)
    {
        while (buffer.Length > 0)
        {
            int received = await socket.ReceiveAsync(buffer, SocketFlags.None, cancellation).ConfigureAwait(false);
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
