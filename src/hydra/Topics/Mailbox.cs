using System.Buffers;
using System.Buffers.Binary;
using Hydra.Protocol;
using Hydra.State;

namespace Hydra.Topics;

/// <summary>Messages of topics for code of a worker, which takes them when it likes; as many wait as it has said. Under the hub's gate.</summary>
/// <param name="id">What its process calls it.</param>
/// <param name="owner">The process.</param>
/// <param name="share">What its worker has.</param>
/// <param name="options">How many may wait, and what becomes of others.</param>
/// <param name="counts">Counts what is dropped.</param>
/// <param name="taken">Called when a call that has waited gets its answer.</param>
internal sealed class Mailbox(ulong id, StateOwner owner, TopicShare share, SubscriptionOptions options, TopicCounts counts, Action<Taker, StateResult> taken) : ITopicTarget
{
    /// <summary>What one is counted as.</summary>
    public const int Cost = 500;

    // An answer has at most as much, but for a message that is larger.
    private const int MostBytes = 256 * 1024;
    private const int MostAtATime = 1000;

    private readonly Queue<TopicMessage> _messages = new(0);
    private long _dropped;

    // What was given last, and to whom: nobody may have read it.
    private TopicMessage[] _given = [];
    private TopicAnswer _givenTo;

    /// <summary>What its process calls it.</summary>
    public ulong Id => id;

    /// <summary>The process.</summary>
    public StateOwner Owner => owner;

    /// <summary>What its worker has.</summary>
    public TopicShare Share => share;

    /// <summary>What it gets, by the names of the topics.</summary>
    public Dictionary<byte[], Subscription> Subscriptions { get; } = new(BytesComparer.Instance);

    /// <summary>It was too slow, and is over.</summary>
    public bool IsTooSlow { get; private set; }

    /// <summary>The call that waits; null where none does.</summary>
    public Taker? Waiting { get; set; }

    /// <inheritdoc/>
    public int Lane => -1;

    /// <inheritdoc/>
    public void Deliver(Subscription subscription, TopicMessage message)
    {
        if (IsTooSlow || !TryKeep(message))
        {
            return;
        }

        if (Waiting is { } taker)
        {
            Waiting = null;
            taken(taker, Take(taker.Answer));
        }
    }

    /// <summary>What waits, or as much as an answer has.</summary>
    /// <returns>Null where nothing does.</returns>
    public StateResult? TryTake(TopicAnswer answer)
    {
        Forget();
        return _messages.Count > 0 ? Take(answer) : IsTooSlow ? new StateResult(StateStatus.Refused, 0, TakeDropped()) : null;
    }

    /// <summary>Nobody has read the answer to that call: what it has given waits again, in front.</summary>
    public void GiveBack(TopicAnswer answer)
    {
        if (_givenTo != answer || _given.Length == 0)
        {
            return;
        }

        TopicMessage[] behind = [.. _messages];
        _messages.Clear();
        foreach (TopicMessage message in _given.Concat(behind))
        {
            _messages.Enqueue(message);
        }

        _given = [];
    }

    /// <summary>It is over.</summary>
    public void Clear()
    {
        Forget();
        while (_messages.TryDequeue(out TopicMessage? message))
        {
            message.LetGo();
        }

    }

    private StateResult Take(TopicAnswer answer)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var given = new List<TopicMessage>();
        while (given.Count < MostAtATime && _messages.TryPeek(out TopicMessage? message) && (given.Count == 0 || buffer.WrittenCount + message.Data.Length <= MostBytes))
        {
            _messages.Dequeue();
            Write(buffer, message);
            given.Add(message);
        }

        _given = [.. given];
        _givenTo = answer;
        return new StateResult(StateStatus.Done, given.Count, TakeDropped(), Value: buffer.WrittenSpan.ToArray());
    }

    // Kind (u8), length of the topic (u16), length of the data (u32), topic, data.
    private static void Write(ArrayBufferWriter<byte> buffer, TopicMessage message)
    {
        Span<byte> head = buffer.GetSpan(7);
        head[0] = (byte)message.Kind;
        BinaryPrimitives.WriteUInt16LittleEndian(head[1..], (ushort)message.Topic.Length);
        BinaryPrimitives.WriteInt32LittleEndian(head[3..], message.Data.Length);
        buffer.Advance(7);
        buffer.Write(message.Topic);
        buffer.Write(message.Data);
    }

    private bool TryKeep(TopicMessage message)
    {
        bool hasRoom = _messages.Count < options.Limit;
        if (!hasRoom && options.Policy is SlowPolicy.DropOldest)
        {
            TopicMessage oldest = _messages.Dequeue();
            oldest.LetGo();
            OnDropped();
            hasRoom = true;
        }

        if (hasRoom && message.TryHold())
        {
            _messages.Enqueue(message);
            return true;
        }

        OnDropped();
        IsTooSlow = options.Policy is SlowPolicy.Close;
        return false;
    }

    private void Forget()
    {
        foreach (TopicMessage message in _given)
        {
            message.LetGo();
        }

        _given = [];
    }

    private void OnDropped()
    {
        _dropped++;
        counts.OnDropped();
    }

    private long TakeDropped()
    {
        long dropped = _dropped;
        _dropped = 0;
        return dropped;
    }
}
