using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;

namespace Hydra.Http;

/// <summary>
/// Frames to a session's client (RFC 6455, section 5), straight into the output of its connection, without what HTTP has between. A gate keeps
/// them apart, so that any thread may send; nothing follows a close.
/// </summary>
/// <param name="output">The connection's.</param>
#pragma warning disable CA1001 // A semaphore without a wait handle holds nothing, and frames may be on their way when the session is over.
internal sealed class SessionWire(PipeWriter output)
#pragma warning restore CA1001
{
    /// <summary>Bytes of the longest head of a frame.</summary>
    public const int LongestHead = 10;

    // A large block of the connection's.
    private const int LongestPiece = 64 * 1024;

    private readonly SemaphoreSlim _gate = new(1, 1);
    private volatile bool _isClosed;
    private int _taken;

    // What the latest ping has carried that is not answered yet; an earlier one need not be (section 5.5.3).
    private byte[]? _pong;
    private int _isAnswering;

    /// <summary>Whether a close was sent.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>Changes when a client that was behind has taken something.</summary>
    public int Taken => Volatile.Read(ref _taken);

    /// <summary>Sends a frame, unless another is on its way.</summary>
    /// <param name="first">Its first byte: whether it is the last of its message, whether that is compressed, and the opcode.</param>
    /// <param name="data">What it carries.</param>
    /// <param name="done">Complete when the connection has room for more.</param>
    /// <returns>False where nothing was sent.</returns>
    public bool TrySend(byte first, ReadOnlySpan<byte> data, out ValueTask done)
    {
        if (!_gate.Wait(0, CancellationToken.None))
        {
            done = default;
            return false;
        }

        done = Write(first, data);
        return true;
    }

    /// <summary>Sends a frame that was made for many, unless another is on its way.</summary>
    /// <param name="frame">All of it: no close.</param>
    /// <param name="done">Complete when the connection has room for more.</param>
    /// <returns>False where nothing was sent.</returns>
    public bool TrySend(ReadOnlySpan<byte> frame, out ValueTask done)
    {
        if (!_gate.Wait(0, CancellationToken.None))
        {
            done = default;
            return false;
        }

        done = Write(0, frame, isWhole: true);
        return true;
    }

    /// <summary>Sends a frame that was made for many when the one on its way has left.</summary>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> frame)
    {
        await _gate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        await Write(0, frame.Span, isWhole: true).ConfigureAwait(false);
    }

    /// <summary>Sends a frame when the one on its way has left.</summary>
    public async ValueTask SendAsync(byte first, ReadOnlyMemory<byte> data)
    {
        await _gate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        await Write(first, data.Span).ConfigureAwait(false);
    }

    /// <summary>Sends the close.</summary>
    /// <param name="code">Why; 1005 for a close that does not say it (section 7.1.5).</param>
    /// <param name="reason">More of that, in UTF-8, at most 123 bytes.</param>
    public ValueTask CloseAsync(ushort code, ReadOnlySpan<byte> reason)
    {
        byte[] payload = code is SessionEnd.NoCode ? [] : new byte[2 + reason.Length];
        if (payload.Length > 0)
        {
            BinaryPrimitives.WriteUInt16BigEndian(payload, code);
            reason.CopyTo(payload.AsSpan(2));
        }

        return SendAsync(SessionFrame.Final | SessionFrame.Close, payload);
    }

    /// <summary>Answers a ping, without having its reader wait for it: a client that only sends is read on.</summary>
    public void Answer(in ReadOnlySequence<byte> payload)
    {
        Volatile.Write(ref _pong, payload.ToArray());
        if (Interlocked.Exchange(ref _isAnswering, 1) == 0)
        {
            _ = AnswerAsync();
        }
    }

    private async Task AnswerAsync()
    {
        try
        {
            do
            {
                while (Interlocked.Exchange(ref _pong, null) is { } payload)
                {
                    await SendAsync(SessionFrame.Final | SessionFrame.Pong, payload).ConfigureAwait(false);
                }

                Volatile.Write(ref _isAnswering, 0);
            }
            while (Volatile.Read(ref _pong) is not null && Interlocked.Exchange(ref _isAnswering, 1) == 0);
        }
        catch (Exception e) when (SessionEnd.IsOver(e))
        {
            // Who reads hears of it as well.
        }
    }

    // In the gate, which opens when it is done.
    private ValueTask Write(byte first, ReadOnlySpan<byte> data, bool isWhole = false)
    {
        ValueTask<FlushResult> flush;
        try
        {
            if (_isClosed)
            {
                _gate.Release();
                return ValueTask.CompletedTask;
            }

            _isClosed = (first & 15) == SessionFrame.Close;
            if (isWhole)
            {
                WriteWhole(data);
            }
            else
            {
                WriteFrame(first, data);
            }

            flush = output.FlushAsync(CancellationToken.None);
        }
        catch
        {
            _gate.Release();
            throw;
        }

        if (!flush.IsCompletedSuccessfully)
        {
            return OpenAsync(flush);
        }

        _ = flush.Result;
        _gate.Release();
        return ValueTask.CompletedTask;
    }

    private void WriteWhole(ReadOnlySpan<byte> frame)
    {
        if (frame.Length > LongestPiece)
        {
            output.Write(frame);
            return;
        }

        frame.CopyTo(output.GetSpan(frame.Length));
        output.Advance(frame.Length);
    }

    // In one piece of memory where that is not much: one system call sends it.
    private void WriteFrame(byte first, ReadOnlySpan<byte> data)
    {
        bool isOnePiece = data.Length <= LongestPiece - LongestHead;
        Span<byte> target = output.GetSpan(isOnePiece ? LongestHead + data.Length : LongestHead);
        int size = WriteHead(target, first, data.Length);
        if (isOnePiece)
        {
            data.CopyTo(target[size..]);
            output.Advance(size + data.Length);
        }
        else
        {
            output.Advance(size);
            output.Write(data);
        }
    }

    /// <summary>Writes the head of a frame to a client (section 5.2), which has no mask.</summary>
    /// <returns>How long it is.</returns>
    public static int WriteHead(Span<byte> head, byte first, int length)
    {
        head[0] = first;
        if (length < 126)
        {
            head[1] = (byte)length;
            return 2;
        }

        if (length <= ushort.MaxValue)
        {
            head[1] = 126;
            BinaryPrimitives.WriteUInt16BigEndian(head[2..], (ushort)length);
            return 4;
        }

        head[1] = 127;
        BinaryPrimitives.WriteUInt64BigEndian(head[2..], (ulong)length);
        return 10;
    }

    private async ValueTask OpenAsync(ValueTask<FlushResult> flush)
    {
        try
        {
            await flush.ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Increment(ref _taken);
            _gate.Release();
        }
    }
}
