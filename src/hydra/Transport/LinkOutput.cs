using System.Buffers;

namespace Hydra.Transport;

/// <summary>A growing buffer of bytes to send. Not safe for threads: its channel's gate guards it.</summary>
internal sealed class LinkOutput : IBufferWriter<byte>
{
    // What an idle link keeps; a burst may grow the buffer, and TrimWhenEmpty gives the surplus back.
    private const int IdleCapacity = 64 * 1024;

    // What is expected of the next batch at most: it is likely to be as large as the last, and to grow is to copy.
    private const int MostExpected = 1024 * 1024;

    private byte[] _buffer = [];
    private int _count;
    private int _expected;

    /// <summary>Bytes written and not yet taken.</summary>
    public int Count => _count;

    /// <summary>The bytes written so far.</summary>
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _count);

    /// <summary>The bytes written so far, as memory for an asynchronous send.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _buffer.AsMemory(0, _count);

    /// <inheritdoc/>
    public void Advance(int count) => _count += count;

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureRoom(sizeHint);
        return _buffer.AsMemory(_count);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        EnsureRoom(sizeHint);
        return _buffer.AsSpan(_count);
    }

    /// <summary>Copies bytes behind what was written so far.</summary>
    public void Write(ReadOnlySpan<byte> data)
    {
        EnsureRoom(data.Length);
        data.CopyTo(_buffer.AsSpan(_count));
        _count += data.Length;
    }

    /// <summary>Forgets everything written, and gives back memory beyond what an idle link keeps.</summary>
    public void Clear()
    {
        _expected = Math.Min(_count, MostExpected);
        _count = 0;
        if (_buffer.Length > IdleCapacity)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }
    }

    private void EnsureRoom(int size)
    {
        if (_buffer.Length - _count < Math.Max(size, 1))
        {
            Grow(size);
        }
    }

    private void Grow(int size)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(Math.Max(IdleCapacity / 4, _expected), _count + size), _buffer.Length * 2));
        Written.CopyTo(larger);
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = larger;
    }
}
