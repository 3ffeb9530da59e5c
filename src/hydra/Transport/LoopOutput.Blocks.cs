using System.IO.Pipelines;

namespace Hydra.Transport;

/// <content>The blocks between the writer and the kernel. Every private method but <see cref="Lease"/> is called under the lock.</content>
internal sealed partial class LoopOutput
{
    private Block Lease(int sizeHint)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        lock (this)
        {
            _leased = true;
            Block? tail = _tail;
            if (tail is not null && tail.Room >= Math.Max(sizeHint, 1))
            {
                return tail;
            }

            // Most responses fit the first block; what is longer comes in large ones.
            int size = Math.Max(sizeHint, tail is null ? BlockPool.MiddleSize : BlockPool.LargeSize);
            Block fresh = _connection.Loop.Blocks.Rent(size);
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
    }

    private void Commit()
    {
        _leased = false;
        _unsent += _unflushed;
        _unflushed = 0;
        if (_dead)
        {
            Die();
        }
        else if (_unsent == 0)
        {
            ReturnSent();
        }
    }

    private FlushResult TakeResult()
    {
        bool canceled = _cancelAsked;
        _cancelAsked = false;
        return new FlushResult(canceled, _dead || _completed);
    }

    private unsafe void Send()
    {
        _blocked = true;
        while (_unsent > 0 && !_dead)
        {
            Block head = _head!;
            int length = (int)Math.Min(head.Length, _unsent);
            int sent;
            fixed (byte* data = &head.Bytes[head.Start])
            {
                sent = Libc.Send(_connection.Descriptor, data, length, more: length < _unsent);
            }

            if (sent >= 0)
            {
                Sent(sent);
            }
            else if (sent == -Libc.EAgain)
            {
                return;
            }
            else if (sent != -Libc.EIntr)
            {
                Die();
                _connection.OnSendError(-sent);
                return;
            }
        }

        _blocked = false;
    }

    private void Sent(int count)
    {
        _unsent -= count;
        _head!.Start += count;
        ReturnSent();
    }

    // The last block stays while the writer may be holding it.
    private void ReturnSent()
    {
        while (_head is { Length: 0 } head && (head != _tail || !_leased))
        {
            _head = head.NextBlock;
            if (_head is null)
            {
                _tail = null;
            }

            _connection.Loop.Blocks.Return(head);
        }
    }

    private void Die()
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
            _connection.Loop.Blocks.Return(head);
        }

        _tail = null;
    }
}
