namespace Hydra.Files;

/// <summary>How files are served. Immutable.</summary>
internal sealed record StaticSettings
{
    /// <summary>The file that stands for its directory, or null for none.</summary>
    public string? Index { get; init; }

    /// <summary>The file that answers for pages that are not there, or null for none.</summary>
    public string? Spa { get; init; }

    /// <summary>How long clients may keep files.</summary>
    public CacheRules Cache { get; init; } = new([], CacheRules.Ask);

    /// <summary>What kinds of files there are.</summary>
    public MediaTypes Types { get; init; } = new([]);

    /// <summary>What compresses files that are taken into memory; null where nothing does.</summary>
    public FileCompressor? Compressor { get; init; }

    /// <summary>Whether directories without an index are listed.</summary>
    public bool Lists { get; init; }

    /// <summary>Whether links may lead out of a directory.</summary>
    public bool FollowsLinks { get; init; }
}

/// <summary>Where files are, and where they are shown.</summary>
/// <param name="Directory">The directory's absolute path.</param>
/// <param name="Path">The path below which they are shown, decoded: empty, or with a slash in front and none behind.</param>
/// <param name="FallsBack">Whether what is not there is for the application.</param>
internal sealed record StaticSource(string Directory, string Path, bool FallsBack)
{
    /// <summary>The only file that is shown, in the place of the directory; null where all are.</summary>
    public string? OnlyFile { get; init; }
}
