using Hydra.Protocol;
using Hydra.State;

namespace Hydra.Redis;

/// <summary>A call that waits for a lock, or for a message of a channel. Under the lines' gate.</summary>
/// <param name="line">Where it waits.</param>
/// <param name="owner">Its process.</param>
/// <param name="by">The link and the call.</param>
internal sealed class LineWaiter(RedisLine line, StateOwner owner, (IStateCaller Caller, uint Sequence) by) : DueItem
{
    /// <summary>Where.</summary>
    public RedisLine Line => line;

    /// <summary>Its process.</summary>
    public StateOwner Owner => owner;

    /// <summary>The link and the call.</summary>
    public (IStateCaller Caller, uint Sequence) By => by;

    /// <summary>Which attempt this is: the server gives it what it wants once, however often it is asked.</summary>
    public required long Attempt { get; init; }

    /// <summary>Places that there are.</summary>
    public long Places { get; init; }

    /// <summary>How long its lease is to last, in milliseconds; 0 for ever.</summary>
    public long Milliseconds { get; init; }

    /// <summary>It does not wait beyond the answer that is on its way.</summary>
    public bool IsLast { get; set; }

    /// <summary>Nobody waits for it: what it gets is given back.</summary>
    public bool IsAbandoned { get; set; }
}

/// <summary>Those of this front who wait for the same. Its time is when to ask again, whatever has been heard. Under the lines' gate.</summary>
/// <param name="name">What the application calls it.</param>
internal sealed class RedisLine(byte[] name) : DueItem
{
    /// <summary>What the application calls it.</summary>
    public byte[] Name => name;

    /// <summary>Who waits, in the order of coming.</summary>
    public LinkedList<LineWaiter> Waiters { get; } = [];

    /// <summary>Who the server is being asked for.</summary>
    public LineWaiter? Asking { get; set; }

    /// <summary>Something was heard while it was asked: ask again at once.</summary>
    public bool HasNews { get; set; }

    /// <summary>Whether the server has this front among those who wait.</summary>
    public bool IsKnown { get; set; }
}

