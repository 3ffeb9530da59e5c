using Hydra.Primitives;

namespace Hydra.Dispatch;

/// <summary>
/// Requests that wait for the same: one worker, or any. In lines by how urgent they are, those that were sent before in front. Under the dispatcher's gate.
/// </summary>
/// <param name="slot">The worker's index, where it is for one; null for any.</param>
internal sealed class RequestLane(AffinitySlot? slot = null)
{
    /// <summary>The lines, each in front of the next.</summary>
    public const int Lines = 4;

    /// <summary>Of requests that were sent before.</summary>
    public const int Again = 0;

    /// <summary>Of urgent ones.</summary>
    public const int High = 1;

    /// <summary>Of most.</summary>
    public const int Normal = 2;

    /// <summary>Of those that have time.</summary>
    public const int Low = 3;

    private readonly ClientTurns[] _lines = [new(), new(), new(), new()];

    /// <summary>The worker's index, where it is for one; null for any.</summary>
    public AffinitySlot? Slot => slot;

    /// <summary>The line that a request belongs to.</summary>
    public static int LineOf(QueuedStream request)
        => request.IsRetry ? Again : request.Priority switch { RequestPriority.High => High, RequestPriority.Low => Low, _ => Normal };

    /// <summary>The one whose turn it is in a line.</summary>
    public QueuedStream? First(int line) => _lines[line].First;

    /// <summary>The first one of a line goes: after it the next client has its turn.</summary>
    public void Pass(int line) => _lines[line].Pass();

    /// <summary>Adds a request that is in no lane.</summary>
    public void Add(QueuedStream request)
    {
        LaneTicket ticket = request.Ticket ??= new LaneTicket(request);
        ticket.Lane = this;
        ticket.Line = LineOf(request);
        _lines[ticket.Line].Add(request, ticket);
    }

    /// <summary>Takes a request out.</summary>
    public void Remove(LaneTicket ticket)
    {
        _lines[ticket.Line].Remove(ticket);
        ticket.Lane = null;
    }

    /// <summary>All requests, in no order that means anything.</summary>
    public IEnumerable<QueuedStream> All() => _lines.SelectMany(static line => line.All());
}
