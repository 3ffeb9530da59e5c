using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Hydra.Primitives;
using Hydra.Transport;
using Microsoft.Extensions.Logging;

namespace Hydra.Redis;

/// <summary>What there is to be measured of an engine.</summary>
/// <param name="IsUp">Whether the server is there and answers.</param>
/// <param name="Lost">How often it has gone.</param>
/// <param name="Pipe">What is on its way.</param>
internal readonly record struct EngineFigures(bool IsUp, long Lost, PipeFigures Pipe);

/// <summary>
/// A Redis or Valkey, as this front uses it: a connection for commands and one for messages, made anew when they break, and a key that says that this front lives. Any thread.
/// </summary>
internal sealed class RedisEngine : IDisposable
{
    /// <summary>How long what a front holds outlives it, in milliseconds.</summary>
    public const int Life = 10_000;

    // Four of them may be lost.
    private const int BeatMilliseconds = 2000;
    private const int FirstPause = 50;
    private const int LongestPause = 3000;

    // What has no end of its own is said anew so often; it has a day.
    private static readonly TimeSpan Renewal = TimeSpan.FromHours(1);
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    private readonly Func<Socket, Task<LinkChannel>> _channel;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _end = new();
    private readonly TaskCompletionSource<RedisException?> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Action> _attached = [];
    private readonly List<Action> _detached = [];
    private readonly List<Action> _renewed = [];
    private readonly Lock _gate = new();
    private TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string _why = "";
    private long _lostAt;
    private long _lost;
    private int _host;
    private bool _isUp;
    private bool _wasUp;
    private volatile bool _hasLeft;
    private Task _work = Task.CompletedTask;

    /// <summary>Describes one; <see cref="Start"/> begins.</summary>
    /// <param name="url">Where it is.</param>
    /// <param name="room">Bytes that what waits for it may take.</param>
    /// <param name="channel">Makes a channel of a connected socket.</param>
    /// <param name="logger">Where to say that it is gone.</param>
    /// <param name="word">Told what the server has to say to this front.</param>
    /// <param name="message">Told of all other messages: the channel and what it says.</param>
    public RedisEngine(RedisUrl url, long room, Func<Socket, Task<LinkChannel>> channel, ILogger logger, Action<byte[]> word, Action<byte[], byte[]> message)
    {
        Url = url;
        Name = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        Fronts = Encoding.UTF8.GetBytes(url.Prefix + "front:");
        Own = [.. Fronts, .. Encoding.UTF8.GetBytes(Name)];
        _channel = channel;
        _logger = logger;
        Pipe = new RedisPipe(room, url.Timeout) { Stuck = OnStuck, Closed = OnClosed };
        Subscriber = new RedisSubscriber((name, data) =>
        {
            if (name.AsSpan().SequenceEqual(Own))
            {
                word(data);
            }
            else
            {
                message(name, data);
            }
        })
        {
            Closed = OnClosed,
        };
        Subscriber.Subscribe(Own);
    }

    /// <summary>Where it is.</summary>
    public RedisUrl Url { get; }

    /// <summary>What this front is called there: of the same length for all.</summary>
    public string Name { get; }

    /// <summary>What the keys of fronts begin with.</summary>
    public byte[] Fronts { get; }

    /// <summary>The key that says that this front lives, and the channel on which it is told something.</summary>
    public byte[] Own { get; }

    /// <summary>Commands.</summary>
    public RedisPipe Pipe { get; }

    /// <summary>Messages.</summary>
    public RedisSubscriber Subscriber { get; }

    /// <summary>Whether the server is there and answers.</summary>
    public bool IsUp => Volatile.Read(ref _isUp) && !Pipe.IsStuck;

    /// <summary>Called when there is a server again, which may have lost what it was told. Before <see cref="Start"/>.</summary>
    public void OnAttached(Action then) => _attached.Add(then);

    /// <summary>Called when there is none any more. Before <see cref="Start"/>.</summary>
    public void OnDetached(Action then) => _detached.Add(then);

    /// <summary>Called each hour, for what has a day. Before <see cref="Start"/>.</summary>
    public void OnRenewal(Action then) => _renewed.Add(then);

