using System.Buffers;

namespace Hydra.Primitives;

/// <summary>
/// Buffers for one request each. Those of 1 KiB, which are nearly all, are kept for each thread without a lock: the shared pool keeps
/// some dozens, and with hundreds of requests under way most would be made anew. Any thread.
/// </summary>
internal static class BufferPool
{
    /// <summary>The length of the smallest buffer, in bytes.</summary>
    public const int SmallSize = 1024;

    // 1 MiB for each thread that uses them.
    private const int MostKept = 1024;

    [ThreadStatic]
    private static Stack<byte[]>? _kept;

    /// <summary>A buffer with at least so many bytes, whose contents are anything.</summary>
    public static byte[] Rent(int size)
    {
        if (size > SmallSize)
        {
            return ArrayPool<byte>.Shared.Rent(size);
        }

        return _kept is not null && _kept.TryPop(out byte[]? buffer) ? buffer : GC.AllocateUninitializedArray<byte>(SmallSize);
    }

    /// <summary>Takes a buffer back. Nobody may hold on to it.</summary>
    public static void Return(byte[] buffer)
    {
        if (buffer.Length > SmallSize)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            return;
        }

        Stack<byte[]> kept = _kept ??= new Stack<byte[]>();
        if (kept.Count < MostKept)
        {
            kept.Push(buffer);
        }
    }
}
