using Hydra.Primitives;
using Hydra.Protocol;

namespace Hydra.Topics;

/// <summary>A shape in which a message goes out: made once, however many get it.</summary>
internal enum TopicForm
{
    /// <summary>A frame of a WebSocket.</summary>
    Frame,

    /// <summary>The same, compressed.</summary>
    DeflatedFrame,

    /// <summary>An event of an event stream.</summary>
    Event,
}

/// <summary>A message of a topic: one for all who get it. Nobody changes its bytes. Any thread.</summary>
/// <param name="topic">The topic's name.</param>
/// <param name="kind">What it is.</param>
/// <param name="data">What it says.</param>
/// <param name="memory">Where its memory is counted, as long as it waits anywhere.</param>
internal sealed class TopicMessage(byte[] topic, TopicKind kind, byte[] data, MemoryBudget memory)
{
    // It, its arrays, its places in queues.
    private const int Overhead = 200;

    private readonly byte[]?[] _forms = new byte[]?[3];

    // Queues in which it waits. The forms' lock guards it, too.
    private int _holders;

    /// <summary>The topic's name.</summary>
    public byte[] Topic { get; } = topic;

    /// <summary>What it is.</summary>
    public TopicKind Kind { get; } = kind;

    /// <summary>What it says.</summary>
    public byte[] Data { get; } = data;

    /// <summary>Who does not get it, because it is about that one; empty for nobody.</summary>
    public byte[] Member { get; init; } = [];

    /// <summary>Whether it is for a subscription: who comes and leaves is told to those who want to hear of it, and not to the one itself.</summary>
    public bool IsFor(Subscription subscription)
        => !IsEvent || (subscription.Options.HasEvents && (Member.Length == 0 || !Member.AsSpan().SequenceEqual(subscription.Member)));

    /// <summary>Whether it says who has come or left.</summary>
    public bool IsEvent => Kind is TopicKind.Join or TopicKind.Leave;

    /// <summary>What it is counted as: its bytes, and those of one form.</summary>
    public long Cost => Overhead + (2L * Data.Length);

    /// <summary>The message in a form.</summary>
    /// <param name="form">Which.</param>
    /// <param name="make">Makes it, where it has not been made.</param>
    public byte[] FormOf(TopicForm form, Func<TopicMessage, byte[]> make)
    {
        lock (_forms)
        {
            return _forms[(int)form] ??= make(this);
        }
    }

    /// <summary>It is to wait in a queue.</summary>
    /// <returns>False where there is no memory for that.</returns>
    public bool TryHold()
    {
        lock (_forms)
        {
            if (_holders == 0 && !memory.TryTake(Cost))
            {
                return false;
            }

            _holders++;
            return true;
        }
    }

    /// <summary>It has left a queue.</summary>
    public void LetGo()
    {
        lock (_forms)
        {
            if (--_holders == 0)
            {
                memory.Give(Cost);
            }
        }
    }
}
