using Microsoft.AspNetCore.Connections;

namespace Hydra.Transport;

/// <content>The blocks between the kernel and the reader. Called by whoever has them: the reader, or the loop while the reader waits.</content>
internal sealed partial class LoopInput
{
    private unsafe void Receive()
    {
        if (_connection.IsClosed)
        {
            Fail(new ConnectionAbortedException("The connection is closed."));
            return;
        }

        Block? fresh = null;
        Block block = _tail is { Room: >= LeastRoom } tail ? tail : fresh = _connection.Loop.Blocks.Rent(_bulk ? BlockPool.LargeSize : BlockPool.SmallSize);
        int room = block.Room;
        int received;
        fixed (byte* target = &block.Bytes[block.End])
        {
            do
            {
                received = Libc.Receive(_connection.Descriptor, target, room);
            }
            while (received == -Libc.EIntr);
        }

        if (received > 0)
        {
            block.End += received;
            block.Publish();
            Append(fresh);
            _bulk = received == room;
            _examined = false;
        }
        else if (fresh is not null)
        {
            _connection.Loop.Blocks.Return(fresh);
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

    private void Append(Block? fresh)
    {
        if (fresh is null)
        {
            return;
        }

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
