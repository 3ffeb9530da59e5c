using System.Runtime.InteropServices;
using Hydra.Protocol;

namespace Hydra.Topics;

/// <summary>Who gets messages of topics.</summary>
internal interface ITopicTarget
{
    /// <summary>The lane that its messages come by; negative: they come at once, under the hub's gate.</summary>
    int Lane { get; }

    /// <summary>A message for it. Must not block; on the thread of its lane.</summary>
    void Deliver(Subscription subscription, TopicMessage message);
}

/// <summary>How somebody subscribes.</summary>
/// <param name="Policy">What becomes of messages when it is slow.</param>
/// <param name="Limit">Messages that may wait for it.</param>
/// <param name="HasEvents">Whether it is told who comes and leaves.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct SubscriptionOptions(SlowPolicy Policy, int Limit, bool HasEvents)
{
    /// <summary>The most messages that may wait for one.</summary>
    public const int MostWaiting = 1_000_000;

    /// <summary>What a message says of it; null where that makes no sense.</summary>
    public static SubscriptionOptions? Of(byte policy, ulong limit, StateOptions options)
        => policy > (byte)SlowPolicy.Close || limit is 0 or > MostWaiting ? null
            : new((SlowPolicy)policy, (int)limit, (options & StateOptions.Events) != 0);
}

/// <summary>That somebody gets what is published in a topic. The hub's gate guards what says nothing else.</summary>
/// <param name="topic">The topic.</param>
/// <param name="target">Who gets it.</param>
/// <param name="options">How.</param>
/// <param name="member">Who it is that is there; empty for nobody.</param>
/// <param name="share">What its worker has.</param>
internal sealed class Subscription(Topic topic, ITopicTarget target, SubscriptionOptions options, byte[] member, TopicShare share)
{
    // It, its places in the tables.
    private const int Overhead = 300;

    // Bytes that may wait for one, unless it is a single message.
    private const long MostBytes = 1024 * 1024;

    private volatile bool _isOver;

    /// <summary>The topic.</summary>
    public Topic Topic => topic;

    /// <summary>Who gets it.</summary>
    public ITopicTarget Target => target;

    /// <summary>How.</summary>
    public SubscriptionOptions Options => options;

    /// <summary>Who it is that is there; empty for nobody.</summary>
    public byte[] Member => member;

    /// <summary>What its worker has.</summary>
    public TopicShare Share => share;

    /// <summary>Its place in its lane.</summary>
    public int Place { get; set; }

    /// <summary>It gets nothing more. Any thread.</summary>
    public bool IsOver
    {
        get => _isOver;
        set => _isOver = value;
    }

    /// <summary>What it is counted as.</summary>
    public long Cost => Overhead + topic.Name.Length + (2 * member.Length);

    /// <summary>Messages that wait for it; who keeps them guards it, as the next.</summary>
    public int Waiting { get; private set; }

    /// <summary>Their bytes.</summary>
    public long WaitingBytes { get; private set; }

    /// <summary>Whether a message may wait for it.</summary>
    public bool HasRoom(TopicMessage message) => Waiting < options.Limit && (Waiting == 0 || WaitingBytes + message.Data.Length <= MostBytes);

    /// <summary>A message waits for it.</summary>
    public void OnQueued(TopicMessage message)
    {
        Waiting++;
        WaitingBytes += message.Data.Length;
    }

    /// <summary>A message does not wait any more.</summary>
    public void OnUnqueued(TopicMessage message)
    {
        Waiting--;
        WaitingBytes -= message.Data.Length;
        message.LetGo();
    }
}
