namespace Hydra.Coding;

/// <summary>How hard each coding tries.</summary>
internal sealed record CodingLevels
{
    /// <summary>Levels with which a 10 KB page costs about as much as nginx's gzip, and is smaller.</summary>
    public static CodingLevels Default { get; } = new();

    /// <summary>gzip's, 1 to 9.</summary>
    public int Gzip { get; init; } = 4;

    /// <summary>Brotli's quality, 0 to 11.</summary>
    public int Brotli { get; init; } = 4;

    /// <summary>Zstandard's, 1 to 19.</summary>
    public int Zstd { get; init; } = 3;

    /// <summary>The same with another level for one of them.</summary>
    public CodingLevels With(ContentCoding coding, int level) => coding switch
    {
        ContentCoding.Gzip => this with { Gzip = level },
        ContentCoding.Brotli => this with { Brotli = level },
        _ => this with { Zstd = level },
    };

    /// <summary>The least and the highest level of a coding.</summary>
    public static (int Least, int Highest) Range(ContentCoding coding) => coding switch
    {
        ContentCoding.Gzip => (1, 9),
        ContentCoding.Brotli => (0, 11),
        _ => (1, 19),
    };
}
