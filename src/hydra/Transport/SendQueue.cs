using Microsoft.Win32.SafeHandles;

namespace Hydra.Transport;

/// <summary>
/// The bytes between a connection's writer and the kernel: the blocks that they are in, and how far sending has come. Held by the
/// connection's <see cref="LoopOutput"/>, which calls everything under its lock, but for <see cref="HasUnsent"/>, <see cref="IsBlocked"/>, what
/// says otherwise, and what the writer has to itself: <see cref="Tail"/>, <see cref="Unflushed"/> and <see cref="Advance"/>.
/// </summary>
internal struct SendQueue
{
    // The unsent bytes, then the unflushed ones, from _head to _tail.
    private Block? _head;
    private Block? _tail;
    private long _unsent;
    private long _unflushed;

    // The file whose bytes the writer writes, and where the next ones are; null where it writes bytes of its own.
    private SafeFileHandle? _file;
    private long _fileOffset;

    // The writer may be holding memory of the last block.
    private bool _leased;

    // Waits for the loop's next call, and is in it.
    private bool _queued;
    private bool _submitted;

    // The kernel refused something: the next edge goes on. Set before a send is tried, so that no edge falls between the two.
    private volatile bool _blocked;
    private volatile bool _dead;
    private bool _completed;

    // The loop is in the reader's code, and flushes have been left to it there: the loop's thread only.
    private bool _collecting;
    private bool _collected;

    /// <summary>Whether flushed bytes have not been sent yet.</summary>
    public bool HasUnsent => Volatile.Read(ref _unsent) > 0;

    /// <summary>How many flushed bytes have not been sent yet.</summary>
    public readonly long Unsent => _unsent;

    /// <summary>How many bytes the writer has not flushed.</summary>
    public readonly long Unflushed => _unflushed;

    /// <summary>Whether there are bytes that the kernel has not refused.</summary>
    public readonly bool CanSend => _unsent > 0 && !_blocked;

    /// <summary>Whether the kernel has to say first that it takes bytes again.</summary>
    public readonly bool IsBlocked => _blocked;

    /// <summary>Whether nothing is sent any more.</summary>
    public readonly bool IsDead => _dead;

    /// <summary>Whether the writer has written its last.</summary>
    public readonly bool IsCompleted => _completed;

    /// <summary>Whether there is nothing to send, and no reason why nothing should be.</summary>
    public readonly bool IsAtRest => _unsent == 0 && _unflushed == 0 && !_queued && !_submitted && !_blocked && !_dead && !_completed;

    /// <summary>Whether the kernel takes bytes, as far as is known, and nobody is writing any.</summary>
    public readonly bool IsTaking => _unflushed == 0 && !_leased && !_blocked && !_dead && !_completed;

    /// <summary>The block that the writer writes into.</summary>
    public readonly Block? Tail => _tail;

    /// <summary>Lends the writer a block with room; it stays until the next <see cref="Commit"/>.</summary>
    public Block Lease(int sizeHint, BlockPool pool)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        _leased = true;
        Block? tail = _tail;
        if (tail is not null && tail.Room >= Math.Max(sizeHint, 1) && tail.File == _file
            && (_file is null || tail.FileOffset + tail.End == _fileOffset))
        {
            return tail;
        }

        // Most responses fit the first block; what is longer comes in large ones.
        Block fresh = _file is { } file ? FileBlock(file, sizeHint)
            : pool.Rent(Math.Max(sizeHint, tail is null ? BlockPool.MiddleSize : BlockPool.LargeSize));
        if (tail is null)
        {
            _head = fresh;
        }
        else
        {
            tail.Append(fresh);
        }