    /// <summary>Begins to look for the server.</summary>
    public void Start() => _work = Task.Factory.StartNew(RunAsync, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();

    /// <summary>Waits until the server was there once.</summary>
    /// <exception cref="RedisException">It is there, and cannot be used.</exception>
    public async Task FoundAsync()
    {
        if (await _first.Task.ConfigureAwait(false) is { } problem)
        {
            throw problem;
        }
    }

    /// <summary>A server that was asked is a replica: another one is looked for.</summary>
    public void OnReplica() => Pipe.Close("it is a replica, which takes no writes");

    /// <summary>What there is to be measured.</summary>
    public EngineFigures ReadFigures() => new(IsUp, Interlocked.Read(ref _lost), Pipe.ReadFigures());

    /// <summary>Says that this front is no more: what it holds is free at once. What was sent before is done then.</summary>
    public async Task LeaveAsync()
    {
        _hasLeft = true;
        if (IsUp)
        {
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Pipe.Send(new RedisCall(null, new RespWriter().Add("DEL").Add(Own), _ => done.TrySetResult()));
            await Task.WhenAny(done.Task, Task.Delay(Farewell)).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_end.IsCancellationRequested)
        {
            return;
        }

        _end.Cancel();
        Pipe.Dispose();
        Subscriber.Close("the server stops");
        _ = _work.Wait(Farewell);
        _first.TrySetResult(null);
    }

    private async Task RunAsync()
    {
        int pause = 0;
        while (!_end.IsCancellationRequested)
        {
            try
            {
                await AttachAsync().ConfigureAwait(false);
                pause = 0;
                await BeatAsync().ConfigureAwait(false);
            }
            catch (RedisException e)
            {
                OnAbsent(e);
            }

            if (_end.IsCancellationRequested || (_first.Task.IsCompletedSuccessfully && _first.Task.Result is not null))
            {
                return;
            }

            // Twice as long each time, and never the same for all fronts.
            pause = Math.Min(Math.Max(pause * 2, FirstPause), LongestPause);
            await Task.Delay(Random.Shared.Next(pause / 2, pause), _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task AttachAsync()
    {
        var dialer = new RedisDialer(Url, "hydra-" + Name);
        (RedisConnection commands, int host, RedisInfo info) = dialer.Dial(subscribes: false, _host);
        RedisConnection messages;
        try
        {
            (messages, int other, _) = dialer.Dial(subscribes: true, host);
            if (other != host)
            {
                messages.Dispose();
                throw new RedisException("it has just become a replica");
            }
        }
        catch
        {
            commands.Dispose();
            throw;
        }

        _host = host;
        if (!_wasUp)
        {
            RedisLog.Found(_logger, info.Version, Url.ToString());
            if (info.Evicts is { } policy)
            {
                RedisLog.Evicts(_logger, Url.ToString(), policy);
            }
        }

        // The loops may come later: the workers, which begin when the server was found, wait for nothing else.
        Pipe.Expect();
        _first.TrySetResult(null);
        lock (_gate)
        {
            _closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _why = "";
        }

        Subscriber.Attach(messages.SecureChannel ?? await _channel(messages.Socket).ConfigureAwait(false));
        Pipe.Attach(commands.SecureChannel ?? await _channel(commands.Socket).ConfigureAwait(false));
        SetUp();
        Beat();
        _attached.ForEach(static then => then());
    }

    private async Task BeatAsync()
    {
        long renewed = Environment.TickCount64;
        while (!_closed.Task.IsCompleted)
        {
            await Task.WhenAny(_closed.Task, Task.Delay(BeatMilliseconds, _end.Token)).ConfigureAwait(false);
            if (_closed.Task.IsCompleted || _end.IsCancellationRequested)
            {
                break;
            }

            Beat();
            if (Environment.TickCount64 - Subscriber.HeardAt > Math.Max(Life, 3 * Url.Timeout.TotalMilliseconds))
            {
                Subscriber.Close("it does not answer");
            }

            if (Environment.TickCount64 - renewed > Renewal.TotalMilliseconds)
            {
                renewed = Environment.TickCount64;
                _renewed.ForEach(static then => then());
            }
        }

        Pipe.Close(_why);
        Subscriber.Close(_why);
        while ((Pipe.IsAttached || Subscriber.IsAttached) && !_end.IsCancellationRequested)
        {
            await Task.Delay(FirstPause).ConfigureAwait(false);
        }
    }

    private void Beat()
    {
        if (_hasLeft)
        {
            return;
        }

        Subscriber.Ping();
        Pipe.Send(new RedisCall(RedisScripts.Beat, new RespWriter().Add(1).Add(Own).Add(Life), answer =>
        {
            if (answer.IsReplica)
            {
                OnReplica();
            }
        })
        {
            IsRepeatable = true,
        });
    }

    private void OnAbsent(RedisException problem)
    {
        Pipe.Explain(problem.Message);
        if (_first.Task.IsCompleted)
        {
            return;
        }

        if (problem.IsFinal)
        {
            _first.TrySetResult(problem);
        }
        else if (_why.Length == 0)
        {
            _why = problem.Message;
            RedisLog.Waits(_logger, Url.ToString(), problem.Message);
        }
    }

    // Either connection has closed: both are made anew.
    private void OnClosed(string why)
    {
        TaskCompletionSource closed;
        lock (_gate)
        {
            if (_why.Length == 0)
            {
                _why = why;
            }

            closed = _closed;
        }

        SetDown(why);
        closed.TrySetResult();
        _detached.ForEach(static then => then());
    }

    private void OnStuck(bool isStuck)
    {
        if (isStuck)
        {
            SetDown($"it does not answer within {Url.Timeout.TotalSeconds:0.#} s");
        }
        else
        {
            SetUp();
        }
    }

    private void SetDown(string why)
    {
        lock (_gate)
        {
            if (!_isUp || _end.IsCancellationRequested)
            {
                return;
            }

            _isUp = false;
            _lost++;
            _lostAt = Environment.TickCount64;
        }

        RedisLog.Lost(_logger, Url.ToString(), why);
    }

    private void SetUp()
    {
        bool isBack;
        lock (_gate)
        {
            if (_isUp)
            {
                return;
            }

            isBack = _wasUp;
            _isUp = _wasUp = true;
        }

        if (isBack)
        {
            RedisLog.Back(_logger, Url.ToString(), (Environment.TickCount64 - _lostAt) / 1000.0);
        }
    }
}
