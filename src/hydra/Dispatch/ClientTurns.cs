namespace Hydra.Dispatch;

/// <summary>Requests that wait in one line, among which clients take turns: one of each, those of one client first come first served. Under the dispatcher's gate.</summary>
internal sealed class ClientTurns
{
    private readonly Dictionary<ulong, WaitingClient> _clients = [];
    private readonly LinkedList<WaitingClient> _turns = new();

    /// <summary>The one whose turn it is.</summary>
    public QueuedStream? First => _turns.First?.Value.Requests.First!.Value;

    /// <summary>Adds a request; a client that has none yet has its turn after all that have.</summary>
    public void Add(QueuedStream request, LaneTicket ticket)
    {
        if (!_clients.TryGetValue(request.Client, out WaitingClient? client))
        {
            client = new WaitingClient(request.Client);
            _clients.Add(request.Client, client);
            _turns.AddLast(client.Turn);
        }

        client.Requests.AddLast(ticket.Node);
        ticket.Client = client;
    }

    /// <summary>Takes a request out, wherever it is.</summary>
    public void Remove(LaneTicket ticket)
    {
        WaitingClient client = ticket.Client!;
        client.Requests.Remove(ticket.Node);
        ticket.Client = null;
        if (client.Requests.Count == 0)
        {
            _turns.Remove(client.Turn);
            _clients.Remove(client.Key);
        }
    }

    /// <summary>The one whose turn it is goes: after it the next client has its turn.</summary>
    public void Pass()
    {
        LinkedListNode<WaitingClient> turn = _turns.First!;
        _turns.Remove(turn);
        _turns.AddLast(turn);
    }

    /// <summary>All requests, in no order that means anything.</summary>
    public IEnumerable<QueuedStream> All() => _turns.SelectMany(static client => client.Requests);
}

/// <summary>The requests of one client in one line.</summary>
internal sealed class WaitingClient
{
    /// <summary>A client without requests.</summary>
    public WaitingClient(ulong key)
    {
        Key = key;
        Turn = new LinkedListNode<WaitingClient>(this);
    }

    /// <summary>The hash of the client.</summary>
    public ulong Key { get; }

    /// <summary>Its place among the clients.</summary>
    public LinkedListNode<WaitingClient> Turn { get; }

    /// <summary>Its requests, in the order in which they came.</summary>
    public LinkedList<QueuedStream> Requests { get; } = new();
}
