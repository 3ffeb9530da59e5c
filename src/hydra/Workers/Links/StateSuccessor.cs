using Hydra.Jobs;
using Hydra.Protocol;
using Hydra.State;
using Hydra.Transport;

namespace Hydra.Workers.Links;

/// <summary>
/// The link to the server that takes this one's place: as long as this one lives its processes use this one's shared state, and then that server gets it.
/// </summary>
internal sealed class StateSuccessor : SuccessionLink
{
    private readonly Func<string, string, IStateStore?> _stateOf;

    // Guards all of the following, and has each call answered before anything is handed over.
    private readonly Lock _lock = new();
    private readonly Dictionary<int, Client> _clients = [];
    private bool _isOver;

    /// <summary>Makes this end of the link.</summary>
    /// <param name="channel">The connected channel.</param>
    /// <param name="stateOf">What the workers of an application in a directory share; null where there is none.</param>
    public StateSuccessor(LinkChannel channel, Func<string, string, IStateStore?> stateOf)
        : base(channel) => _stateOf = stateOf;

    /// <summary>This server calls nothing by the clock any more.</summary>
    public void PassClock() => Send(SuccessionFrame.Clock, 0);

    /// <summary>Hands over tasks that wait. Before <see cref="HandOverAsync()"/>.</summary>
    /// <param name="app">Their application.</param>
    /// <param name="directory">Its directory.</param>
    /// <param name="jobs">The tasks.</param>
    /// <returns>How many have found somebody who takes them.</returns>
    public async Task<int> HandOverAsync(string app, string directory, IReadOnlyList<SavedJob> jobs)
    {
        for (int i = 0; i < jobs.Count; i++)
        {
            if (!await WaitForRoomAsync().ConfigureAwait(false))
            {
                return i;
            }

            SavedJob job = jobs[i];
            Send(SuccessionFrame.Job, 0, fields =>
            {
                fields.Write(app);
                fields.Write(directory);
                SuccessionFields.Write(fields, job);
            });
        }

        return jobs.Count;
    }

    /// <summary>The workers of this server have ended: hands over what they have shared.</summary>
    /// <returns>Completes when the other has it, or is gone.</returns>
    public async Task HandOverAsync()
    {
        Client[] clients;
        lock (_lock)
        {
            _isOver = true;
            clients = [.. _clients.Values];
        }

        foreach (Client client in clients)
        {
            await StopAndHandOverAsync(client).ConfigureAwait(false);
        }

        await Closed.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override void OnFrame(SuccessionFrame kind, int state, BinaryReader fields)
    {
        lock (_lock)
        {
            if (_isOver)
            {
                // It asks again, itself. What it has opened so late that nobody knew of it is to be handed over all the same.
                if (kind is SuccessionFrame.Open && Open(state, fields.ReadString(), fields.ReadString()) is { } late)
                {
                    _ = StopAndHandOverAsync(late);
                }

                return;
            }

            switch (kind)
            {
                case SuccessionFrame.Open:
                    _ = Open(state, fields.ReadString(), fields.ReadString());
                    break;
                case SuccessionFrame.Call:
                    _clients[state].Call(fields);
                    break;
                case SuccessionFrame.Closed:
                    _clients[state].OnClosed(fields.ReadInt32(), fields.ReadInt32());
                    break;
                case SuccessionFrame.Ended:
                    _clients[state].OnEnded(fields.ReadInt32());
                    break;
                default:
                    throw new InvalidDataException();
            }
        }
    }

    /// <inheritdoc/>
    protected override void OnClosed()
    {
        lock (_lock)
        {
            if (!_isOver)
            {
                // It has not become ready.
                foreach (Client client in _clients.Values)
                {
                    client.End();
                }
            }
        }
    }

    private async Task StopAndHandOverAsync(Client client) => await HandOverAsync(client, await client.State.StopAsync().ConfigureAwait(false)).ConfigureAwait(false);

    private async Task HandOverAsync(Client client, StateImage image)
    {
        foreach (SavedEntry entry in image.Entries)
        {
            if (!await WaitForRoomAsync().ConfigureAwait(false))
            {
                return;
            }

            Send(SuccessionFrame.Entry, client.Number, fields => SuccessionFields.Write(fields, entry));
        }

        foreach (SavedLease lease in image.Leases)
        {
            // What a process of this server has, which ends now, is free.
            if (client.Holder(lease) is { } holder && await WaitForRoomAsync().ConfigureAwait(false))
            {
                Send(SuccessionFrame.Lease, client.Number, fields => SuccessionFields.Write(fields, lease, holder.Owner, holder.Caller));
            }
        }

        Send(SuccessionFrame.Over, client.Number, fields =>
        {
            fields.Write(image.Version);
            fields.Write(image.Token);
        });
    }

    private Client? Open(int number, string app, string directory)
    {
        if (_stateOf(app, directory) is { } state)
        {
            var client = new Client(this, number, state);
            _clients.Add(number, client);
            return client;
        }

        Send(SuccessionFrame.None, number);
        return null;
    }

    /// <summary>What the processes of one application are known by.</summary>
    private sealed class Client(StateSuccessor link, int number, IStateStore state)
    {
        private readonly Dictionary<int, StateOwner> _owners = [];
        private readonly Dictionary<int, Caller> _callers = [];

        public int Number => number;

        public IStateStore State => state;

        public void Call(BinaryReader fields)
        {
            int ownerNumber = fields.ReadInt32();
            int callerNumber = fields.ReadInt32();
            SavedCall call = SuccessionFields.ReadCall(fields);
            if (!_owners.TryGetValue(ownerNumber, out StateOwner? owner))
            {
                _owners.Add(ownerNumber, owner = new StateOwner());
            }

            if (!_callers.TryGetValue(callerNumber, out Caller? caller))
            {
                _callers.Add(callerNumber, caller = new Caller(link, number, callerNumber));
            }

            if (state.Execute(call.Get(), owner, caller) is { } result)
            {
                caller.Reply(call.Sequence, result);
            }
        }

        public void OnClosed(int ownerNumber, int callerNumber)
        {
            if (_owners.TryGetValue(ownerNumber, out StateOwner? owner) && _callers.Remove(callerNumber, out Caller? caller))
            {
                state.OnClosed(owner, caller);
            }
        }

        public void OnEnded(int ownerNumber)
        {
            if (_owners.Remove(ownerNumber, out StateOwner? owner))
            {
                state.OnEnded(owner);
            }
        }

        public void End()
        {
            foreach (StateOwner owner in _owners.Values)
            {
                state.OnEnded(owner);
            }
        }

        public (int Owner, int Caller)? Holder(SavedLease lease)
            => lease.By.Caller is Caller caller && caller.Link == link && _owners.FirstOrDefault(one => one.Value == lease.Owner) is { Value: not null } owner
                ? (owner.Key, caller.Number)
                : null;
    }

    private sealed class Caller(StateSuccessor link, int state, int number) : IStateCaller
    {
        public StateSuccessor Link => link;

        public int Number => number;

        public void Reply(uint sequence, in StateResult result)
        {
            StateResult said = result;
            link.Send(SuccessionFrame.Reply, state, fields =>
            {
                fields.Write(number);
                fields.Write(sequence);
                SuccessionFields.Write(fields, said);
            });
        }
    }
}
