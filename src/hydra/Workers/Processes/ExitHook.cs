using Hydra.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Hydra.Workers.Processes;

/// <summary>
/// Has the user's function called for workers that have ended (--on-worker-exit). That happens in a process of its own, of the same Python
/// and with the same path: what it does wrong cannot hurt a worker, and it is there when no worker is. There is one such process at a time;
/// what ends meanwhile is left to the next. Any thread; <c>_gate</c> guards what is left, and who runs.
/// </summary>
/// <param name="start">Starts a Python that waits for its boot document. Throws <see cref="WorkerStartException"/>.</param>
/// <param name="document">The boot document of the pool's workers.</param>
/// <param name="log">Where what the function prints goes.</param>
/// <param name="logger">Where to say that it failed.</param>
/// <param name="time">The clock.</param>
internal sealed class ExitHook(Func<int, Task<IWorkerProcess>> start, BootDocument document, IWorkerLogSink log, ILogger logger, TimeProvider time)
    : IDisposable
{
    /// <summary>How long a process may take for all that it is given. It includes the start of a Python.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly List<EndedWorker> _left = [];
    private Task _run = Task.CompletedTask;
    private bool _runs;
    private IWorkerProcess? _process;
    private bool _isOver;

    /// <summary>Completes when the function was called for all that have ended so far, or has failed.</summary>
    public Task Done
    {
        get
        {
            lock (_gate)
            {
                return _run;
            }
        }
    }

    /// <summary>A worker has ended.</summary>
    public void Add(EndedWorker worker)
    {
        lock (_gate)
        {
            _left.Add(worker);
            if (!_runs && !_isOver)
            {
                _runs = true;
                _run = Task.Run(RunAsync);
            }
        }
    }

    /// <summary>The server ends: a process that is still at work is killed, and no other is started.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
            _process?.Kill();
        }
    }

    private async Task RunAsync()
    {
        while (Take() is { Length: > 0 } workers)
        {
            string ended = EndedWorker.Join(workers);
            try
            {
                await CallAsync(workers[0].Index, ended).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // No Python, no process, no pipe: whatever it is, it is the function that was not called, and nothing else.
                ProcessesLog.ExitHookFailed(logger, document.ExitHook, ended, e.Message);
            }
        }
    }

    private EndedWorker[] Take()
    {
        lock (_gate)
        {
            EndedWorker[] workers = _isOver ? [] : [.. _left];
            _left.Clear();
            _runs = workers.Length > 0;
            return workers;
        }
    }

    private async Task CallAsync(int index, string ended)
    {
        IWorkerProcess process = await start(index).ConfigureAwait(false);
        lock (_gate)
        {
            _process = process;
            if (_isOver)
            {
                process.Kill();
            }
        }

        // It connects to nobody; the fields only must not be empty.
        process.Boot(document with { Address = "none", Token = "none", Worker = index, Preload = false, Ended = ended });
        Task<int> exit = process.WaitAsync((line, isError) => log.WriteLine(WorkerLog.Hook, process.Id, line, isError));
        if (await Task.WhenAny(exit, Task.Delay(Limit, time)).ConfigureAwait(false) != exit)
        {
            process.Kill();
            ProcessesLog.ExitHookFailed(logger, document.ExitHook, ended, $"it has taken longer than {Limit.TotalSeconds:0} s and is killed");
            await exit.ConfigureAwait(false);
        }
        else if (await exit.ConfigureAwait(false) is not 0 and int code)
        {
            ProcessesLog.ExitHookFailed(logger, document.ExitHook, ended, $"its process (pid {process.Id}) {ExitDescription.Of(code)}");
        }

        lock (_gate)
        {
            _process = null;
        }
    }
}
