using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Hydra.Protocol;

namespace Hydra.Bridge;

/// <summary>
/// A WebSocket: one with the program, in which the bridge is the client; the one with the client is the front's. Messages pass in the pieces in which
/// they come. Two flows: <see cref="ToFrontAsync"/> ends the session, <see cref="ToProgramAsync"/> with it.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "It has neither a timer nor a handle.")]
internal sealed class ProgramSession : ProgramStream
{
    private const int RestartCode = 1012;
    private const int GoingAwayCode = 1001;
    private const int RuleCode = 1002;

    // What the program has to answer a close in.
    private static readonly TimeSpan CloseTime = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _writing = new(1);
    private readonly byte[] _answer;
    private ProgramConnection? _connection;
    private byte[]? _close;
    private int _isOver;
    private volatile bool _isAccepted;
    private bool _hasSentClose;

    /// <summary>Takes a request for a WebSocket.</summary>
    public ProgramSession(DataLink link, ulong id, FrameFlags flags, in RequestMessage request, long start)
        : this(link, id, flags, request, start, Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(16))))
    {
    }

    private ProgramSession(DataLink link, ulong id, FrameFlags flags, in RequestMessage request, long start, byte[] key)
        : base(link, id, flags, request, start, key) => _answer = SocketFrame.AnswerTo(key);

    /// <inheritdoc/>
    public override void OnClose(ushort code, ReadOnlySpan<byte> reason)
    {
        if (code == SocketFrame.Lost || !_isAccepted)
        {
            OnCancel();
            return;
        }

        // Behind what was sent before.
        _close = SocketFrame.MakeClose(code, reason);
        EndInput();
    }

    /// <inheritdoc/>
    public override void OnPart(bool sessions)
    {
        if (sessions && _isAccepted && TryEnd())
        {
            // The client may come again, to another worker; to the program it is one that leaves.
            Link.Front.SendClose(Id, RestartCode, default);
            Link.Forget(this);
            _close = SocketFrame.MakeClose(GoingAwayCode, default);
            EndInput();
        }
    }

    /// <inheritdoc/>
    protected override async Task ServeAsync()
    {
        bool isSent = false;
        try
        {
            _connection = await Link.Program.Connections.TakeAsync(isNew: true, Gone).ConfigureAwait(false);
            isSent = true;
            await _connection.SendAsync(Start.WrittenMemory, Gone).ConfigureAwait(false);
            ResponseHead head = await ReadHeadAsync(_connection, expects101: true).ConfigureAwait(false);
            if (head.Status != 101)
            {
                await RelayAsync(_connection, head).ConfigureAwait(false);
                return;
            }

            if (!head.AcceptKey.AsSpan().SequenceEqual(_answer))
            {
                throw new ProgramException("has accepted a WebSocket with another key than was asked for");
            }

            _isAccepted = true;
            Link.Front.SendAccept(Id, head.Subprotocol, head.Block);
            await RunAsync(_connection).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            EndOnce();
        }
        catch (Exception e) when (IsBroken(e))
        {
            await FailSessionAsync(e, isSent).ConfigureAwait(false);
        }
        finally
        {
            _connection?.Dispose();
        }
    }

    private async Task RunAsync(ProgramConnection connection)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Gone);
        Task toProgram = ToProgramAsync(connection, end.Token);
        try
        {
            (ushort code, byte[] reason) = await ToFrontAsync(connection).ConfigureAwait(false);
            if (_close is null && TryEnd())
            {
                Link.Front.SendClose(Id, code, reason);
                Link.Forget(this);
            }
            else
            {
                EndOnce();
            }

            await WriteCloseAsync(connection, SocketFrame.MakeClose(code, default)).WaitAsync(CloseTime, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            await end.CancelAsync().ConfigureAwait(false);
            await toProgram.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Until the program closes: gives its code and its reason.
    private async Task<(ushort Code, byte[] Reason)> ToFrontAsync(ProgramConnection connection)
    {
        FrameFlags kind = FrameFlags.None;
        bool isOpen = false;
        while (true)
        {
            SocketFrame frame = await ReadFrameAsync(connection).ConfigureAwait(false);
            if (frame.IsControl)
            {
                byte[] payload = await ReadPayloadAsync(connection, (int)frame.Length).ConfigureAwait(false);
                switch (frame.Opcode)
                {
                    case SocketFrame.Close:
                        return ReadClose(payload);
                    case SocketFrame.Ping:
                        await WriteAsync(connection, SocketFrame.Make(SocketFrame.Pong, true, payload), Gone).ConfigureAwait(false);
                        break;
                }

                continue;
            }

            if (isOpen != (frame.Opcode is SocketFrame.Continuation))
            {
                throw new ProgramException("has sent a WebSocket message in the middle of another");
            }

            kind = frame.Opcode switch { SocketFrame.Text => FrameFlags.Text, SocketFrame.Binary => FrameFlags.None, _ => kind };
            isOpen = !frame.IsFinal;
            await RelayFrameAsync(connection, frame, kind).ConfigureAwait(false);
        }
    }

    private async Task RelayFrameAsync(ProgramConnection connection, SocketFrame frame, FrameFlags kind)
    {
        long left = frame.Length;
        if (left == 0 && !frame.IsFinal)
        {
            return;
        }

        do
        {
            if (left > 0 && connection.Buffered.Length == 0)
            {
                await FillAsync(connection).ConfigureAwait(false);
            }

            int count = await SpendAsync((int)Math.Min(left, connection.Buffered.Length), ProtocolLimits.DataCost).ConfigureAwait(false);
            left -= count;
            if (Volatile.Read(ref _isOver) == 0 && _close is null)
            {
                Link.Front.SendBytes(MessageType.Data, Id, left == 0 && frame.IsFinal ? kind : kind | FrameFlags.More, connection.Peek(count).Span);
            }

            connection.Skip(count);
            await Link.Front.WhenRoomAsync().ConfigureAwait(false);
        }
        while (left > 0);
    }

    private async Task ToProgramAsync(ProgramConnection connection, CancellationToken end)
    {
        try
        {
            bool isOpen = false;
            while (await NextAsync(end).ConfigureAwait(false) is { } piece)
            {
                int opcode = isOpen ? SocketFrame.Continuation : (piece.Flags & FrameFlags.Text) != 0 ? SocketFrame.Text : SocketFrame.Binary;
                isOpen = (piece.Flags & FrameFlags.More) != 0;
                await WriteAsync(connection, SocketFrame.Make(opcode, !isOpen, piece.Data), end).ConfigureAwait(false);
                Owe(piece.Cost);
            }

            await WriteCloseAsync(connection, _close!).ConfigureAwait(false);
            await Task.Delay(CloseTime, end).ConfigureAwait(false);
            OnCancel();
        }
        catch (Exception e) when (IsBroken(e))
        {
            // The reading side finds the same.
        }
    }

    private async Task WriteAsync(ProgramConnection connection, byte[] frame, CancellationToken end)
    {
        await _writing.WaitAsync(end).ConfigureAwait(false);
        try
        {
            await connection.SendAsync(frame, end).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    // Nothing may come behind a close, and there is one alone (RFC 6455, section 5.5.1).
    private async Task WriteCloseAsync(ProgramConnection connection, byte[] frame)
    {
        await _writing.WaitAsync(Gone).ConfigureAwait(false);
        try
        {
            if (!_hasSentClose)
            {
                _hasSentClose = true;
                await connection.SendAsync(frame, Gone).ConfigureAwait(false);
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task<SocketFrame> ReadFrameAsync(ProgramConnection connection)
    {
        SocketFrame frame;
        int used;
        while (!SocketFrame.TryRead(connection.Buffered, out frame, out used))
        {
            await FillAsync(connection).ConfigureAwait(false);
        }

        connection.Skip(used);
        return frame;
    }

    private async Task<byte[]> ReadPayloadAsync(ProgramConnection connection, int length)
    {
        while (connection.Buffered.Length < length)
        {
            await FillAsync(connection).ConfigureAwait(false);
        }

        byte[] payload = connection.Buffered[..length].ToArray();
        connection.Skip(length);
        return payload;
    }

    private async ValueTask FillAsync(ProgramConnection connection)
    {
        if (!await connection.FillAsync(Gone).ConfigureAwait(false))
        {
            throw new ProgramException("has broken off a WebSocket");
        }
    }

    private static (ushort Code, byte[] Reason) ReadClose(byte[] payload)
    {
        if (payload.Length < 2)
        {
            return (SocketFrame.NoCode, []);
        }

        ushort code = BinaryPrimitives.ReadUInt16BigEndian(payload);

        // Those that cannot be in a close (section 7.4.1).
        bool isSendable = code is >= 1000 and <= 4999 and not (1004 or SocketFrame.NoCode or SocketFrame.Lost or 1015);
        return isSendable ? (code, payload[2..]) : ((ushort)RuleCode, []);
    }

    private bool TryEnd() => Interlocked.Exchange(ref _isOver, 1) == 0;

    private void EndOnce()
    {
        if (TryEnd())
        {
            EndCancelled();
        }
    }

    private async Task FailSessionAsync(Exception error, bool isSent)
    {
        if (_close is not null || IsGone)
        {
            // Its client has left before, and is not to be told.
            EndOnce();
        }
        else if (_isAccepted)
        {
            if (!await Link.Program.EndsAsync().ConfigureAwait(false) && TryEnd())
            {
                Link.Front.SendReset(Id, ResetReason.NoResponse, "The program has broken off the session.");
                Link.Forget(this);
            }
        }
        else
        {
            await FailAsync(error, isSent).ConfigureAwait(false);
        }
    }
}
