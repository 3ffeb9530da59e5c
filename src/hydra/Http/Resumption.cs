using Hydra.Protocol;
using Hydra.Workers.Links;

namespace Hydra.Http;

/// <summary>What a connection needs to go on in another worker, and how far it is with that. The exchange's lock guards it.</summary>
/// <param name="desk">What it shares with others.</param>
/// <param name="loop">The client's event loop.</param>
internal sealed class Resumption(ResumeDesk desk, int loop)
{
    // So many workers may die with a connection, that may be the reason, before it goes on alone; with the next one it is over.
    private const int Suspicious = 2;

    // So many workers may die with a connection that has done nothing since, within so many milliseconds: whatever they die of, its client had better come again.
    private const int MostDeaths = 10;
    private const int DeathsSpan = 5 * 60 * 1000;

    // It, and its timer.
    private const int Overhead = 200;

    private byte[] _state = [];
    private int _held;
    private int _deaths;
    private long _deathsFrom = long.MinValue / 2;

    /// <summary>What it shares with others.</summary>
    public ResumeDesk Desk => desk;

    /// <summary>The client's event loop.</summary>
    public int Loop => loop;

    /// <summary>Whether the connection may go on elsewhere: something is saved, and nothing has made it worthless.</summary>
    public bool IsArmed { get; private set; }

    /// <summary>What the application has saved.</summary>
    public ReadOnlySpan<byte> State => _state;

    /// <summary>Messages of the session, from its first on, that the application has dealt with.</summary>
    public long Acknowledged { get; set; }

    /// <summary>The number of the first message of the session that the present worker has had.</summary>
    public long First { get; set; }

    /// <summary>What the client was given since the state was saved.</summary>
    public ulong Sent { get; set; }

    /// <summary>Something was begun that has to be whole for the client: a message, or what the application gives at once.</summary>
    public bool IsWithin { get; set; }

    /// <summary>The application was told to part from it, and why.</summary>
    public ResumeReason? Leaving { get; set; }

    /// <summary>No worker has it, or one that has not accepted it yet.</summary>
    public bool IsMoving { get; set; }

    /// <summary>The worker that is to have it next; null for any.</summary>
    public WorkerHandle? Successor { get; set; }

    /// <summary>Why it goes on.</summary>
    public ResumeReason Reason { get; set; }

    /// <summary>The connection is over, or is to be: nothing goes on.</summary>
    public bool IsOver { get; set; }

    /// <summary>Workers that have died with it since it was last seen to do well.</summary>
    public int Losses { get; set; }

    /// <summary>Whether it is seen to be what its workers have died of.</summary>
    public bool IsConvicted => Losses > Suspicious;

    /// <summary>Whether it may be, so that it goes on alone.</summary>
    public bool IsSuspect => Losses >= Suspicious;

    /// <summary>Whether too many workers have died with it.</summary>
    public bool IsExhausted => _deaths > MostDeaths;

    /// <summary>When it was resumed, in milliseconds of <see cref="Environment.TickCount64"/>.</summary>
    public long ResumedAt { get; set; } = long.MinValue / 2;

    /// <summary>The worker that has it.</summary>
    public WorkerHandle? Worker { get; set; }

    /// <summary>Completes when it does well; made for who waits for that.</summary>
    public TaskCompletionSource? Settled { get; private set; }

    /// <summary>The application has saved this.</summary>
    /// <returns>False where there is no room: what was saved before stays.</returns>
    public bool TrySave(ReadOnlySpan<byte> state)
    {
        int size = state.Length + Overhead;
        if (size > _held && !desk.Memory.TryTake(size - _held))
        {
            return false;
        }

        if (size < _held)
        {
            desk.Memory.Give(_held - size);
        }

        _held = size;
        if (_state.Length != state.Length)
        {
            _state = new byte[state.Length];
        }

        state.CopyTo(_state);
        Sent = 0;
        IsArmed = true;
        return true;
    }

    /// <summary>A worker was lost with it.</summary>
    /// <param name="isSuspect">Whether it may be what the worker has died of.</param>
    public void OnLost(bool isSuspect)
    {
        // One that is on trial has shown that it is; the others of its worker have shown nothing.
        bool isAnothers = desk.OnTrial is { } tried && tried != this && tried.Worker == Worker;
        Losses += isSuspect && !isAnothers ? 1 : 0;
        long now = Environment.TickCount64;
        if (now - _deathsFrom > DeathsSpan)
        {
            (_deathsFrom, _deaths) = (now, 0);
        }

        _deaths++;
    }

    /// <summary>It goes on alone: <see cref="Settled"/> says when it is seen to do well.</summary>
    public void BeginTrial()
    {
        desk.BeginTrial(this);
        Settled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Its worker has lived on with it: it is no suspect any more.</summary>
    public void Acquit()
    {
        if (!IsOver && !IsMoving)
        {
            Losses = 0;
        }
    }

    /// <summary>It is seen to do well: nothing is held against it.</summary>
    public void Settle()
    {
        Losses = 0;
        _deaths = 0;
        desk.EndTrial(this);
        Settled?.TrySetResult();
    }

    /// <summary>What was saved is worth nothing any more.</summary>
    public void Disarm()
    {
        IsArmed = false;
        desk.Memory.Give(_held);
        _held = 0;
        _state = [];
    }
}
