using System.Buffers;
using System.Net.Sockets;

namespace Hydra.Bridge;

/// <summary>
/// A connection to the program, with what was read of it and not used yet. One reader and one writer at a time; both end when it is disposed of.
/// </summary>
internal sealed class ProgramConnection(Socket socket) : IDisposable
{
    private const int FirstSize = 32 * 1024;

    // The fields that the protocol can carry, and the line in front of them.
    private const int LargestHead = 160 * 1024;

    private byte[] _buffer = [];
    private int _start;
    private int _end;

    /// <summary>Whether it has served a request before: the program may have closed it in this moment.</summary>
    public bool IsReused { get; private set; }

    /// <summary>Since when nobody uses it, in milliseconds of <see cref="Environment.TickCount64"/>.</summary>
    public long IdleSince { get; private set; }

    /// <summary>What has come. Valid until the next read.</summary>
    public Span<byte> Buffered => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Whether something has come of the answer.</summary>
    public bool HasRead { get; private set; }

    /// <summary>Takes bytes that were used out of <see cref="Buffered"/>.</summary>
    public void Skip(int count) => _start += count;

    /// <summary>Bytes of <see cref="Buffered"/> for whoever goes on with them later, before the next read.</summary>
    public ReadOnlyMemory<byte> Peek(int count) => _buffer.AsMemory(_start, count);

    /// <summary>Reads more.</summary>
    /// <returns>False at the end of what the program sends.</returns>
    /// <exception cref="SocketException">The connection was reset.</exception>
    /// <exception cref="ProgramException">A head is too large.</exception>
    public async ValueTask<bool> FillAsync(CancellationToken cancellation)
    {
        MakeRoom();
        int count = await socket.ReceiveAsync(_buffer.AsMemory(_end), cancellation).ConfigureAwait(false);
        _end += count;
        HasRead |= count > 0;
        return count > 0;
    }

    /// <summary>Sends all of it.</summary>
    /// <exception cref="SocketException">The program takes no more.</exception>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation)
    {
        while (data.Length > 0)
        {
            data = data[await socket.SendAsync(data, cancellation).ConfigureAwait(false)..];
        }
    }

    /// <summary>Tells the program that nothing more is sent: that its client goes. It may still answer.</summary>
    public void FinishSending()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is over already.
        }
    }

    /// <summary>Its request is over: it can serve another one.</summary>
    public void Rest()
    {
        IsReused = true;
        HasRead = false;
        IdleSince = Environment.TickCount64;
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            (_buffer, _start, _end) = ([], 0, 0);
        }
    }

    /// <summary>Whether it is still open, and nothing has come that nobody asked for.</summary>
    /// <param name="longest">Milliseconds that it may have been idle.</param>
    public bool IsUsable(long longest)
    {
        try
        {
            return Environment.TickCount64 - IdleSince < longest && !socket.Poll(0, SelectMode.SelectRead);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();

    private void MakeRoom()
    {
        if (_start == _end)
        {
            (_start, _end) = (0, 0);
        }

        if (_end < _buffer.Length)
        {
            return;
        }

        int count = _end - _start;
        byte[] next = _buffer;
        if (_start == 0)
        {
            if (count >= LargestHead)
            {
                throw new ProgramException("has answered with a head that is too large");
            }

            next = ArrayPool<byte>.Shared.Rent(Math.Max(FirstSize, 2 * count));
        }

        _buffer.AsSpan(_start, count).CopyTo(next);
        if (next != _buffer && _buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        (_buffer, _start, _end) = (next, 0, count);
    }
}
