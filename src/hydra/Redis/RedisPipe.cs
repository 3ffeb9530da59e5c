using Hydra.Protocol;
using Hydra.Transport;

namespace Hydra.Redis;

/// <summary>What there is to be measured of a pipe.</summary>
/// <param name="Waiting">Calls that have no answer yet.</param>
/// <param name="Bytes">Bytes that they take.</param>
/// <param name="Unknown">Calls so far of which nobody knows whether they were done.</param>
internal readonly record struct PipeFigures(int Waiting, long Bytes, long Unknown);

/// <summary>
/// Commands on their way to a server and back, any number at a time: they leave together, and are answered in their order. Any thread; one gate guards all of it, and
/// nobody is told anything under it.
/// </summary>
/// <param name="room">Bytes that all that wait may take.</param>
/// <param name="timeout">How long a call may take.</param>
internal sealed class RedisPipe(long room, TimeSpan timeout) : ILinkSink, IDisposable
{
    // Calls that nobody waits for any more.
    private const int MostPatient = 100_000;
    private const int TickMilliseconds = 200;

    // A server that is silent for so many timeouts, and so long, is looked for anew.
    private const int SilentTimeouts = 3;
    private const int LeastSilence = 10_000;

    private readonly Lock _gate = new();
    private readonly long _limit = (long)timeout.TotalMilliseconds;
    private LinkedList<RedisCall> _unsent = new();
    private readonly Queue<RedisCall> _patient = new();
    private Queue<RedisCall> _sent = new();
    private RespReader _reader = new();
    private LinkChannel? _channel;
    private Timer? _timer;
    private string _why = "it is not there yet";
    private long _downSince = Environment.TickCount64;
    private long _bytes;
    private long _unknown;
    private long _heardAt;
    private bool _isTicking;
    private bool _isDisposed;
    private volatile bool _isStuck;

    /// <summary>Told when the server does not answer, and when it does again. Any thread.</summary>
    public Action<bool>? Stuck { get; set; }

    /// <summary>Told when the channel has closed, with why.</summary>
    public Action<string>? Closed { get; set; }

    /// <summary>The server is there, and does not answer.</summary>
    public bool IsStuck => _isStuck;

    /// <summary>Whether there is a server.</summary>
    public bool IsAttached
    {
        get
        {
            lock (_gate)
            {
                return _channel is not null;
            }
        }
    }

    /// <summary>Sends a command, or has it wait for a server.</summary>
    public void Send(RedisCall call)
    {
        string? problem;
        lock (_gate)
        {
            long now = Environment.TickCount64;
            problem = ProblemOf(call, now);
            if (problem is null)
            {
                call.Deadline = now + _limit;
                _bytes += call.Size;
                if (_channel is not null)
                {
                    Write(call, _channel);
                }
                else if (call.IsPatient)
                {
                    _patient.Enqueue(call);
                }
                else
                {
                    _unsent.AddLast(call);
                }

                Tick();
            }
        }

        if (problem is not null)
        {
            call.Tell(new RedisAnswer(StateStatus.Unavailable, default, problem));
        }
    }

    /// <summary>There is a server: what waits goes there.</summary>
    public void Attach(LinkChannel channel)
    {
        lock (_gate)
        {
            _channel = channel;
            _reader = new RespReader();
            _heardAt = Environment.TickCount64;
            while (_patient.TryDequeue(out RedisCall? call))
            {
                Write(call, channel);
            }

            foreach (RedisCall call in _unsent)
            {
                Write(call, channel);
            }

            _unsent = new LinkedList<RedisCall>();
        }

        channel.Start(this);
    }

    /// <summary>Why there is no server.</summary>
    public void Explain(string why)
    {
        lock (_gate)
        {
            _why = why;
        }
    }

    /// <summary>Closes the connection.</summary>
    public void Close(string why)
    {
        LinkChannel? channel;
        lock (_gate)
        {
            _why = why;
            channel = _channel;
        }

        channel?.Close();
    }

    /// <summary>What there is to be measured.</summary>
    public PipeFigures ReadFigures()
    {
        lock (_gate)
        {
            return new PipeFigures(_sent.Count + _unsent.Count + _patient.Count, _bytes, _unknown);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
        }

        Close("the server stops");
        _timer?.Dispose();
    }

    int ILinkSink.OnBytes(ReadOnlySpan<byte> data)
    {
        string? broken = _reader.Read(data, OnValue);
        if (broken is null)
        {
            return data.Length;
        }

        Explain("what it says is not the protocol of Redis: " + broken);
        return -1;
    }

