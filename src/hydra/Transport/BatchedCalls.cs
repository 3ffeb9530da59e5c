using Microsoft.Extensions.Logging;

namespace Hydra.Transport;

/// <summary>
/// Receives and sends of several connections of a loop in one system call, where the kernel has <see cref="IoUring"/>. A system call costs
/// 0.1 to 1 µs before it does anything, and on processors that flush their translation buffers with each one what runs next is slow as
/// well. The loop's thread only.
/// </summary>
internal sealed class BatchedCalls(int loop, int eventsPerTick, ILogger logger, LoopFaults faults)
{
    // So that the first responses of a large batch are not late: at 5 µs each they wait 150 µs at most.
    private const int SendsPerCall = 32;

    private IoUring? _ring;

    // By the event's index: whose receive was prepared, and what it returned.
    private readonly LoopConnection?[] _receivers = new LoopConnection?[eventsPerTick];
    private readonly int[] _received = new int[eventsPerTick];

    private readonly LoopOutput[] _outputs = new LoopOutput[SendsPerCall];
    private int _outputCount;
    private List<(LoopConnection Connection, bool IsBlocked)> _sent = [];
    private List<(LoopConnection Connection, bool IsBlocked)> _caring = [];

    /// <summary>Whether outputs wait for a call.</summary>
    public bool HasSends => _outputCount > 0;

    /// <summary>Begins, on the thread that will make the calls.</summary>
    /// <returns>False where the kernel has no io_uring: then nothing is batched, and nobody need do otherwise.</returns>
    public bool TryOpen()
    {
        _ring = IoUring.TryCreate(eventsPerTick);
        return _ring is not null;
    }

    /// <summary>Ends; what is asked for later is not batched.</summary>
    public void Close()
    {
        _ring?.Dispose();
        _ring = null;
    }

    /// <summary>Receives for all connections of which the events of a tick tell nothing but that bytes have come.</summary>
    public unsafe void ReceiveAll(EpollEvents events, int count, SourceTable sources)
    {
        if (_ring is not { } ring || count < 2)
        {
            return;
        }

        for (int i = 0; i < count; i++)
        {
            LoopEvents what = events.Read(i, out int fd, out uint generation);
            if (sources.ConnectionAt(fd) is { } connection && connection.Generation == generation
                && connection.TryPrepareReceive(what, out byte* target, out int room))
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

    /// <summary>Whose receive was made for an event, once; null if none was.</summary>
    /// <param name="index">The event's index.</param>
    /// <param name="received">What the receive returned.</param>
    public LoopConnection? TakeReceiver(int index, out int received)
    {
        received = _received[index];
        LoopConnection? receiver = _receivers[index];
        if (receiver is not null)
        {
            _receivers[index] = null;
        }

        return receiver;
    }

    /// <summary>Has an output send before the tick ends. Called under the output's lock.</summary>
    /// <returns>False where each sends by itself.</returns>
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

    /// <summary>
    /// Sends what waits, and lets those go on who waited for that. They may flush again: that is sent in the next tick, which then does not
    /// wait.
    /// </summary>
    public void EndTick()
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
                faults.Report(connection, e);
            }
        }

        _caring.Clear();
    }

    private unsafe void SendAll()
    {
        int count = _outputCount;
        _outputCount = 0;
        if (count == 1 || _ring is null)
        {
            for (int i = 0; i < count; i++)
            {
                NoteSent(_outputs[i], _outputs[i].SendQueued());
            }

            return;
        }

        int submitted = 0;
        for (int i = 0; i < count; i++)
        {
            LoopOutput output = _outputs[i];
            if (output.TryBeginSend(out byte* data, out int length, out SendOutcome outcome))
            {
                _ring.AddSend(output.Connection.Descriptor, data, length);
                _outputs[submitted++] = output;
            }
            else
            {
                NoteSent(output, outcome);
            }
        }

        if (submitted == 0)
        {
            return;
        }

        _ring.Submit();
        for (int i = 0; i < submitted; i++)
        {
            NoteSent(_outputs[i], _outputs[i].EndSend(_ring.Result(i)));
        }

        CheckRing();
    }

    // A flush may be what brought us here: nobody's code runs before the tick ends.
    private void NoteSent(LoopOutput output, SendOutcome outcome)
    {
        if (outcome.NeedsCare)
        {
            _sent.Add((output.Connection, outcome.IsBlocked));
        }
    }

    private void CheckRing()
    {
        if (_ring!.IsBroken)
        {
            TransportLog.RingBroken(logger, loop);
            Close();
        }
    }
}
