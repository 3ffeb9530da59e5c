using Hydra.Primitives;
using Hydra.Workers.Links;

namespace Hydra.Dispatch;

/// <summary>
/// The order in which requests are sent where it is not that in which they came: those that wait for one worker hold up no others (<see cref="Dispatch.Affinity"/>),
/// urgent ones pass (<see cref="RequestPriority"/>), and clients take turns (<see cref="ClientTurns"/>). All calls under the dispatcher's gate.
/// </summary>
/// <param name="affinity">Which worker a request waits for; null: any.</param>
/// <param name="time">The clock.</param>
internal sealed class RequestLanes(Affinity? affinity, TimeProvider time)
{
    /// <summary>So many requests pass those of the normal line that wait, then one of these is sent.</summary>
    public const int PassingNormal = 8;

    /// <summary>So many requests pass those of the low line that wait, then one of these is sent.</summary>
    public const int PassingLow = 32;

    // What waits for any worker; and what has waited for its own for long enough.
    private readonly RequestLane _common = new();
    private readonly RequestLane _overdue = new();
    private readonly WorkerChoice _choice = new();

    // What waits in each line, and how many were sent from others since the last one of it.
    private readonly int[] _waiting = new int[RequestLane.Lines];
    private readonly int[] _passed = new int[RequestLane.Lines];

    // How many each client has in all lanes.
    private readonly Dictionary<ulong, int> _clients = [];

    /// <summary>Which worker a request waits for; null: any.</summary>
    public Affinity? Affinity => affinity;

    /// <summary>How many requests of a client wait. What nobody tells apart does not count.</summary>
    public int Of(ulong client) => _clients.GetValueOrDefault(client);

    /// <summary>A request begins to wait.</summary>
    public void Add(QueuedStream request)
    {
        LaneFor(request).Add(request);
        _waiting[request.Ticket!.Line]++;
        if (request.Client != 0)
        {
            _clients[request.Client] = Of(request.Client) + 1;
        }
    }

    /// <summary>A request waits no more.</summary>
    public void Remove(QueuedStream request)
    {
        LaneTicket ticket = request.Ticket!;
        _waiting[ticket.Line]--;
        ticket.Lane!.Remove(ticket);
        if (request.Client == 0)
        {
            return;
        }

        int left = Of(request.Client) - 1;
        if (left > 0)
        {
            _clients[request.Client] = left;
        }
        else
        {
            _clients.Remove(request.Client);
        }
    }

    /// <summary>Sends what can be sent now.</summary>
    /// <param name="ready">The workers that take requests.</param>
    /// <param name="send">Sends a request to a worker whose window it has entered, and removes it; false when that worker is gone.</param>
    public void Advance(WorkerHandle[] ready, Func<QueuedStream, WorkerHandle, bool> send)
    {
        while (Next(ready) is { } request)
        {
            LaneTicket ticket = request.Ticket!;
            (RequestLane lane, int line) = (ticket.Lane!, ticket.Line);

            // Null: another thread was faster, and what has room is another by now.
            if (Enter(request, lane, ready) is { } worker)
            {
                lane.Pass(line);
                if (send(request, worker))
                {
                    Count(line);
                }
            }
        }
    }

    /// <summary>Some time has gone by: what has waited for its own worker for long enough may go to others, and what waits for one that is gone to the next.</summary>
    /// <param name="queue">All that wait.</param>
    public void Settle(RequestQueue queue)
    {
        if (affinity is null)
        {
            return;
        }

        foreach (AffinitySlot slot in affinity.Slots.Where(slot => !slot.IsThere(time, affinity.Wait)))
        {
            MoveAll(slot.Lane);
        }

        long due = time.GetTimestamp() - (long)(affinity.Wait.TotalSeconds * time.TimestampFrequency);
        for (QueuedStream? request = queue.First; request is not null && (request.IsRetry || request.QueuedAt <= due); request = request.Next)
        {
            if (request.QueuedAt <= due && request.Ticket!.Lane is { Slot: not null } lane)
            {
                lane.Remove(request.Ticket);
                _overdue.Add(request);
            }
        }
    }

    /// <summary>There is no worker of this index any more: what waits for it waits for the next.</summary>
    public void Dismiss(int index)
    {
        if (affinity?.Slots.FirstOrDefault(slot => slot.Index == index) is { } slot)
        {
            affinity.Dismiss(index);
            MoveAll(slot.Lane);
        }
    }

    private void MoveAll(RequestLane lane)
    {
        foreach (QueuedStream request in lane.All().ToArray())
        {
            lane.Remove(request.Ticket!);
            LaneFor(request).Add(request);
        }
    }

    private RequestLane LaneFor(QueuedStream request)
        => affinity is null || request.Place == 0 ? _common
            : affinity.Wait > TimeSpan.Zero && affinity.SlotOf(request.Place) is { } slot ? slot.Lane
            : _overdue;

    private WorkerHandle? Enter(QueuedStream request, RequestLane lane, WorkerHandle[] ready)
        => lane == _common ? _choice.Enter(ready, request.LastWorker)
            : lane == _overdue ? affinity!.EnterNext(request.Place)
            : lane.Slot!.Enter();

    // The line whose turn it is, and of that the lane whose first request has waited for longest, if there is room for it.
    private QueuedStream? Next(WorkerHandle[] ready)
    {
        if (!Array.Exists(ready, static worker => worker.IsReady && worker.Window.HasRoom))
        {
            return null;
        }

        bool isLowDue = _waiting[RequestLane.Low] > 0 && _passed[RequestLane.Low] >= PassingLow;
        bool isNormalDue = _waiting[RequestLane.Normal] > 0 && _passed[RequestLane.Normal] >= PassingNormal;
        return FirstOf(RequestLane.Again)
            ?? (isLowDue ? FirstOf(RequestLane.Low) : null)
            ?? (isNormalDue ? FirstOf(RequestLane.Normal) : null)
            ?? FirstOf(RequestLane.High)
            ?? FirstOf(RequestLane.Normal)
            ?? FirstOf(RequestLane.Low);
    }

    private QueuedStream? FirstOf(int line)
    {
        if (_waiting[line] == 0)
        {
            return null;
        }

        QueuedStream? first = _common.First(line);
        if (affinity is null)
        {
            return first;
        }

        bool hasRoom = false;
        foreach (AffinitySlot slot in affinity.Slots)
        {
            hasRoom |= slot.HasRoomAtAll;
            first = slot.Lane.First(line) is { } its && (first is null || its.QueuedAt < first.QueuedAt) && slot.HasRoom ? its : first;
        }

        return hasRoom && _overdue.First(line) is { } overdue && (first is null || overdue.QueuedAt <= first.QueuedAt) ? overdue : first;
    }

    private void Count(int line)
    {
        _passed[line] = 0;
        for (int other = line == RequestLane.Normal ? RequestLane.Low : RequestLane.Normal; other < RequestLane.Lines; other++)
        {
            _passed[other] += other != line && _waiting[other] > 0 ? 1 : 0;
        }
    }
}
