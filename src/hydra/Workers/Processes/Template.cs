using System.Runtime.Versioning;
using System.Text;
using Hydra.Primitives;
using Hydra.Protocol;
using Hydra.Workers.Links;
using Microsoft.Extensions.Logging;

namespace Hydra.Workers.Processes;

/// <summary>
/// A process that has imported the application and forks workers from it. Any thread; <c>_lock</c> guards all that changes. The workers
/// are its children: it reports their ends. Where it ends itself they go on, on Linux, and else end with it.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed partial class Template : ILinkOwner, ITemplateSink
{
    /// <summary>The index that its HELLO names; workers have smaller ones.</summary>
    public const int LinkIndex = ushort.MaxValue;

    // What its lines in the log are named after.
    private const int LogIndex = -1;
    private const int FirstLinesLimit = 4096;

    // A fork takes milliseconds, and a killed process ends at once: a template that says nothing for so long is stopped, or hangs in what
    // the application registered with os.register_at_fork().
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(10);

    private readonly StateLinks _state;
    private readonly IWorkerLogSink _log;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly byte[] _token;
    private readonly string _tokenText = $"{Guid.NewGuid():n}{Guid.NewGuid():n}";
    private readonly StringBuilder _firstLines = new();
    private readonly Dictionary<uint, ForkedProcess> _forking = [];
    private readonly Dictionary<int, ForkedProcess> _workers = [];
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WorkerProcess? _process;
    private TemplateLink? _link;
    private WorkerFailure? _failure;
    private uint _sequence;
    private bool _isLeaving;
    private volatile bool _hasEnded;

    /// <summary>Describes a template.</summary>
    /// <param name="generation">Which reload it comes after: 0 before the first.</param>
    /// <param name="command">How its Python is started.</param>
    /// <param name="state">Takes its links for shared state: the application may use that while it is imported.</param>
    /// <param name="log">Takes what it logs and prints.</param>
    /// <param name="logger">Where its life is logged.</param>
    public Template(int generation, WorkerCommand command, StateLinks state, IWorkerLogSink log, ILogger logger)
    {
        Generation = generation;
        Command = command;
        _state = state;
        _log = log;
        _logger = logger;
        _token = Encoding.ASCII.GetBytes(_tokenText);
    }

    /// <summary>Which reload it comes after.</summary>
    public int Generation { get; }

    /// <summary>How its Python is started.</summary>
    public WorkerCommand Command { get; }

    /// <summary>Whether no worker can be forked from it any more.</summary>
    public bool HasEnded => _hasEnded;

    /// <summary>Completes when it can fork; fails with a <see cref="WorkerStartException"/>.</summary>
    public Task Ready => _ready.Task;

    ReadOnlySpan<byte> ILinkOwner.Token => _token;

    /// <summary>Runs its process from the start to the end. Does not throw.</summary>
    /// <param name="spawner">Where it is started.</param>
    /// <param name="document">What it is told.</param>
    /// <param name="limit">How long it may take to load the application; zero for ever.</param>
    public async Task RunAsync(WorkerSpawner spawner, BootDocument document, TimeSpan limit)
    {
        try
        {
            WorkerProcess process = await spawner.StartAsync(Command, 0).ConfigureAwait(false);
            SetProcess(process);
            process.Boot(document with { Token = _tokenText, Worker = LinkIndex, Preload = true });
            Task<int> exit = process.WaitAsync((line, isError) => OnLine(process.Id, line, isError));
            _ = KillUnlessEndedAsync(process, exit);
            _ = KillUnlessReadyAsync(process, exit, limit);
            int code = await exit.ConfigureAwait(false);

            // What it has said about its workers comes first.
            await Task.WhenAny(_closed.Task, Task.Delay(_link is null ? TimeSpan.Zero : WorkerProcess.ExitTime)).ConfigureAwait(false);
            OnEnded(process.Id, code);
        }
        catch (WorkerStartException e)
        {
            _hasEnded = true;
            _ready.TrySetException(e);
        }
    }

    /// <summary>Forks a worker, which waits for its boot document. To be called once it is <see cref="Ready"/>.</summary>
    /// <returns>Null when the template has ended instead.</returns>
    /// <exception cref="WorkerStartException">The system refused the fork, or there are no descriptors left.</exception>
    public async Task<IWorkerProcess?> ForkAsync()
    {
        ForkedProcess worker;
        try
        {
            worker = new ForkedProcess(this);
        }
        catch (IOException e)
        {
            throw new WorkerStartException($"the pipes for a worker cannot be made: {e.Message}");
        }

        bool isAsked;
        lock (_lock)
        {
            uint sequence = ++_sequence;
            isAsked = !_hasEnded && _link!.Fork(sequence, worker.Descriptors);
            if (isAsked)
            {
                _forking[sequence] = worker;
            }
        }

        worker.CloseWorkersEnds();
        bool isForked = false;
        try
        {
            isForked = isAsked && await AnswerAsync(worker.Forked).ConfigureAwait(false) && await worker.Forked.ConfigureAwait(false);
            return isForked ? worker : null;
        }
        finally
        {
            if (!isForked)
            {
                // A process that was forked all the same finds no boot document and exits.
                worker.Dispose();
            }
        }
    }

    /// <summary>Ends one of its workers at once, and ends itself when it does not say that it has.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="exited">Completes when it has ended.</param>
    public void Kill(ForkedProcess worker, Task exited)
    {
        lock (_lock)
        {
            if (!_workers.ContainsValue(worker))
            {
                // It has ended, and its number may be another process's.
                return;
            }

            _link!.Kill(worker.Id);
        }

        _ = AnswerAsync(exited);
    }

    /// <summary>It is not needed for further workers and ends when its last one has.</summary>
    public void Retire()
    {
        lock (_lock)
        {
            if (!_isLeaving)
            {
                _isLeaving = true;
                _link?.Drain();
            }
        }
    }

    /// <summary>Ends it at once.</summary>
    public void End()
    {
        lock (_lock)
        {
            _isLeaving = true;
            _process?.Kill();
        }
    }

    private void SetProcess(WorkerProcess process)
    {
        lock (_lock)
        {
            _process = process;
            if (_isLeaving)
            {
                process.Kill();
            }
        }
    }

    // Whoever closes its link ends, unless the application holds it up.
    private async Task KillUnlessEndedAsync(WorkerProcess process, Task exit)
    {
        await _closed.Task.ConfigureAwait(false);
        if (await Task.WhenAny(exit, Task.Delay(WorkerProcess.ExitTime)).ConfigureAwait(false) != exit)
        {
            process.Kill();
        }
    }

    private async Task KillUnlessReadyAsync(WorkerProcess process, Task exit, TimeSpan limit)
    {
        if (limit > TimeSpan.Zero && await Task.WhenAny(_ready.Task, exit, Task.Delay(limit)).ConfigureAwait(false) is { } first
            && first != _ready.Task && first != exit)
        {
            _failure ??= new WorkerFailure(
                StartFailure.Internal,
                FormattableString.Invariant($"the template process has not loaded the application within {limit.TotalSeconds:0.#} s (--start-timeout)"),
                "");
            process.Kill();
        }
    }

    // Ends the template when it does not do what it was asked for.
    private async Task<bool> AnswerAsync(Task answer)
    {
        if (await Task.WhenAny(answer, Task.Delay(AnswerTime)).ConfigureAwait(false) == answer)
        {
            return true;
        }

        _hasEnded = true;
        ProcessesLog.TemplateSilent(_logger, _process?.Id ?? 0, AnswerTime.TotalSeconds);
        _process?.Kill();
        return false;
    }

    private void OnLine(int pid, string line, bool isError)
    {
        lock (_lock)
        {
            if (_link is null && _firstLines.Length < FirstLinesLimit)
            {
                _firstLines.AppendLine(line);
            }
        }

        _log.WriteLine(LogIndex, pid, line, isError);
    }

    private void OnEnded(int pid, int code)
    {
        ForkedProcess[] forking;
        KeyValuePair<int, ForkedProcess>[] workers;
        lock (_lock)
        {
            _hasEnded = true;
            forking = [.. _forking.Values];
            workers = [.. _workers];
            _forking.Clear();
            _workers.Clear();
        }

        if (!_ready.Task.IsCompleted)
        {
            WorkerFailure failure = _failure ?? new WorkerFailure(StartFailure.Internal, DescribeEarlyEnd(code), "");
            _ready.TrySetException(new WorkerStartException(failure.Message) { Failure = failure });
        }
        else if (!_isLeaving)
        {
            LogDied(pid, code);
        }

        Array.ForEach(forking, static worker => worker.SetGone());
        foreach ((int worker, ForkedProcess process) in workers)
        {
            if (OperatingSystem.IsLinux())
            {
                process.SetOrphaned();
            }
            else
            {
                // Nothing else would end it with the front, or say that it has ended.
                _ = LibC.Kill(worker, LibC.SigKill);
                process.SetExited(ExitDescription.Killed);
            }
        }
    }

    private void LogDied(int pid, int code)
    {
        if (OperatingSystem.IsLinux())
        {
            ProcessesLog.TemplateDied(_logger, pid, ExitDescription.Of(code));
        }
        else
        {
            ProcessesLog.TemplateDiedWithWorkers(_logger, pid, ExitDescription.Of(code));
        }
    }

    private string DescribeEarlyEnd(int code)
    {
        lock (_lock)
        {
            return _link is null
                ? PythonFailure.EndedEarly(Command.Program, code, _firstLines.ToString())
                : $"the template process {ExitDescription.Of(code)} while it loaded the application";
        }
    }
}
