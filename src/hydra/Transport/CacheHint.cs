using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Hydra.Transport;

/// <summary>Asks the processor for memory that is about to be used. Any thread; changes nothing, and never faults.</summary>
internal static unsafe class CacheHint
{
    private const int Line = 64;

    /// <summary>Fetches the lines around an object's address.</summary>
    /// <param name="target">The object. Should it be moved meanwhile, the hint is wasted.</param>
    /// <param name="before">How many bytes before its beginning.</param>
    /// <param name="after">How many bytes from its beginning.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Fetch(object target, int before, int after)
    {
        if (Sse.IsSupported)
        {
            byte* address = *(byte**)Unsafe.AsPointer(ref target);
            for (int offset = -before; offset < after; offset += Line)
            {
                Sse.Prefetch0(address + offset);
            }
        }
    }
}
