using System.Diagnostics;
using System.Net.Sockets;
using System.Threading.Channels;
using Hydra.Protocol;
using Hydra.Transport;
using Microsoft.Extensions.Logging;

namespace Hydra.Workers;

/// <summary>Where a worker that is ready, or not any more, is announced.</summary>
internal interface IWorkerPool
{
    /// <summary>The worker takes requests.</summary>
    void Add(WorkerHandle worker);

    /// <summary>The worker takes no more requests.</summary>
    void Remove(WorkerHandle worker);
}

/// <summary>How the first start of all workers ended.</summary>
/// <param name="Info">What the first worker said of itself; null when the start failed.</param>
/// <param name="Failure">Why the start failed; null when all workers got ready.</param>
internal sealed record StartOutcome(WorkerInfo? Info, WorkerFailure? Failure);

/// <summary>
/// Starts the workers, replaces those that die, and stops them all in the end. All decisions are made on one queue
/// (<see cref="RunAsync"/>); events from processes and links are posted to it from any thread.
/// </summary>
internal sealed class Supervisor : IWorkerEvents, IDisposable
{
    // How long a process may take to end after its links closed.
    private static readonly TimeSpan ExitTime = TimeSpan.FromSeconds(2);

    private readonly SupervisorOptions _options;
    private readonly IWorkerPool _pool;
    private readonly IWorkerLogSink _log;
    private readonly ILogger _logger;
    private readonly LinkListener _listener;
    private readonly WorkerSpawner _spawner = new();
    private readonly Channel<Action> _queue = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });
    private readonly TaskCompletionSource<StartOutcome> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _allStopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RestartBackoff[] _backoff;

    // The process of each index. Written by the queue, read by the listener's handshakes.
    private readonly Worker?[] _workers;
    private readonly bool[] _wasReady;
    private bool _isStopping;

    /// <summary>Makes the supervisor; <see cref="Start"/> starts the workers.</summary>
    public Supervisor(SupervisorOptions options, LinkAddress address, IWorkerPool pool, IWorkerLogSink log, ILogger logger)
    {
        _options = options;
        _pool = pool;
        _log = log;
        _logger = logger;
        _workers = new Worker?[options.Workers];
        _wasReady = new bool[options.Workers];
        _backoff = [.. Enumerable.Range(0, options.Workers).Select(_ => new RestartBackoff())];
        _listener = new LinkListener(address, options.Windows, index => index < _workers.Length ? Volatile.Read(ref _workers[index]) : null, logger);
    }

    /// <summary>Completes when all workers have been ready once, or when one could not start before that.</summary>
    public Task<StartOutcome> Started => _started.Task;

    /// <summary>Starts all workers.</summary>
    public void Start()
    {
        _ = _listener.RunAsync();
        _ = RunAsync();
        for (int i = 0; i < _workers.Length; i++)
        {
            int index = i;
            Post(() => Spawn(index));
        }
    }

    /// <summary>Lets the workers finish what they have, shut down and exit; kills what is left when the grace is over.</summary>
    public async Task StopAsync(TimeSpan grace)
    {
        Post(() => BeginStop(grace));
        Task finished = await Task.WhenAny(_allStopped.Task, Task.Delay(grace + ExitTime)).ConfigureAwait(false);
        if (finished != _allStopped.Task)
        {
            KillAll();
            await _allStopped.Task.ConfigureAwait(false);
        }
    }

    /// <summary>Closes the socket that workers connect to.</summary>
    public void Dispose() => _listener.Dispose();

    /// <summary>Kills all workers at once. Any thread.</summary>
    public void KillAll() => Post(() =>
    {
        _isStopping = true;
        foreach (Worker? worker in _workers)
        {
            if (worker is { State: not WorkerState.Stopped })
            {
                WorkersLog.Killed(_logger, worker.Index, worker.Process?.Id ?? 0);
                worker.Process?.Kill();
            }
        }

        CompleteIfAllStopped();
    });

    void IWorkerEvents.OnReady(Worker worker) => Post(() => HandleReady(worker));

    // What Python does at its exit (a child that it joins, a thread that goes on) may take for ever; nobody waits for it.
    void IWorkerEvents.OnGoodbye(Worker worker) => _ = KillLaterAsync(worker);

    void IWorkerEvents.OnLinkClosed(Worker worker, string? violation) => Post(() => HandleLinkClosed(worker, violation));

    void IWorkerEvents.OnLog(Worker worker, WireLogLevel level, DateTimeOffset created, string logger, string message)
        => _log.Write(worker.Index, worker.Process?.Id ?? 0, level, created, logger, message);

    private void Post(Action action) => _queue.Writer.TryWrite(action);

    private async Task RunAsync()
    {
        await foreach (Action action in _queue.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            try
            {
                action();
            }
            catch (Exception e)
            {
                // A mistake of ours in one decision must not end all further ones.
                WorkersLog.DecisionFailed(_logger, e);
            }
        }
    }

    private void Spawn(int index)
    {
        if (_isStopping)
        {
            return;
        }

        var worker = new Worker(index, _options.DataLinks, _options.DataChannel, _options.LimitConcurrency, this);
        Volatile.Write(ref _workers[index], worker);
        _ = SpawnAsync(worker);
    }

    private async Task SpawnAsync(Worker worker)
    {
        int code = -1;
        string python = "";
        try
        {
            WorkerCommand command = _options.Command();
            python = command.Python;
            WorkerProcess process = await _spawner.StartAsync(command, worker.Index).ConfigureAwait(false);
            worker.Process = process;

            // A stop that was decided while the process was being started found none to end.
            Post(() => KillIfStopping(worker));
            WorkersLog.Started(_logger, worker.Index, process.Id);
            process.Boot(_options.Document with { Address = _listener.Address, Token = worker.TokenText, Worker = worker.Index });
            code = await process.WaitAsync((line, isError) => HandleLine(worker, process.Id, line, isError)).ConfigureAwait(false);
            worker.Handle.SetExit(code);

            // Its last words may still be in the socket: they say why it ended.
            await Task.WhenAny(worker.ControlDone, Task.Delay(ExitTime)).ConfigureAwait(false);
            if (!worker.HasConnected)
            {
                worker.SetFailure(new WorkerFailure(StartFailure.Internal, PythonFailure.EndedEarly(python, code, worker.FirstLines), ""));
            }
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            worker.SetFailure(new WorkerFailure(StartFailure.Internal, PythonFailure.CannotStart(python, e.NativeErrorCode, e.Message), ""));
        }
        catch (WorkerStartException e)
        {
            worker.SetFailure(new WorkerFailure(StartFailure.Internal, e.Message, ""));
        }

        Post(() => HandleExited(worker, code));
    }

    private void KillIfStopping(Worker worker)
    {
        if (_isStopping && worker.ReadyAt == 0 && worker.State is not WorkerState.Stopped)
        {
            worker.Process?.Kill();
        }
    }

    private void HandleLine(Worker worker, int pid, string line, bool isError)
    {
        worker.Remember(line);
        _log.WriteLine(worker.Index, pid, line, isError);
    }

    private void HandleReady(Worker worker)
    {
        if (worker.State is not WorkerState.Starting || _isStopping)
        {
            return;
        }

        worker.MoveTo(WorkerState.Ready);
        worker.ReadyAt = Stopwatch.GetTimestamp();
        WorkersLog.Ready(_logger, worker.Index, worker.Process?.Id ?? 0);
        _pool.Add(worker.Handle);
        _wasReady[worker.Index] = true;
        if (Array.TrueForAll(_wasReady, ready => ready))
        {
            _started.TrySetResult(new StartOutcome(worker.Info, null));
        }
    }

    private void HandleLinkClosed(Worker worker, string? violation)
    {
        _pool.Remove(worker.Handle);
        if (worker.State is WorkerState.Stopped || worker.IsCondemned)
        {
            return;
        }

        if (violation is not null)
        {
            worker.IsCondemned = true;
            WorkersLog.BrokeProtocol(_logger, worker.Index, worker.Process?.Id ?? 0, violation);
            worker.CloseLinks();
            worker.Process?.Kill();
        }
        else if (worker.State is not WorkerState.Draining)
        {
            // It is most likely ending by itself; see to it that it does.
            worker.CloseLinks();
            _ = KillLaterAsync(worker);
        }
    }

    private async Task KillLaterAsync(Worker worker)
    {
        await Task.Delay(ExitTime).ConfigureAwait(false);
        Post(() =>
        {
            if (worker.State is not WorkerState.Stopped)
            {
                worker.Process?.Kill();
            }
        });
    }

    private void HandleExited(Worker worker, int exitCode)
    {
        WorkerState before = worker.State;
        worker.MoveTo(WorkerState.Stopped);
        _pool.Remove(worker.Handle);
        worker.CloseLinks();
        if (_isStopping)
        {
            WorkersLog.Stopped(_logger, worker.Index, worker.Process?.Id ?? 0);
            CompleteIfAllStopped();
            return;
        }

        WorkerFailure? failure = before is WorkerState.Starting ? worker.Failure ?? Unexplained(exitCode) : null;
        if (failure is not null && !_started.Task.IsCompleted)
        {
            _started.TrySetResult(new StartOutcome(null, failure));
            return;
        }

        TimeSpan served = worker.ReadyAt == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(worker.ReadyAt);
        TimeSpan delay = _backoff[worker.Index].Next(served);
        if (failure is null)
        {
            WorkersLog.Died(_logger, worker.Index, worker.Process?.Id ?? 0, ExitDescription.Of(exitCode), delay.TotalSeconds);
        }
        else
        {
            _log.WriteLine(worker.Index, worker.Process?.Id ?? 0, failure.Traceback, isError: true);
            WorkersLog.RestartFailed(_logger, worker.Index, failure.Message, delay.TotalSeconds);
        }

        _ = SpawnLaterAsync(worker.Index, delay);
    }

    private static WorkerFailure Unexplained(int exitCode)
        => new(StartFailure.Internal, $"the worker {ExitDescription.Of(exitCode)} while it loaded the application", "");

    private async Task SpawnLaterAsync(int index, TimeSpan delay)
    {
        await Task.Delay(delay).ConfigureAwait(false);
        Post(() => Spawn(index));
    }

    private void BeginStop(TimeSpan grace)
    {
        _isStopping = true;
        foreach (Worker? worker in _workers)
        {
            if (worker is null or { State: WorkerState.Stopped })
            {
                continue;
            }

            bool wasStarting = worker.State is WorkerState.Starting;
            if (worker.State is not WorkerState.Draining)
            {
                worker.MoveTo(WorkerState.Draining);
                _pool.Remove(worker.Handle);
            }

            // One that still loads the application has nothing to finish.
            if (wasStarting || !worker.Drain(grace))
            {
                worker.Process?.Kill();
            }
        }

        CompleteIfAllStopped();
    }

    private void CompleteIfAllStopped()
    {
        if (Array.TrueForAll(_workers, w => w is null or { State: WorkerState.Stopped }))
        {
            _allStopped.TrySetResult();
        }
    }
}
