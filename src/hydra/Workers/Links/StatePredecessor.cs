using Hydra.Jobs;
using Hydra.State;
using Hydra.Transport;
using Microsoft.Extensions.Logging;

namespace Hydra.Workers.Links;

/// <summary>The link to the server that this one takes the place of, which has the shared state as long as it lives. Any thread.</summary>
/// <param name="channel">The connected channel.</param>
/// <param name="logger">Where to say that it has ended without handing anything over.</param>
internal sealed class StatePredecessor(LinkChannel channel, ILogger logger) : SuccessionLink(channel)
{
    private readonly List<InheritedState> _states = [];

    /// <summary>What becomes of a task that waited there: application, directory, task. Before <see cref="SuccessionLink.Start"/>.</summary>
    public Action<string, string, SavedJob>? OnJob { get; set; }

    /// <summary>Told when that server calls nothing by the clock any more. Before <see cref="SuccessionLink.Start"/>; perhaps more than once.</summary>
    public Action? OnClock { get; set; }

    // How many of them are here. The reading side's.
    private int _arrived;
    private volatile bool _isGivenUp;

    /// <summary>What the workers of an application share, first there and then here. Before <see cref="SuccessionLink.Start"/>.</summary>
    /// <param name="app">The application.</param>
    /// <param name="directory">Its directory.</param>
    /// <param name="store">Where it is once it is here.</param>
    public InheritedState Open(string app, string directory, StateStore store)
    {
        var state = new InheritedState(this, _states.Count, store);
        _states.Add(state);
        Send(SuccessionFrame.Open, state.Number, fields =>
        {
            fields.Write(app);
            fields.Write(directory);
        });
        return state;
    }

    /// <summary>This server ends, and needs nothing of it any more.</summary>
    public void GiveUp()
    {
        _isGivenUp = true;
        Close();
    }

    /// <summary>Asks it to do a call.</summary>
    public void Call(int state, int owner, int caller, SavedCall call) => Send(SuccessionFrame.Call, state, fields =>
    {
        fields.Write(owner);
        fields.Write(caller);
        SuccessionFields.Write(fields, call);
    });

    /// <summary>Tells it of a link that has closed.</summary>
    public void TellClosed(int state, int owner, int caller) => Send(SuccessionFrame.Closed, state, fields =>
    {
        fields.Write(owner);
        fields.Write(caller);
    });

    /// <summary>Tells it of a process that has ended.</summary>
    public void TellEnded(int state, int owner) => Send(SuccessionFrame.Ended, state, fields => fields.Write(owner));

    /// <inheritdoc/>
    protected override void OnFrame(SuccessionFrame kind, int state, BinaryReader fields)
    {
        if (kind is SuccessionFrame.Job)
        {
            OnJob?.Invoke(fields.ReadString(), fields.ReadString(), SuccessionFields.ReadJob(fields));
            return;
        }

        if (kind is SuccessionFrame.Clock)
        {
            OnClock?.Invoke();
            return;
        }

        InheritedState about = _states[state];
        switch (kind)
        {
            case SuccessionFrame.Reply:
                about.OnReply(fields.ReadInt32(), fields.ReadUInt32(), SuccessionFields.ReadResult(fields));
                break;
            case SuccessionFrame.Entry:
                about.OnEntry(SuccessionFields.ReadEntry(fields));
                break;
            case SuccessionFrame.Lease:
                about.OnLease(fields);
                break;
            case SuccessionFrame.None:
                OnHere(about);
                break;
            case SuccessionFrame.Over:
                about.Store.Continue(fields.ReadInt64(), fields.ReadInt64());
                OnHere(about);
                break;
            default:
                throw new InvalidDataException();
        }
    }

    /// <inheritdoc/>
    protected override void OnClosed()
    {
        OnClock?.Invoke();
        if (_arrived < _states.Count)
        {
            if (!_isGivenUp)
            {
                LinksLog.StateLost(logger);
            }

            _states.ForEach(static state => state.OnHere());
        }
    }

    private void OnHere(InheritedState state)
    {
        if (state.Lost is var lost and > 0)
        {
            LinksLog.StateTooLarge(logger, lost);
        }

        state.OnHere();
        if (++_arrived == _states.Count)
        {
            Close();
        }
    }
}
