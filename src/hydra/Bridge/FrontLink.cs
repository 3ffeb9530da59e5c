using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Hydra.Protocol;
using Hydra.Workers.Processes;

namespace Hydra.Bridge;

/// <summary>Takes the frames that come on a link. On the link's reading side alone.</summary>
internal interface IFrontSink
{
    /// <summary>A frame; the payload is valid within the call.</summary>
    void OnFrame(in FrameHeader header, ReadOnlySpan<byte> payload);

    /// <summary>What has come in one piece was handled.</summary>
    void OnBatch();
}

/// <summary>The front has broken a rule of the protocol, or has refused the link.</summary>
internal sealed class FrontException(string message) : Exception(message);

/// <summary>
/// The worker's end of a link. Any thread may send: frames are gathered under <see cref="Gate"/> and leave in order, those of many threads in one
/// write. One reader.
/// </summary>
internal sealed class FrontLink : IDisposable
{
    private const int ReadSize = 64 * 1024;

    // What is not on its way yet; beyond it those who have more wait.
    private const int MostPending = 256 * 1024;

    // The front answers at once; only a machine that is badly overloaded takes longer than some milliseconds.
    private static readonly TimeSpan HandshakeTime = TimeSpan.FromSeconds(30);

    private readonly Socket _socket;
    private ArrayBufferWriter<byte> _pending = new();
    private ArrayBufferWriter<byte> _leaving = new();
    private bool _isSending;
    private TaskCompletionSource? _room;

    private FrontLink(Socket socket) => _socket = socket;

    /// <summary>Guards the output.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Takes frames, under the gate; they leave with <see cref="Flush"/>.</summary>
    public IBufferWriter<byte> Output => _pending;

    /// <summary>Bytes of BODY that the front may send of a new stream.</summary>
    public int RequestWindow { get; private set; }

    /// <summary>Bytes of BODY that may be sent of a new stream.</summary>
    public int ResponseWindow { get; private set; }

    /// <summary>Connects, proves who we are, and waits for WELCOME.</summary>
    /// <exception cref="SocketException">There is nobody.</exception>
    /// <exception cref="FrontException">The front does not want this link.</exception>
    public static async Task<FrontLink> OpenAsync(BootDocument boot, LinkKind kind, int index)
    {
        EndPoint address = Address(boot.Address);
        var socket = new Socket(address.AddressFamily, SocketType.Stream, address is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified);
        var link = new FrontLink(socket);
        try
        {
            using var limit = new CancellationTokenSource(HandshakeTime);
            await socket.ConnectAsync(address, limit.Token).ConfigureAwait(false);
            if (address is IPEndPoint)
            {
                socket.NoDelay = true;
            }

            link.SayHello(boot, kind, index);
            await link.ReadWelcomeAsync(limit.Token).ConfigureAwait(false);
            return link;
        }
        catch (OperationCanceledException)
        {
            link.Dispose();
            throw new FrontException("the front does not answer");
        }
        catch
        {
            link.Dispose();
            throw;
        }
    }

    /// <summary>Hands each frame to the sink, until the front closes the link.</summary>
    /// <exception cref="FrontException">A frame is malformed.</exception>
    public async Task ReadAsync(IFrontSink sink)
    {
        byte[] buffer = new byte[ProtocolLimits.HeaderSize + ProtocolLimits.MaxPayload + ReadSize];
        int filled = 0;
        while (true)
        {
            int count = await ReceiveAsync(buffer.AsMemory(filled)).ConfigureAwait(false);
            if (count == 0)
            {
                return;
            }

            filled += count;
            int used = Handle(buffer.AsSpan(0, filled), sink);
            buffer.AsSpan(used, filled - used).CopyTo(buffer);
            filled -= used;
        }
    }

    /// <summary>Has what was written leave.</summary>
    public void Flush()
    {
        lock (Gate)
        {
            if (_isSending || _pending.WrittenCount == 0)
            {
                return;
            }

            _isSending = true;
        }

        _ = SendAllAsync();
    }

