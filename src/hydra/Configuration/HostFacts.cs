namespace Hydra.Configuration;

/// <summary>What defaults depend on beside the options: the machine.</summary>
/// <param name="Processors">
/// CPUs that this process may use. <see cref="Environment.ProcessorCount"/> is the smaller of the affinity mask and the cgroup's quota
/// (v1 and v2, rounded up to whole CPUs), so a container gets what it was given and not what the host has.
/// </param>
/// <param name="IsWindows">Windows has no Unix sockets in Python.</param>
internal sealed record HostFacts(int Processors, bool IsWindows)
{
    /// <summary>This machine.</summary>
    public static HostFacts Current => new(Environment.ProcessorCount, OperatingSystem.IsWindows());
}
