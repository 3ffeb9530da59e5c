using Hydra.Primitives;

namespace Hydra.Configuration;

/// <summary>Files that the server itself serves.</summary>
internal sealed record StaticOptions
{
    /// <summary>Where files are, and where they are shown.</summary>
    public IReadOnlyList<StaticMount> Mounts { get; init; } = [];

    /// <summary>Paths of granian's --static-path-route, in the order of <see cref="Directories"/>.</summary>
    public IReadOnlyList<string> Routes { get; init; } = [];

    /// <summary>Directories of granian's --static-path-mount.</summary>
    public IReadOnlyList<string> Directories { get; init; } = [];

    /// <summary>Whether what is not there is for the application; null where the place decides.</summary>
    public bool? FallsBack { get; init; }

    /// <summary>The file that stands for its directory, or null for none.</summary>
    public string? Index { get; init; } = "index.html";

    /// <summary>The file that answers for pages that are not there, or null for none.</summary>
    public string? Spa { get; init; }

    /// <summary>Patterns of names or paths, and values of Cache-Control; the first that fits counts.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> CacheControl { get; init; } = [];

    /// <summary>How long clients may keep what nothing else is said of; zero to have them ask each time.</summary>
    public TimeSpan Expires { get; init; }

    /// <summary>Ends of names without their dot, and media types.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> MediaTypes { get; init; } = [];

    /// <summary>Whether directories without an index are listed.</summary>
    public bool Lists { get; init; }

    /// <summary>Whether links may lead out of a directory.</summary>
    public bool FollowsLinks { get; init; }

    /// <summary>Bytes of memory that small files may take.</summary>
    public long Memory { get; init; } = 32 * 1024 * 1024;
}

/// <summary>A directory, or a file, and the place where it is shown.</summary>
/// <param name="Place">The place.</param>
/// <param name="Directory">The directory or file, as the user wrote it.</param>
internal sealed record StaticMount(MountPlace Place, string Directory);