        _tail = fresh;
        return fresh;
    }

    /// <summary>The writer has written.</summary>
    public void Advance(int bytes)
    {
        _tail!.End += bytes;
        _unflushed += bytes;
        if (_file is not null)
        {
            _fileOffset += bytes;
        }
    }

    /// <summary>What is written from now on is of a file. The writer's own.</summary>
    public void BeginFile(SafeFileHandle file, long offset)
    {
        _file = file;
        _fileOffset = offset;
    }

    /// <summary>What is written from now on is what the writer writes. The writer's own.</summary>
    public void EndFile() => _file = null;

    /// <summary>The writer has flushed: what it has written is to be sent.</summary>
    public void Commit(BlockPool pool)
    {
        _leased = false;
        _unsent += _unflushed;
        _unflushed = 0;
        if (_dead)
        {
            Die(pool);
        }
        else if (_unsent == 0)
        {
            ReturnSent(pool);
        }
    }

    /// <summary>The writer has written its last; what it has written is still sent.</summary>
    /// <returns>False when that was so already.</returns>
    public bool TryComplete(BlockPool pool)
    {
        if (_completed)
        {
            return false;
        }

        Commit(pool);
        _completed = true;
        return true;
    }

    /// <summary>The loop goes into the reader's code: what is flushed there may wait for <see cref="EndCollecting"/>. Without the lock.</summary>
    public void BeginCollecting() => _collecting = true;

    /// <summary>A flush on the loop's thread would leave its bytes to the loop.</summary>
    /// <returns>Whether the loop is in the reader's code, and sends when that comes to rest.</returns>
    public bool TryCollect()
    {
        _collected |= _collecting;
        return _collecting;
    }

    /// <summary>The reader has come to rest. Without the lock.</summary>
    /// <returns>Whether anything was collected.</returns>
    public bool EndCollecting()
    {
        bool collected = _collected;
        _collecting = false;
        _collected = false;
        return collected;
    }

    /// <summary>Sends until all is sent or the kernel takes no more.</summary>
    /// <returns>0, or the errno for which nothing can be sent any more.</returns>
    public unsafe int Send(int descriptor, BlockPool pool)
    {
        _blocked = true;
        while (_unsent > 0 && !_dead)
        {
            Block head = _head!;
            int length = (int)Math.Min(head.Length, _unsent);
            int sent;
            if (head.File is { } file)
            {
                sent = LoopSyscalls.SendFile(descriptor, file, head.FileOffset + head.Start, length);
            }
            else
            {
                fixed (byte* data = &head.Bytes[head.Start])
                {
                    sent = LoopSyscalls.Send(descriptor, data, length, more: length < _unsent);
                }
            }

            if (sent >= 0)
            {
                OnSent(sent, pool);
            }
            else if (sent == -LoopSyscalls.EAgain)
            {
                return 0;
            }
            else if (sent != -LoopSyscalls.EIntr)
            {
                Die(pool);
                return -sent;
            }
        }

        _blocked = false;
        return 0;
    }

    /// <summary>Notes that the loop is going to send.</summary>
    /// <returns>False when that was so already.</returns>
    public bool TryEnqueue()
    {
        bool isNew = !_queued;
        _queued = true;
        return isNew;
    }

    /// <summary>The loop is about to send.</summary>
    public void Dequeue() => _queued = false;

    /// <summary>Lends what is to be sent, if one call of the loop's can take it; <see cref="EndCall"/> must follow.</summary>
    /// <param name="data">The bytes; they stay where they are.</param>
    /// <param name="length">How many.</param>
    public unsafe bool TryBeginCall(out byte* data, out int length)
    {
        if (_unsent > 0 && !_blocked && !_dead && _head!.Address is not null && _head.Length >= _unsent)
        {
            // As for any other send: before it is tried, so that no edge falls between the two.
            _queued = false;
            _blocked = true;
            _submitted = true;
            data = _head.Address + _head.Start;
            length = (int)_unsent;
            return true;
        }

        data = null;
        length = 0;
        return false;
    }

    /// <summary>Takes what the loop's call returned, and sends what it has left.</summary>
    /// <param name="sent">A number of bytes, the negative of errno, or <see cref="IoUring.NotDone"/>.</param>
    /// <param name="descriptor">The socket.</param>
    /// <param name="pool">Where the blocks belong.</param>
    /// <returns>0, or the errno for which nothing can be sent any more.</returns>
    public int EndCall(int sent, int descriptor, BlockPool pool)
    {
        _submitted = false;
        if (_dead)
        {
            Die(pool);
            return 0;
        }

        if (sent >= 0)
        {
            OnSent(sent, pool);
            _blocked = false;

            // What the kernel did not take, or what another thread has flushed meanwhile.
            return _unsent > 0 ? Send(descriptor, pool) : 0;
        }

        if (sent == IoUring.NotDone || sent == -LoopSyscalls.EIntr)
        {
            return Send(descriptor, pool);
        }

        if (sent == -LoopSyscalls.EAgain)
        {
            return 0;
        }

        Die(pool);
        return -sent;
    }

    /// <summary>Nothing more is sent, and what has been written is forgotten.</summary>
    public void Die(BlockPool pool)
    {
        _dead = true;
        _blocked = false;
        _unsent = 0;
        if (_leased || _submitted)
        {
            // Nobody can be stopped from writing into it, nor the kernel from reading: it is returned with the next commit, when the
            // call has ended, or by the garbage collector.
            return;
        }

        _unflushed = 0;
        while (_head is { } head)
        {
            _head = head.NextBlock;
            pool.Return(head);
        }

        _tail = null;
    }

    /// <summary>Takes no more from the writer; what the kernel has refused so far waits for <see cref="Die"/>.</summary>
    public void Refuse() => _dead = true;

    private readonly Block FileBlock(SafeFileHandle file, int sizeHint)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sizeHint, Block.FilePieceSize);
        return new Block(file, _fileOffset);
    }

    private void OnSent(int count, BlockPool pool)
    {
        _unsent -= count;
        _head!.Start += count;
        ReturnSent(pool);
    }

    // The last block stays while the writer may be holding it.
    private void ReturnSent(BlockPool pool)
    {
        while (_head is { Length: 0 } head && (head != _tail || !_leased))
        {
            _head = head.NextBlock;
            if (_head is null)
            {
                _tail = null;
            }

            pool.Return(head);
        }
    }
}
