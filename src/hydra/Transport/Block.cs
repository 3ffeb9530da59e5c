using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hydra.Transport;

/// <summary>
/// A piece of memory with bytes from <see cref="Start"/> to <see cref="End"/>, and a link of a sequence. Not safe for threads: it
/// belongs to whoever rented it.
/// </summary>
internal sealed class Block : ReadOnlySequenceSegment<byte>
{
    /// <summary>Makes a block; <see cref="BlockPool"/> does.</summary>
    /// <param name="size">Bytes.</param>
    /// <param name="pinned">Whether the memory stays where it is, so that several system calls can be collected.</param>
    public unsafe Block(int size, bool pinned = false)
    {
        Bytes = GC.AllocateUninitializedArray<byte>(size, pinned);
        Address = pinned ? (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(Bytes)) : null;
    }

    /// <summary>What is rented: all of it, used or not.</summary>
    public byte[] Bytes { get; }

    /// <summary>Where the memory is, if it is pinned; else null.</summary>
    public unsafe byte* Address { get; }

    /// <summary>Where the bytes begin that are of use.</summary>
    public int Start { get; set; }

    /// <summary>Where they end.</summary>
    public int End { get; set; }

    /// <summary>How many they are.</summary>
    public int Length => End - Start;

    /// <summary>How many more fit.</summary>
    public int Room => Bytes.Length - End;

    /// <summary>The block behind this one.</summary>
    public Block? NextBlock => (Block?)Next;

    /// <summary>Puts a block behind this one. This one must be complete.</summary>
    public void Append(Block block)
    {
        block.RunningIndex = RunningIndex + End;
        Next = block;
    }

    /// <summary>Lets a sequence see the bytes up to <see cref="End"/>.</summary>
    public void Publish() => Memory = new ReadOnlyMemory<byte>(Bytes, 0, End);

    /// <summary>Makes it as good as new.</summary>
    public void Reset()
    {
        Start = 0;
        End = 0;
        Next = null;
        RunningIndex = 0;
    }
}
