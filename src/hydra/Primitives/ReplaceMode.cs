namespace Hydra.Primitives;

/// <summary>Whether a worker and the one that takes its place run at the same time.</summary>
internal enum ReplaceMode
{
    /// <summary>They do, unless the new one cannot start because of something that only one can have.</summary>
    Auto,

    /// <summary>They always do.</summary>
    Overlap,

    /// <summary>They never do.</summary>
    StopFirst,
}
