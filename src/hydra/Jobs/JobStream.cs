using System.Buffers.Binary;
using Hydra.State;

namespace Hydra.Jobs;

/// <summary>
/// What a stream has given and nobody has read yet, as its reader gets it: each part behind its length. The process that gives has its answer when there is
/// room for more, so a slow reader has the process wait. Under the desk's gate.
/// </summary>
internal sealed class JobStream
{
    /// <summary>Bytes that may wait for the reader before the process waits.</summary>
    public const int Window = 256 * 1024;

    private readonly List<byte[]> _parts = [];
    private int _bytes;

    /// <summary>Whether something waits for the reader.</summary>
    public bool HasParts => _parts.Count > 0;

    /// <summary>Whether the process has to wait.</summary>
    public bool IsFull => _bytes > Window;

    /// <summary>Whether something has come of it at all.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>The process whose last part has no answer yet.</summary>
    public (IStateCaller Caller, uint Sequence)? Giver { get; set; }

    /// <summary>What it ended with: 0 with all that there is, 1 with an exception; null while it goes on.</summary>
    public (int Outcome, byte[] Value)? End { get; set; }

    /// <summary>What it ended with, where that is neither.</summary>
    public StateResult? Failure { get; set; }

    /// <summary>Another part.</summary>
    public void Add(ReadOnlySpan<byte> part)
    {
        byte[] framed = new byte[sizeof(int) + part.Length];
        BinaryPrimitives.WriteInt32LittleEndian(framed, part.Length);
        part.CopyTo(framed.AsSpan(sizeof(int)));
        _parts.Add(framed);
        _bytes += framed.Length;
        HasBegun = true;
    }

    /// <summary>Takes all parts that wait.</summary>
    public byte[] Take()
    {
        byte[] taken = _parts is [var one] ? one : [.. _parts.SelectMany(static part => part)];
        _parts.Clear();
        _bytes = 0;
        return taken;
    }
}
