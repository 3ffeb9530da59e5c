using Microsoft.AspNetCore.Connections;

namespace Hydra.Transport;

/// <content>The blocks between the kernel and the reader. Called by whoever has them: the reader, or the loop while the reader waits.</content>
internal sealed partial class LoopInput
{
    // What a receive that the loop does for several connections at once is going to fill, and whether it is the reader's already.
    private Block? _prepared;
    private bool _isPreparedFresh;

    /// <summary>
    /// Lends memory for a receive if the reader waits for nothing but data. <see cref="OnReceived"/> must follow. The loop's thread only.
    /// </summary>
    public unsafe bool TryPrepare(out byte* target, out int room)
    {
        target = null;
        room = 0;
        if ((Volatile.Read(ref _state) & (Waiting | Readable)) != Waiting || HasNews() || _bulk)
        {
            return false;
        }

        Block block = RoomFor(out bool isFresh);
        if (block.Address is null)
        {
            if (isFresh)
            {
                _connection.Loop.Blocks.Return(block);
            }

            return false;
        }

        _prepared = block;
        _isPreparedFresh = isFresh;
        target = block.Address + block.End;
        room = block.Room;
        return true;
    }

    /// <summary>Takes what a prepared receive has returned; <see cref="Pump"/> then ends the wait. The loop's thread only.</summary>
    public unsafe void OnReceived(int received)
    {
        Block block = _prepared!;
        _prepared = null;
        if (!_connection.IsClosed)
        {
            if (received == IoUring.NotDone || received == -Libc.EIntr)
            {
                received = Libc.ReceiveNow(_connection.Descriptor, block.Address + block.End, block.Room);
            }

            Take(block, _isPreparedFresh, received);
        }
        else if (_isPreparedFresh)
        {
            // Closed by what happened to another connection in the same tick.
            _connection.Loop.Blocks.Return(block);
        }
    }

    private unsafe void Receive()
    {
        if (_connection.IsClosed)
        {
            Fail(new ConnectionAbortedException("The connection is closed."));
            return;
        }

        Block block = RoomFor(out bool isFresh);
        int received;
        fixed (byte* target = &block.Bytes[block.End])
        {
            received = Libc.ReceiveNow(_connection.Descriptor, target, block.Room);
        }

        Take(block, isFresh, received);
    }

    private Block RoomFor(out bool isFresh)
    {
        isFresh = _tail is not { Room: >= LeastRoom };
        return isFresh ? _connection.Loop.Blocks.Rent(_bulk ? BlockPool.LargeSize : BlockPool.SmallSize) : _tail!;
    }

    private void Take(Block block, bool isFresh, int received)
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

            _bulk = received == room;
            _examined = false;
        }
        else if (isFresh)
        {
            _connection.Loop.Blocks.Return(block);
        }

        if (received < room)
        {
            OnDrained(received);
        }
    }

    private void OnDrained(int received)
    {
        if (received == 0)
        {
            _endOfStream = true;
            Interlocked.Or(ref _state, Ended);
        }
        else if (received == -Libc.EAgain || (received > 0 && !_connection.PeerFinished))
        {
            // A short read of a stream means that it is empty, and what comes later is an edge again. Only the end announces itself
            // with the edge of the data before it, so it has to be asked for.
            Interlocked.And(ref _state, ~Readable);
        }
        else if (received < 0)
        {
            _connection.OnReceiveError(-received);
        }
    }

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

    private void Consume(Block block, int index)
    {
        if (Capture is { } capture)
        {
            Block first = _head!;
            while (first != block)
            {
                capture.Append(first.Bytes.AsSpan(first.Start, first.Length));
                first = first.NextBlock!;
            }

            capture.Append(block.Bytes.AsSpan(block.Start, index - block.Start));
        }

        if (block == _tail && index == block.End)
        {
            ReturnBlocks(until: null);
            return;
        }

        ReturnBlocks(block);
        block.Start = index;
    }

    private void ReturnBlocks(Block? until)
    {
        BlockPool pool = _connection.Loop.Blocks;
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
