namespace Hydra.Transport;

/// <summary>
/// The blocks of one loop, in three sizes. Any thread may rent and return; the loop's own thread does so without a lock, and gets
/// the block it used last, which is still in the processor's cache. What exceeds the bounds is left to the garbage collector.
/// </summary>
internal sealed class BlockPool(EventLoop owner)
{
    /// <summary>For requests: nearly every head fits, and a client that sends its head slowly holds no more than this.</summary>
    public const int SmallSize = 4 * 1024;

    /// <summary>For responses: most fit whole, so that one send takes them.</summary>
    public const int MiddleSize = 16 * 1024;

    /// <summary>For bodies: one system call moves this much. Below the large object heap's threshold.</summary>
    public const int LargeSize = 64 * 1024;

    // 2 MiB of each: more than a busy loop has in use at once. Large blocks are worth a system call of their own, so they are not
    // pinned.
    private readonly Shelf _small = new(SmallSize, 512, pinned: 512);
    private readonly Shelf _middle = new(MiddleSize, 128, pinned: 128);
    private readonly Shelf _large = new(LargeSize, 32, pinned: 0);

    /// <summary>How many blocks were made because none was free, for tests and figures.</summary>
    public int Made => _small.Made + _middle.Made + _large.Made;

    /// <summary>Rents a block with room for a number of bytes, however many.</summary>
    public Block Rent(int size) => size switch
    {
        <= SmallSize => _small.Rent(IsOwner),
        <= MiddleSize => _middle.Rent(IsOwner),
        <= LargeSize => _large.Rent(IsOwner),
        _ => new Block(size),
    };

    /// <summary>Takes a block back. Nobody may hold on to its memory.</summary>
    public void Return(Block block)
    {
        block.Reset();
        switch (block.Bytes.Length)
        {
            case SmallSize:
                _small.Return(block, IsOwner);
                break;
            case MiddleSize:
                _middle.Return(block, IsOwner);
                break;
            case LargeSize:
                _large.Return(block, IsOwner);
                break;
        }
    }

    private bool IsOwner => owner.IsCurrent;

    private sealed class Shelf(int size, int capacity, int pinned)
    {
        private readonly Block?[] _own = new Block?[capacity];
        private int _ownCount;

        private readonly Lock _lock = new();
        private readonly Block?[] _shared = new Block?[capacity];
        private volatile int _sharedCount;
        private int _made;

        public int Made => Volatile.Read(ref _made);

        public Block Rent(bool owner)
        {
            if (owner && _ownCount > 0)
            {
                Block block = _own[--_ownCount]!;
                _own[_ownCount] = null;
                return block;
            }

            return TakeShared() ?? Make();
        }

        public void Return(Block block, bool owner)
        {
            if (owner && _ownCount < capacity)
            {
                _own[_ownCount++] = block;
                return;
            }

            lock (_lock)
            {
                if (_sharedCount < capacity)
                {
                    _shared[_sharedCount++] = block;
                }
            }
        }

        private Block Make()
        {
            // Pinned memory is collected late, so there is no more of it than the shelf can hold.
            int made = Interlocked.Increment(ref _made);
            return new Block(size, made <= pinned);
        }

        private Block? TakeShared()
        {
            if (_sharedCount == 0)
            {
                return null;
            }

            lock (_lock)
            {
                if (_sharedCount == 0)
                {
                    return null;
                }

                Block? block = _shared[--_sharedCount];
                _shared[_sharedCount] = null;
                return block;
            }
        }
    }
}
