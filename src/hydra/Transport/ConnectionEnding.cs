namespace Hydra.Transport;

/// <summary>What a connection has to do about its end.</summary>
internal enum EndStep
{
    /// <summary>It goes on, or there is nothing left to do.</summary>
    None,

    /// <summary>Let the client see the end of what it is sent.</summary>
    EndOutput,

    /// <summary>Close, and read on for a while: the client may still be sending.</summary>
    CloseAndLinger,

    /// <summary>Both sides are through.</summary>
    Close,
}

/// <summary>
/// How far a connection is on its way to the end, from both sides, and what follows from that; acting is the connection's. Each step is
/// given once. Belongs to the loop's thread.
/// </summary>
internal struct ConnectionEnding
{
    private bool _graceStarted;
    private bool _outputEnds;

    /// <summary>Whether the client has shut down its sending side.</summary>
    public bool PeerFinished { get; private set; }

    /// <summary>Whether the owner is through with the connection: it ends once everything is sent.</summary>
    public bool IsDisposing { get; private set; }

    /// <summary>Whether the descriptor is closed, or another's.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Whether no side has begun to end it.</summary>
    public readonly bool IsOpen => !IsClosed && !IsDisposing && !_outputEnds && !PeerFinished;

    /// <summary>The kernel has said whether the client sends nothing more; once it does not, it never will.</summary>
    public void OnPeer(bool isFinished) => PeerFinished |= isFinished;

    /// <summary>The owner writes nothing more.</summary>
    public void OnOutputEnds() => _outputEnds = true;

    /// <summary>The owner is through with the connection.</summary>
    public void OnDisposing() => IsDisposing = true;

    /// <summary>Notes that the descriptor is closed, or given to somebody else.</summary>
    /// <returns>False when it was closed already.</returns>
    public bool TryClose()
    {
        bool isFirst = !IsClosed;
        IsClosed = true;
        return isFirst;
    }

    /// <summary>Whether the client's grace begins now: it has ended its side, and a request may be under way.</summary>
    public bool TryStartGrace()
    {
        if (!PeerFinished || _graceStarted || IsClosed || IsDisposing)
        {
            return false;
        }

        _graceStarted = true;
        return true;
    }

    /// <summary>What follows now that everything is sent.</summary>
    /// <param name="mayLinger">Whether clients that may still be sending are read on.</param>
    public EndStep OnSent(bool mayLinger)
    {
        if (IsClosed)
        {
            return EndStep.None;
        }

        if (IsDisposing)
        {
            return mayLinger && !PeerFinished ? EndStep.CloseAndLinger : EndStep.Close;
        }

        if (_outputEnds)
        {
            _outputEnds = false;
            return EndStep.EndOutput;
        }

        return EndStep.None;
    }
}
