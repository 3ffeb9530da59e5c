namespace Hydra.Dispatch;

/// <summary>Where a request is that waits in a lane. Made when it waits for the first time, and kept. Under the dispatcher's gate.</summary>
/// <param name="owner">The request.</param>
internal sealed class LaneTicket(QueuedStream owner)
{
    /// <summary>Its place among those of its client.</summary>
    public LinkedListNode<QueuedStream> Node { get; } = new(owner);

    /// <summary>The lane; null where it waits in none.</summary>
    public RequestLane? Lane { get; set; }

    /// <summary>The line in that.</summary>
    public int Line { get; set; }

    /// <summary>Those of its client in that line.</summary>
    public WaitingClient? Client { get; set; }
}
