namespace Hydra.Topics;

/// <summary>A message on its way to all subscribers that have a lane. Any thread.</summary>
/// <param name="message">The message.</param>
/// <param name="deliveries">How many there are.</param>
/// <param name="lanes">Lanes that it goes by.</param>
/// <param name="done">Called once, when the last lane is through with it.</param>
internal sealed class Fanout(TopicMessage message, int deliveries, int lanes, Action<Fanout> done)
{
    private int _lanes = lanes;

    /// <summary>The message.</summary>
    public TopicMessage Message => message;

    /// <summary>How many get it by lanes.</summary>
    public int Deliveries => deliveries;

    /// <summary>Who has published it.</summary>
    public required TopicShare Share { get; init; }

    /// <summary>Who hears that it is done.</summary>
    public TopicAnswer Answer { get; init; }

    /// <summary>How many get it in all.</summary>
    public long Count { get; init; }

    /// <summary>A lane is through with it.</summary>
    public void OnLaneDone()
    {
        if (Interlocked.Decrement(ref _lanes) == 0)
        {
            done(this);
        }
    }
}
