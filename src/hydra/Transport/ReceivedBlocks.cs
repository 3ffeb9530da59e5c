using System.Buffers;

namespace Hydra.Transport;

/// <summary>
/// The blocks between the kernel and a connection's reader, with the bytes that were received and not consumed. Held by the connection's
/// <see cref="LoopInput"/>; used by whoever has them: the reader, or the loop while the reader waits.
/// </summary>
internal struct ReceivedBlocks
{
    // Less room than this is not worth a system call.
    private const int LeastRoom = 512;

    // The bytes not consumed, from _head.Start to _tail.End.
    private Block? _head;
    private Block? _tail;

    // What a receive that the loop does for several connections at once is going to fill, and whether it is the reader's already.
    private Block? _prepared;
    private bool _isPreparedFresh;

    // The last receive has filled its block, so that more will come, or was more than a small one takes: what comes next is likely to be as much.
    private bool _isBulk;

    /// <summary>Whether there is nothing that was not consumed.</summary>
    public readonly bool IsEmpty => _head is null;

    /// <summary>The bytes that were not consumed.</summary>
    public readonly ReadOnlySequence<byte> Sequence
        => _head is null ? default : new ReadOnlySequence<byte>(_head, _head.Start, _tail!, _tail!.End);

    /// <summary>Whether a position of <see cref="Sequence"/> is its end.</summary>
    public readonly bool IsEnd(SequencePosition position)
    {
        // The positions of an empty buffer name no block.
        return _head is null || (position.GetObject() == _tail && position.GetInteger() == _tail!.End);
    }

    /// <summary>Lends a block for a receive; <see cref="Add"/> must follow.</summary>
    /// <param name="pool">Where blocks come from.</param>
    /// <param name="isFresh">Whether none of the bytes are in it.</param>
    public readonly Block RoomFor(BlockPool pool, out bool isFresh)
    {
        isFresh = _tail is not { Room: >= LeastRoom };
        return isFresh ? pool.Rent(_isBulk ? BlockPool.LargeSize : BlockPool.SmallSize) : _tail!;
    }

    /// <summary>Takes what a receive has returned.</summary>
    /// <param name="block">What <see cref="RoomFor"/> has lent.</param>
    /// <param name="isFresh">What it has said.</param>
    /// <param name="received">How many bytes it has received; nothing if negative.</param>
    /// <param name="pool">Where blocks go that got none.</param>
    /// <returns>Whether the block is full: the kernel may have more.</returns>
    public bool Add(Block block, bool isFresh, int received, BlockPool pool)
    {
        int room = block.Room;
        if (received > 0)
        {
            block.End += received;
            block.Publish();
            if (isFresh)
            {
                Append(block);
            }

            _isBulk = received == room || received > BlockPool.SmallSize;
        }
        else if (isFresh)
        {
            pool.Return(block);
        }

        return received >= room;
    }

    /// <summary>
    /// Lends memory that stays where it is, for a receive together with others; <see cref="TakePrepared"/> must follow. Bulk has large blocks,
    /// which are worth a system call of their own.
    /// </summary>
    public unsafe bool TryPrepare(BlockPool pool, out byte* target, out int room)
    {
        target = null;
        room = 0;
        if (_isBulk)
        {
            return false;
        }

        Block block = RoomFor(pool, out bool isFresh);
        if (block.Address is null)
        {
            if (isFresh)
            {
                pool.Return(block);
            }

            return false;
        }

        _prepared = block;
        _isPreparedFresh = isFresh;
        target = block.Address + block.End;
        room = block.Room;
        return true;
    }

    /// <summary>The block that was prepared, for <see cref="Add"/>.</summary>
    public Block TakePrepared(out bool isFresh)
    {
        Block block = _prepared!;
        _prepared = null;
        isFresh = _isPreparedFresh;
        return block;
    }

    /// <summary>The reader has consumed everything before a position of <see cref="Sequence"/>.</summary>
    /// <param name="position">The position.</param>
    /// <param name="pool">Where blocks go that are through.</param>
    /// <returns>How many bytes that were.</returns>
    public long Consume(SequencePosition position, BlockPool pool)
    {
        if (_head is null || position.GetObject() is not Block block)
        {
            return 0;
        }

        int index = position.GetInteger();
        long count = index - block.Start;
        for (Block first = _head; first != block; first = first.NextBlock!)
        {
            count += first.Length;
        }

        if (block == _tail && index == block.End)
        {
            Return(until: null, pool);
        }
        else
        {
            Return(block, pool);
            block.Start = index;
        }

        return count;
    }

    /// <summary>Forgets all bytes.</summary>
    public void Clear(BlockPool pool) => Return(until: null, pool);

    private void Append(Block fresh)
    {
        if (_tail is null)
        {
            _head = fresh;
        }
        else
        {
            _tail.Append(fresh);
        }

        _tail = fresh;
    }

    private void Return(Block? until, BlockPool pool)
    {
        Block? block = _head;
        while (block != until)
        {
            Block? next = block!.NextBlock;
            pool.Return(block);
            block = next;
        }

        _head = block;
        if (block is null)
        {
            _tail = null;
        }
    }
}
