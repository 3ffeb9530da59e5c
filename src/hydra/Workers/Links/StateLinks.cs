using System.Net.Sockets;
using Hydra.Jobs;
using Hydra.State;
using Hydra.Topics;
using Hydra.Transport;

namespace Hydra.Workers.Links;

/// <summary>Where a worker gives and receives.</summary>
/// <param name="Desk">The place.</param>
/// <param name="Worker">The worker.</param>
internal sealed record HandoverAccess(HandoverDesk Desk, WorkerHandle Worker);

/// <summary>What a worker may have done by other processes, and do for them.</summary>
/// <param name="Access">That.</param>
/// <param name="Worker">The worker.</param>
internal sealed record JobSeat(JobAccess Access, WorkerHandle Worker);

/// <summary>
/// The links of one worker for the shared state: those of its own process, and of processes that it has forked. What a process holds is free when the
/// last of its links has closed. Any thread; <c>_lock</c> guards all.
/// </summary>
/// <param name="store">Values, counters and locks of the application's workers; null where they share none.</param>
/// <param name="topics">What they publish and subscribe; null where they do not.</param>
/// <param name="handover">What they give to those that take their place; null where these are no worker's.</param>
/// <param name="jobs">What they have others do; null where there is nobody who would.</param>
/// <param name="channel">Makes the channel of a link from its socket and a number.</param>
/// <param name="channels">How many numbers there are.</param>
internal sealed class StateLinks(
    IStateStore? store, TopicAccess? topics, HandoverAccess? handover, JobSeat? jobs, Func<Socket, int, LinkChannel> channel, int channels)
{
    // A process has one for each event loop, and as many as it has threads that use the state at the same time.
    private const int Most = 4096;

    private readonly Lock _lock = new();
    private readonly Dictionary<StateLink, int> _links = [];
    private readonly Dictionary<int, StateOwner> _owners = [];
    private int _turn;
    private bool _hasEnded;

    /// <summary>Takes a link whose HELLO is good.</summary>
    /// <param name="socket">Its socket.</param>
    /// <param name="pid">The process that has opened it.</param>
    /// <param name="welcome">The answer to its HELLO, which is sent once it is taken.</param>
    /// <returns>Null, or why it is refused.</returns>
    public string? Accept(Socket socket, int pid, ReadOnlySpan<byte> welcome)
    {
        if (store is null && topics is null && handover is null && jobs is null)
        {
            return "there is no shared state here";
        }

        int turn = Interlocked.Increment(ref _turn) & int.MaxValue;
        StateLink link;
        lock (_lock)
        {
            if (_hasEnded)
            {
                return "its worker has ended";
            }

            if (_links.Count >= Most)
            {
                return $"its worker has {Most} links for shared state already";
            }

            if (!_owners.TryGetValue(pid, out StateOwner? owner))
            {
                _owners[pid] = owner = new StateOwner();
            }

            link = new StateLink(channel(socket, turn % channels), store, topics, handover, jobs, owner, closed => OnClosed(closed, pid, owner));
            _links[link] = pid;
        }

        try
        {
            socket.Send(welcome);
        }
        catch (SocketException)
        {
            // Its process was killed just now. As any link it tells when it has closed: what the process holds is free with its last one.
            link.Close();
        }

        link.Start();
        return null;
    }

    /// <summary>The worker has ended: its links close, and none is taken any more.</summary>
    public void End()
    {
        StateLink[] links;
        lock (_lock)
        {
            _hasEnded = true;
            links = [.. _links.Keys];
        }

        foreach (StateLink link in links)
        {
            link.Close();
        }
    }

    private void OnClosed(StateLink link, int pid, StateOwner owner)
    {
        bool isLast;
        lock (_lock)
        {
            _links.Remove(link);
            isLast = !_links.ContainsValue(pid);
            if (isLast)
            {
                _owners.Remove(pid);
            }
        }

        if (isLast)
        {
            store?.OnEnded(owner);
            topics?.Hub.OnEnded(owner);
            handover?.Desk.OnEnded(owner);
            jobs?.Access.Desk.OnEnded(owner);
        }
        else
        {
            store?.OnClosed(owner, link);
        }

        topics?.Hub.OnClosed(owner, link);
        handover?.Desk.OnClosed(link);
        jobs?.Access.Desk.OnClosed(link);
    }
}
