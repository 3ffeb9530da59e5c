using Microsoft.Extensions.Logging;

namespace Hydra.Transport;

/// <content>
/// Receives and sends of several connections in one system call, where the kernel has <see cref="IoUring"/>. A system call costs 0.1 to
/// 1 µs before it does anything, and on processors that flush their translation buffers with each one what runs next is slow as well.
/// The loop's thread only.
/// </content>
internal sealed partial class EventLoop
{
    // So that the first responses of a large batch are not late: at 5 µs each they wait 150 µs at most.
    private const int SendsPerCall = 32;

    private readonly bool _batches;
    private IoUring? _ring;

    // By the event's index: whose receive was prepared, and what it returned.
    private readonly LoopConnection?[] _receivers = new LoopConnection?[EventsPerTick];
    private readonly int[] _received = new int[EventsPerTick];

    private readonly LoopOutput[] _outputs = new LoopOutput[SendsPerCall];
    private int _outputCount;
    private List<(LoopConnection Connection, bool IsBlocked)> _sent = [];
    private List<(LoopConnection Connection, bool IsBlocked)> _caring = [];

    /// <summary>Has an output send before the tick ends. Called under the output's lock.</summary>
    /// <returns>False where the loop sends each by itself.</returns>
    public bool TrySendLater(LoopOutput output)
    {
        if (_ring is null)
        {
            return false;
        }

        if (output.Queue())
        {
            if (_outputCount == SendsPerCall)
            {
                SendAll();
            }

            _outputs[_outputCount++] = output;
        }

        return true;
    }

    private void OpenRing()
    {
        _ring = _batches ? IoUring.TryCreate(EventsPerTick) : null;
        TransportLog.LoopStarted(_logger, Index, _ring is null ? "epoll" : "epoll and io_uring");
    }

    private void CloseRing()
    {
        _ring?.Dispose();
        _ring = null;
    }

    private void CheckRing()
    {
        if (_ring!.IsBroken)
        {
            TransportLog.RingBroken(_logger, Index);
            CloseRing();
        }
    }

    private unsafe void ReceiveAll(int count)
    {
        if (_ring is not { } ring || count < 2)
        {
            return;
        }

        ILoopSource?[] sources = Volatile.Read(ref _sources);
        for (int i = 0; i < count; i++)
        {
            int events = _events.Read(i, out int fd, out uint generation);
            if ((uint)fd < (uint)sources.Length && sources[fd] is LoopConnection connection && connection.Generation == generation
                && connection.TryPrepareReceive(events, out byte* target, out int room))
            {
                _receivers[i] = connection;
                _received[i] = ring.AddReceive(fd, target, room);
            }
        }

        if (ring.Count == 0)
        {
            return;
        }

        ring.Submit();
        for (int i = 0; i < count; i++)
        {
            if (_receivers[i] is not null)
            {
                _received[i] = ring.Result(_received[i]);
            }
        }

        CheckRing();
    }

    private unsafe void SendAll()
    {
        int count = _outputCount;
        _outputCount = 0;
        if (count == 1 || _ring is null)
        {
            for (int i = 0; i < count; i++)
            {
                _outputs[i].SendQueued(out bool needsCare, out bool isBlocked);
                NoteSent(_outputs[i], needsCare, isBlocked);
            }

            return;
        }

        int submitted = 0;
        for (int i = 0; i < count; i++)
        {
            LoopOutput output = _outputs[i];
            if (output.TryBeginSend(out byte* data, out int length, out bool needsCare, out bool isBlocked))
            {
                _ring.AddSend(output.Connection.Descriptor, data, length);
                _outputs[submitted++] = output;
            }
            else
            {
                NoteSent(output, needsCare, isBlocked);
            }
        }

        if (submitted == 0)
        {
            return;
        }

        _ring.Submit();
        for (int i = 0; i < submitted; i++)
        {
            bool needsCare = _outputs[i].EndSend(_ring.Result(i), out bool isBlocked);
            NoteSent(_outputs[i], needsCare, isBlocked);
        }

        CheckRing();
    }

    // A flush may be what brought us here: nobody's code runs before the tick ends.
    private void NoteSent(LoopOutput output, bool needsCare, bool isBlocked)
    {
        if (needsCare)
        {
            _sent.Add((output.Connection, isBlocked));
        }
    }

    // Whoever goes on now may flush again: that is sent in the next tick, which then does not wait.
    private void EndSends()
    {
        if (_outputCount > 0)
        {
            SendAll();
        }

        if (_sent.Count == 0)
        {
            return;
        }

        (_sent, _caring) = (_caring, _sent);
        foreach ((LoopConnection connection, bool isBlocked) in _caring)
        {
            try
            {
                connection.OnSent(isBlocked);
            }
            catch (Exception e)
            {
                Fault(connection, e);
            }
        }

        _caring.Clear();
    }
}
