namespace Hydra.Dispatch;

/// <summary>
/// Which worker a key is for, by rendezvous hashing: each worker's index has a weight for each key, and the greatest one counts. A worker more takes
/// keys only for itself, one less gives away only its own. Always the same for the same indexes, also in the next run of the server.
/// </summary>
internal static class AffinityPlace
{
    /// <summary>How much a worker's index weighs for a key.</summary>
    /// <param name="key">A hash of the key, of which all bits are as good as random.</param>
    /// <param name="index">The index, from 0.</param>
    public static ulong Weight(ulong key, int index)
    {
        // The finalizer of SplitMix64, whose steps are Weyl's.
        ulong x = key + ((ulong)(index + 1) * 0x9E3779B97F4A7C15);
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
