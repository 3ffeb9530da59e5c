using Hydra.Primitives;

namespace Hydra.Transport;

/// <summary>
/// Descriptors that clients do not get, so that a worker can still be replaced while they take all the others. The kernel gives the
/// lowest number that is free: a number beyond the clients' share says that the share is used up. Any thread.
/// </summary>
internal sealed class DescriptorReserve
{
    // A worker takes 10 while it starts: 3 pipes of two ends, the shim's file, its links.
    private const ulong Least = 16;
    private const ulong Most = 256;

    /// <summary>Takes an eighth of what the process may have, as the limit is now.</summary>
    public DescriptorReserve()
        : this(LoopSyscalls.DescriptorLimit())
    {
    }

    /// <summary>Takes an eighth of a limit.</summary>
    public DescriptorReserve(ulong limit)
    {
        ulong share = limit - Math.Min(limit, Math.Clamp(limit / 8, Least, Most));
        Share = (int)Math.Clamp(share, 1, int.MaxValue);
    }

    /// <summary>How many descriptors there are for all but the reserve.</summary>
    public int Share { get; }

    /// <summary>Whether a client that was given this descriptor has the last one of the share, or more.</summary>
    public bool IsUsedUpBy(int descriptor) => descriptor >= Share - 1;

    /// <summary>Asks the kernel whether another client may have a descriptor.</summary>
    public bool IsUsedUp()
    {
        int next = LoopSyscalls.EventFd();
        if (next >= 0)
        {
            _ = LibC.Close(next);
        }

        return next < 0 || next >= Share;
    }
}