/// <summary>
/// Calls that wait for something that is in a server: those of this front one after the other, in the order in which they came, and the first of them alone asks. The server tells the front that has
/// waited longest when there is something; should that be lost, it is asked again after a while. Any thread; one gate guards all of it, and nobody is told or asked anything under it.
/// </summary>
/// <param name="engine">The server.</param>
/// <param name="ask">Makes the command that asks for a waiter, which is told the answer.</param>
/// <param name="got">Told what a waiter has got, under no gate, with whether somebody waits for it.</param>
/// <param name="leave">Makes the command that says that this front waits there no more.</param>
/// <param name="keep">Told first, under the gate, what somebody has got who waits for it: from then on it is not the lines' to give back.</param>
internal sealed class RedisLines(
    RedisEngine engine, Func<LineWaiter, Action<RedisAnswer>, RedisCall> ask, Action<LineWaiter, RedisAnswer, bool> got, Func<byte[], RedisCall> leave,
    Action<LineWaiter, RedisAnswer>? keep = null) : IDisposable
{
    // A process that asks for more at a time is not in its right mind.
    private const int MostWaiting = 100_000;

    // Asked again after so long, a quarter more or less, though nothing was heard.
    private const int Patience = 1600;
    private const int MostAtATime = 1000;

    private readonly Lock _gate = new();
    private readonly Dictionary<byte[], RedisLine> _lines = new(Topics.BytesComparer.Instance);
    private readonly Dictionary<StateOwner, HashSet<LineWaiter>> _owners = [];
    private readonly DueQueue _due = new();
    private Timer? _timer;
    private long _attempts;
    private long _timedFor = long.MaxValue;
    private bool _isOver;

    /// <summary>A call asks, and waits where it says so.</summary>
    /// <returns>Null where it hears of it later.</returns>
    public StateResult? Join(in StateCall call, StateOwner owner, IStateCaller caller)
    {
        List<Action> after = [];
        lock (_gate)
        {
            RedisLine? line = _lines.GetValueOrDefault(call.Key.ToArray());
            if (call.Wait == 0 && line is { Asking: null })
            {
                return new StateResult(StateStatus.TimedOut);
            }

            if (!_owners.TryGetValue(owner, out HashSet<LineWaiter>? its))
            {
                its = [];
            }

            if (its.Count >= MostWaiting)
            {
                return new StateResult(StateStatus.Full);
            }

            _owners[owner] = its;
            if (line is null)
            {
                line = new RedisLine(call.Key.ToArray());
                _lines.Add(line.Name, line);
            }

            var waiter = new LineWaiter(line, owner, (caller, call.Sequence))
            {
                Attempt = ++_attempts,
                Places = call.Number,
                Milliseconds = call.Milliseconds == StateCall.Longest ? 0 : call.Milliseconds,
                IsLast = call.Wait == 0,
            };
            its.Add(waiter);
            line.Waiters.AddLast(waiter);
            if (call.Wait is not 0 and not uint.MaxValue)
            {
                _due.Set(waiter, Now + call.Wait);
            }

            Ask(line, after);
            SetTimer();
        }

        Run(after);
        return null;
    }

    /// <summary>Nobody waits for the answer to that call any more.</summary>
    /// <returns>Whether it had waited.</returns>
    public bool Abandon(StateOwner owner, IStateCaller caller, uint sequence) => Forget(owner, waiter => waiter.By == (caller, sequence));

    /// <summary>A link has closed, or all of a process where none is named: what waits there does not any more.</summary>
    public void Forget(StateOwner owner, IStateCaller? caller) => Forget(owner, waiter => caller is null || waiter.By.Caller == caller);

    /// <summary>The server says that there is something.</summary>
    public void OnNews(byte[] name)
    {
        List<Action> after = [];
        lock (_gate)
        {
            if (!_lines.TryGetValue(name, out RedisLine? line))
            {
                // Nobody waits here: it is for another front.
                after.Add(() => engine.Pipe.Send(leave(name)));
            }
            else if (line.Asking is not null)
            {
                line.HasNews = true;
            }
            else
            {
                Ask(line, after);
            }
        }

        Run(after);
    }

    /// <summary>There is a server again, and nobody knows what was missed: all ask.</summary>
    public void OnAttached()
    {
        List<Action> after = [];
        lock (_gate)
        {
            foreach (RedisLine line in _lines.Values)
            {
                Ask(line, after);
            }
        }

        Run(after);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
            _timer?.Dispose();
        }
    }

    private static long Now => Environment.TickCount64;

    private static void Run(List<Action> after) => after.ForEach(static one => one());

    private bool Forget(StateOwner owner, Func<LineWaiter, bool> which)
    {
        List<Action> after = [];
        bool hasWaited = false;
        lock (_gate)
        {
            if (_owners.TryGetValue(owner, out HashSet<LineWaiter>? its))
            {
                foreach (LineWaiter waiter in its.Where(which).ToArray())
                {
                    hasWaited = true;
                    if (waiter.Line.Asking == waiter)
                    {
                        waiter.IsAbandoned = true;
                    }

                    Remove(waiter, after);
                }
            }
        }

        Run(after);
        return hasWaited;
    }

    // Asks for the first who waits, unless that is on its way.
    private void Ask(RedisLine line, List<Action> after)
    {
        if (line.Asking is null && line.Waiters.First?.Value is { } first && !_isOver)
        {
            line.Asking = first;
            line.HasNews = false;
            line.IsKnown |= !first.IsLast;
            after.Add(() => engine.Pipe.Send(ask(first, answer => OnAnswer(first, answer))));
        }
    }

    private void OnAnswer(LineWaiter waiter, RedisAnswer answer)
    {
        List<Action> after = [];
        lock (_gate)
        {
            RedisLine line = waiter.Line;
            line.Asking = null;
            bool isRefused = answer.IsGood && answer.Value[0].AsNumber == (long)StateStatus.TimedOut;
            if (!answer.IsGood)
            {
                // Of all who wait here: they would hear the same, one after the other.
                foreach (LineWaiter one in line.Waiters.Append(waiter).Distinct().ToArray())
                {
                    bool isWaiting = !one.IsAbandoned;
                    if (one == waiter || isWaiting)
                    {
                        after.Add(() => got(one, answer, isWaiting));
                    }

                    Remove(one, after);
                }
            }
            else if (!isRefused)
            {
                bool isWaiting = !waiter.IsAbandoned;
                if (isWaiting)
                {
                    keep?.Invoke(waiter, answer);
                }

                after.Add(() => got(waiter, answer, isWaiting));
                line.IsKnown = false;
                Remove(waiter, after);
                Ask(line, after);
            }
            else
            {
                // There is nothing for those behind it either.
                foreach (LineWaiter one in line.Waiters.Where(static one => one is { IsLast: true, IsAbandoned: false }).ToArray())
                {
                    after.Add(() => one.By.Caller.Reply(one.By.Sequence, new StateResult(StateStatus.TimedOut)));
                    Remove(one, after);
                }

                if (line.HasNews || waiter.IsLast || waiter.IsAbandoned)
                {
                    Ask(line, after);
                }
                else
                {
                    long pause = Math.Min(Math.Max(answer.Value[1].AsNumber, 1), Random.Shared.Next(Patience * 3 / 4, Patience * 5 / 4));
                    _due.Set(line, Now + pause);
                }
            }

            ForgetEmpty(line, after);
            SetTimer();
        }

        Run(after);
    }

    private void Remove(LineWaiter waiter, List<Action> after)
    {
        _due.Remove(waiter);
        waiter.Line.Waiters.Remove(waiter);
        if (_owners.TryGetValue(waiter.Owner, out HashSet<LineWaiter>? its) && its.Remove(waiter) && its.Count == 0)
        {
            _owners.Remove(waiter.Owner);
        }

        ForgetEmpty(waiter.Line, after);
    }

    private void ForgetEmpty(RedisLine line, List<Action> after)
    {
        if (line.Waiters.Count == 0 && line.Asking is null && _lines.TryGetValue(line.Name, out RedisLine? known) && known == line)
        {
            _lines.Remove(line.Name);
            _due.Remove(line);
            if (line.IsKnown)
            {
                after.Add(() => engine.Pipe.Send(leave(line.Name)));
            }
        }
    }

    private void OnTimer()
    {
        List<Action> after = [];
        lock (_gate)
        {
            _timedFor = long.MaxValue;
            for (int i = 0; i < MostAtATime && _due.Take(Now) is { } item; i++)
            {
                if (item is RedisLine line)
                {
                    Ask(line, after);
                }
                else if (item is LineWaiter waiter)
                {
                    if (waiter.Line.Asking == waiter)
                    {
                        waiter.IsLast = true;
                        continue;
                    }

                    after.Add(() => waiter.By.Caller.Reply(waiter.By.Sequence, new StateResult(StateStatus.TimedOut)));
                    Remove(waiter, after);
                }
            }

            SetTimer();
        }

        Run(after);
    }

    private void SetTimer()
    {
        long next = _due.Next;
        if (next < _timedFor && !_isOver)
        {
            _timedFor = next;
            _timer ??= new Timer(static lines => ((RedisLines)lines!).OnTimer(), this, Timeout.Infinite, Timeout.Infinite);
            _timer.Change(Math.Clamp(next - Now + 1, 1, int.MaxValue), Timeout.Infinite);
        }
    }
}
