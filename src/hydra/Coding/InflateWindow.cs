using Hydra.Primitives;

namespace Hydra.Coding;

/// <summary>The last 32 KiB of what was decoded of DEFLATE, which what follows may copy (RFC 1951, section 2). One user at a time.</summary>
internal sealed class InflateWindow : IDisposable
{
    private const int Size = 32 * 1024;

    // The last bytes are at its end.
    private readonly byte[] _bytes = BufferPool.Rent(Size);

    /// <summary>Bytes that there are.</summary>
    public int Known { get; private set; }

    /// <summary>Another stream begins, and knows nothing of this one.</summary>
    public void Restart() => Known = 0;

    /// <summary>Copies what came a distance ago.</summary>
    /// <param name="target">What was decoded since <see cref="Remember"/>, with room behind it.</param>
    /// <param name="written">Bytes of that.</param>
    /// <param name="distance">How far back it lies: no further than there is anything.</param>
    /// <param name="count">Bytes to copy, for which there is room.</param>
    public void Copy(Span<byte> target, int written, int distance, int count)
    {
        while (count > 0 && distance > written)
        {
            int back = distance - written;
            int piece = Math.Min(count, back);
            _bytes.AsSpan(Size - back, piece).CopyTo(target[written..]);
            written += piece;
            count -= piece;
        }

        // It may go on with what it has just written.
        while (count > 0)
        {
            int piece = Math.Min(count, distance);
            target.Slice(written - distance, piece).CopyTo(target[written..]);
            written += piece;
            count -= piece;
        }
    }

    /// <summary>Keeps the last of what was decoded.</summary>
    public void Remember(ReadOnlySpan<byte> written)
    {
        if (written.IsEmpty)
        {
            return;
        }

        Span<byte> window = _bytes.AsSpan(0, Size);
        if (written.Length < Size)
        {
            window[written.Length..].CopyTo(window);
        }

        ReadOnlySpan<byte> last = written.Length < Size ? written : written[^Size..];
        last.CopyTo(window[^last.Length..]);
        Known = Math.Min(Size, Known + written.Length);
    }

    /// <inheritdoc/>
    public void Dispose() => BufferPool.Return(_bytes);
}
