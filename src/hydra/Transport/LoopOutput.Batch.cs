namespace Hydra.Transport;

/// <content>Sends that the loop does for several connections in one call. The loop's thread only.</content>
internal sealed partial class LoopOutput
{
    /// <summary>The connection, for the loop.</summary>
    public LoopConnection Connection => _connection;

    /// <summary>Notes that the loop is going to send. Called under the lock.</summary>
    /// <returns>False when that was so already.</returns>
    public bool Queue()
    {
        bool isNew = !_queued;
        _queued = true;
        return isNew;
    }

    /// <summary>Lends what is to be sent, if one send can take it; <see cref="EndSend"/> must follow. Else sends it.</summary>
    /// <param name="data">The bytes; they stay where they are.</param>
    /// <param name="length">How many.</param>
    /// <param name="needsCare">Whether <see cref="LoopConnection.OnSent"/> is to follow.</param>
    /// <param name="isBlocked">Whether the kernel did not take all.</param>
    public unsafe bool TryBeginSend(out byte* data, out int length, out bool needsCare, out bool isBlocked)
    {
        lock (this)
        {
            if (_unsent > 0 && !_blocked && !_dead && _head!.Address is not null && _head.Length >= _unsent)
            {
                // As for any other send: before it is tried, so that no edge falls between the two.
                _queued = false;
                _blocked = true;
                _submitted = true;
                data = _head.Address + _head.Start;
                length = (int)_unsent;
                needsCare = isBlocked = false;
                return true;
            }
        }

        data = null;
        length = 0;
        SendQueued(out needsCare, out isBlocked);
        return false;
    }

    /// <summary>Sends what was left to the loop.</summary>
    /// <param name="needsCare">Whether <see cref="LoopConnection.OnSent"/> is to follow.</param>
    /// <param name="isBlocked">Whether the kernel did not take all.</param>
    public void SendQueued(out bool needsCare, out bool isBlocked)
    {
        lock (this)
        {
            _queued = false;
            if (_unsent > 0 && !_blocked)
            {
                Send();
            }

            isBlocked = _blocked;
            needsCare = NeedsCare();
        }
    }

    /// <summary>Takes what the send returned.</summary>
    /// <param name="sent">A number of bytes, or the negative of errno.</param>
    /// <param name="isBlocked">Whether the kernel did not take all.</param>
    /// <returns>Whether <see cref="LoopConnection.OnSent"/> is to follow.</returns>
    public bool EndSend(int sent, out bool isBlocked)
    {
        lock (this)
        {
            _submitted = false;
            if (_dead)
            {
                Die();
            }
            else if (sent >= 0)
            {
                Sent(sent);
                _blocked = false;
                if (_unsent > 0)
                {
                    // What the kernel did not take, or what another thread has flushed meanwhile.
                    Send();
                }
            }
            else if (sent == IoUring.NotDone || sent == -Libc.EIntr)
            {
                Send();
            }
            else if (sent != -Libc.EAgain)
            {
                Die();
                _connection.OnSendError(-sent);
            }

            isBlocked = _blocked;
            return NeedsCare();
        }
    }

    private bool NeedsCare() => _waiting || _blocked || _completed;
}