    void ILinkSink.OnClosed(Exception? error)
    {
        List<(RedisCall Call, RedisAnswer Answer)> told = [];
        string why;
        lock (_gate)
        {
            long now = Environment.TickCount64;
            _why = why = _why.Length > 0 ? _why : error is null ? "it has closed the connection" : error.Message;
            LinkedList<RedisCall> again = new();
            foreach (RedisCall call in _sent)
            {
                if (call.IsPatient)
                {
                    _patient.Enqueue(call);
                }
                else if (call.IsRepeatable && !call.IsOver && now < call.Deadline)
                {
                    again.AddLast(call);
                }
                else
                {
                    _bytes -= call.Size;
                    if (!call.IsOver)
                    {
                        _unknown++;
                        told.Add((call, new RedisAnswer(StateStatus.Unknown, default, why)));
                    }
                }
            }

            foreach (RedisCall call in _unsent)
            {
                again.AddLast(call);
            }

            _unsent = again;
            _sent = new Queue<RedisCall>();
            _channel = null;
            _downSince = now;
            _isStuck = false;
        }

        Tell(told);
        Closed?.Invoke(why);
    }

    /// <summary>There is a server, and <see cref="Attach"/> follows: calls wait for it.</summary>
    public void Expect()
    {
        lock (_gate)
        {
            _why = "";
            _downSince = Environment.TickCount64;
        }
    }

    private string? ProblemOf(RedisCall call, long now)
        => _isDisposed ? "the server stops"
            : call.IsPatient ? (_patient.Count >= MostPatient ? "too much waits for Redis" : null)
            : _bytes + call.Size > room ? "more waits for Redis than --state-memory has room for"
            : _isStuck ? $"Redis does not answer within {timeout.TotalSeconds:0.#} s"
            : _channel is null && now - _downSince > _limit ? "Redis cannot be reached: " + _why
            : null;

    private void Write(RedisCall call, LinkChannel channel)
    {
        _sent.Enqueue(call);
        lock (channel.Gate)
        {
            channel.Output.Write(call.Head);
            channel.Output.Write(call.Tail);
            channel.FlushSoon();
        }
    }

    private void OnValue(RespValue value)
    {
        RedisCall? call;
        bool isWell = false;
        lock (_gate)
        {
            _heardAt = Environment.TickCount64;
            if (!_sent.TryDequeue(out call))
            {
                _why = "it answers what nobody has asked";
                _channel?.Close();
                return;
            }

            if (value.Kind is RespKind.Error && call is { IsScript: true, SendsSource: false, IsOver: false } && value.Text.StartsWith("NOSCRIPT", StringComparison.Ordinal) && _channel is not null)
            {
                // It was not run.
                call.SendsSource = true;
                Write(call, _channel);
                return;
            }

            _bytes -= call.Size;
            if (_isStuck && !(_sent.TryPeek(out RedisCall? next) && next.IsOver))
            {
                _isStuck = false;
                isWell = true;
            }
        }

        if (!call.IsOver)
        {
            call.Tell(RedisAnswer.Of(value));
        }

        if (isWell)
        {
            Stuck?.Invoke(false);
        }
    }

    private void Tick()
    {
        if (_isTicking || _isDisposed)
        {
            return;
        }

        _isTicking = true;
        _timer ??= new Timer(static pipe => ((RedisPipe)pipe!).OnTick(), this, Timeout.Infinite, Timeout.Infinite);
        _timer.Change(TickMilliseconds, Timeout.Infinite);
    }

    // Looks for calls that have taken too long. In either queue the first is the oldest.
    private void OnTick()
    {
        List<(RedisCall Call, RedisAnswer Answer)> told = [];
        bool isStuck = false;
        lock (_gate)
        {
            long now = Environment.TickCount64;
            while (_unsent.First is { } first && now >= first.Value.Deadline)
            {
                _unsent.RemoveFirst();
                _bytes -= first.Value.Size;
                told.Add((first.Value, new RedisAnswer(StateStatus.Unavailable, default, "Redis cannot be reached: " + _why)));
            }

            foreach (RedisCall call in _sent)
            {
                if (now < call.Deadline)
                {
                    break;
                }

                if (call is { IsOver: false, IsPatient: false })
                {
                    call.IsOver = true;
                    _unknown += call.IsRepeatable ? 0 : 1;
                    told.Add((call, new RedisAnswer(
                        call.IsRepeatable ? StateStatus.Unavailable : StateStatus.Unknown, default, $"Redis does not answer within {timeout.TotalSeconds:0.#} s")));
                    isStuck = !_isStuck;
                    _isStuck = true;
                }
            }

            if (_isStuck && now - _heardAt > Math.Max(LeastSilence, SilentTimeouts * _limit))
            {
                _why = "it does not answer";
                _channel?.Close();
            }

            _isTicking = false;
            if (_sent.Count + _unsent.Count > 0)
            {
                Tick();
            }
        }

        Tell(told);
        if (isStuck)
        {
            Stuck?.Invoke(true);
        }
    }

    private static void Tell(List<(RedisCall Call, RedisAnswer Answer)> told)
    {
        foreach ((RedisCall call, RedisAnswer answer) in told)
        {
            call.Tell(answer);
        }
    }
}
