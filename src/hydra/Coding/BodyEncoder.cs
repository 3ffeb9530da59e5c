using System.Buffers;

namespace Hydra.Coding;

/// <summary>Encodes one body that comes in pieces. One user at a time; disposing of it gives back what it holds.</summary>
internal abstract class BodyEncoder : IDisposable
{
    // Bytes of room that a call of the library gets at a time.
    private protected const int Step = 4096;

    // Windows are 128 KiB: larger ones gain little on what a page has, and each stream would hold megabytes.
    private protected const int WindowBits = 17;

    /// <summary>Bytes that came out so far.</summary>
    public long BytesOut { get; private protected set; }

    /// <summary>About how many bytes a stream holds while it lasts: window, tables, and what waits in it. An estimate from its settings.</summary>
    public static int Cost(ContentCoding coding) => coding switch
    {
        ContentCoding.Gzip => 384 * 1024,
        ContentCoding.Brotli => 1024 * 1024,
        _ => 1280 * 1024,
    };

    /// <summary>An encoder for one body.</summary>
    /// <param name="coding">Gzip, Brotli or Zstd.</param>
    /// <param name="levels">How hard it is to try.</param>
    public static BodyEncoder Create(ContentCoding coding, CodingLevels levels) => coding switch
    {
        ContentCoding.Gzip => new GzipEncoder(levels.Gzip),
        ContentCoding.Brotli => new BrotliBodyEncoder(levels.Brotli),
        ContentCoding.Zstd => ZstdEncoder.Rent(levels.Zstd),
        _ => throw new ArgumentOutOfRangeException(nameof(coding)),
    };

    /// <summary>More of the body. What comes out of it may come later.</summary>
    public abstract void Write(ReadOnlySpan<byte> data, IBufferWriter<byte> target);

    /// <summary>Has everything come out that was written: the other end can decode all of it then.</summary>
    public abstract void Flush(IBufferWriter<byte> target);

    /// <summary>The body is complete.</summary>
    public abstract void Finish(IBufferWriter<byte> target);

    /// <inheritdoc/>
    public void Dispose() => Release();

    /// <summary>Gives back what it holds. Called once.</summary>
    private protected abstract void Release();
}
