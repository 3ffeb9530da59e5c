namespace Hydra.Coding;

/// <summary>Decodes one body that comes in pieces. One user at a time; disposing of it gives back what it holds.</summary>
internal abstract class BodyDecoder : IDisposable
{
    /// <summary>Bytes that each holds from its beginning: tables, and gzip's window.</summary>
    public const int Cost = 64 * 1024;

    /// <summary>Whether what came so far is complete. More of it may follow where a coding has that.</summary>
    public abstract bool IsDone { get; }

    /// <summary>
    /// The most bytes of what was decoded that it holds for what refers back to it: what is held grows with what was decoded, up to this
    /// (RFC 1951, section 2; RFC 7932, section 9.1; RFC 9659).
    /// </summary>
    public abstract int Window { get; }

    /// <summary>A decoder for one body.</summary>
    /// <param name="coding">Any but identity.</param>
    public static BodyDecoder Create(ContentCoding coding) => coding switch
    {
        ContentCoding.Gzip => new InflateDecoder(isGzip: true),
        ContentCoding.Deflate => new InflateDecoder(isGzip: false),
        ContentCoding.Brotli => new BrotliBodyDecoder(),
        ContentCoding.Zstd => new ZstdDecoder(),
        _ => throw new ArgumentOutOfRangeException(nameof(coding)),
    };

    /// <summary>Decodes. As long as there is room it takes all of what it is given, unless that goes on behind the end.</summary>
    /// <param name="source">More of the body, or nothing to have what waits come out.</param>
    /// <param name="target">Where it comes out; not empty.</param>
    /// <param name="written">Bytes that came out.</param>
    /// <returns>Bytes that were taken.</returns>
    /// <exception cref="InvalidDataException">It is not coded so.</exception>
    public abstract int Decode(ReadOnlySpan<byte> source, Span<byte> target, out int written);

    /// <inheritdoc/>
    public void Dispose() => Release();

    /// <summary>Gives back what it holds. Called once.</summary>
    private protected abstract void Release();
}
