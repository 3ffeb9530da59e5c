using System.Buffers.Binary;
using System.Security.Cryptography;
using Hydra.Primitives;

namespace Hydra.Dispatch;

/// <summary>
/// Hashes of what is sent by clients. Those for places are the same in every run, so that a worker's files may belong to its keys; whoever makes up keys can have
/// them all at one worker, as he can with one key. Those for memories nobody outside can aim at.
/// </summary>
internal static class KeyHash
{
    private static readonly (ulong Low, ulong High) Secret = Draw();

    /// <summary>For choosing a worker; never 0.</summary>
    public static ulong ForPlace(ReadOnlySpan<byte> key) => Math.Max(1, SipHash.Of(0x687964726120616e, 0x6420697473206b65, key));

    /// <summary>For remembering; never 0.</summary>
    public static ulong ForMemory(ReadOnlySpan<byte> key) => Math.Max(1, SipHash.Of(Secret.Low, Secret.High, key));

    private static (ulong Low, ulong High) Draw()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        return (BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));
    }
}