    /// <summary>Completes when little waits to be sent.</summary>
    public Task WhenRoomAsync()
    {
        lock (Gate)
        {
            return _pending.WrittenCount < MostPending
                ? Task.CompletedTask
                : (_room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Completes when all has been sent, or cannot be.</summary>
    public async Task FlushedAsync()
    {
        while (true)
        {
            lock (Gate)
            {
                if (!_isSending)
                {
                    return;
                }
            }

            await Task.Delay(1).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    // What the front connects its workers by: unix:PATH, abstract:NAME or tcp:HOST:PORT.
    private static EndPoint Address(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string rest = text[(colon + 1)..];
        return text[..colon] switch
        {
            "unix" => new UnixDomainSocketEndPoint(rest),
            "abstract" => new UnixDomainSocketEndPoint("\0" + rest),
            "tcp" => IPEndPoint.Parse(rest),
            _ => throw new FrontException($"the address {text} is of no known kind"),
        };
    }

    private static int Handle(ReadOnlySpan<byte> data, IFrontSink sink)
    {
        ReadOnlySpan<byte> rest = data;
        while (true)
        {
            FrameReadStatus status = FrameReader.TryReadFrame(ref rest, out FrameHeader header, out ReadOnlySpan<byte> payload);
            if (status is FrameReadStatus.NeedMore)
            {
                sink.OnBatch();
                return data.Length - rest.Length;
            }

            if (status is not FrameReadStatus.Ok)
            {
                throw new FrontException($"a frame header is invalid ({status})");
            }

            sink.OnFrame(header, payload);
        }
    }

    private void SayHello(BootDocument boot, LinkKind kind, int index)
    {
        lock (Gate)
        {
            new HelloMessage
            {
                Schema = WireSchema.Hash,
                ProcessId = (uint)Environment.ProcessId,
                Worker = (ushort)boot.Worker,
                Kind = (byte)kind,
                Index = (byte)index,
                Token = Encoding.ASCII.GetBytes(boot.Token),
            }.WriteFrame(_pending, FrameFlags.None, 0);
        }

        Flush();
    }

    private async Task ReadWelcomeAsync(CancellationToken limit)
    {
        byte[] frame = new byte[ProtocolLimits.HeaderSize + WelcomeMessage.FixedSize];
        for (int filled = 0; filled < frame.Length;)
        {
            int count = await _socket.ReceiveAsync(frame.AsMemory(filled), limit).ConfigureAwait(false);
            filled += count > 0 ? count : throw new FrontException("the front did not accept the link");
        }

        TakeWelcome(frame);
    }

    private void TakeWelcome(ReadOnlySpan<byte> frame)
    {
        if (FrameHeader.TryRead(frame, out FrameHeader header) is not FrameReadStatus.Ok || header.Type is not MessageType.Welcome
            || !WelcomeMessage.TryRead(frame[ProtocolLimits.HeaderSize..], out WelcomeMessage welcome))
        {
            throw new FrontException("the front did not answer with WELCOME");
        }

        RequestWindow = (int)welcome.RequestWindow;
        ResponseWindow = (int)welcome.ResponseWindow;
    }

    private async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        try
        {
            return await _socket.ReceiveAsync(buffer).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return 0;
        }
    }

    // One at a time.
    private async Task SendAllAsync()
    {
        while (true)
        {
            TaskCompletionSource? room;
            lock (Gate)
            {
                _leaving.ResetWrittenCount();
                if (_pending.WrittenCount == 0)
                {
                    _isSending = false;
                    return;
                }

                (_leaving, _pending) = (_pending, _leaving);
                (room, _room) = (_room, null);
            }

            room?.SetResult();
            try
            {
                for (ReadOnlyMemory<byte> rest = _leaving.WrittenMemory; rest.Length > 0;)
                {
                    rest = rest[await _socket.SendAsync(rest).ConfigureAwait(false)..];
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The reading side hears of it, and says so.
            }
        }
    }
}
