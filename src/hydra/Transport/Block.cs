using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hydra.Transport;

/// <summary>
/// A piece of memory with bytes from <see cref="Start"/> to <see cref="End"/>, and a link of a sequence. Not safe for threads: it
/// belongs to whoever rented it.
/// </summary>
internal sealed class Block : ReadOnlySequenceSegment<byte>
{
    // What all blocks of files have in the place of memory: nobody reads it, and writers only advance over it.
    private static readonly byte[] Nothing = GC.AllocateUninitializedArray<byte>(1024 * 1024);

    /// <summary>Makes a block; <see cref="BlockPool"/> does.</summary>
    /// <param name="size">Bytes.</param>
    /// <param name="pinned">Whether the memory stays where it is, so that several system calls can be collected.</param>
    public unsafe Block(int size, bool pinned = false)
    {
        Bytes = GC.AllocateUninitializedArray<byte>(size, pinned);
        Address = pinned ? (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(Bytes)) : null;
    }

    /// <summary>Makes one that stands for bytes of a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">Where in it the block begins.</param>
    public Block(SafeFileHandle file, long offset)
    {
        Bytes = Nothing;
        File = file;
        FileOffset = offset;
    }

    /// <summary>Bytes that a block of a file may stand for.</summary>
    public static int FilePieceSize => Nothing.Length;

    /// <summary>The file whose bytes it stands for, or null where it has bytes of its own.</summary>
    public SafeFileHandle? File { get; }

    /// <summary>Where in the file it begins.</summary>
    public long FileOffset { get; }

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
