using Hydra.Diagnostics;
using Hydra.Protocol;
using Hydra.Workers.Links;

namespace Hydra.Workers.Processes;

/// <summary>
/// Has the user's functions called for what the server is about to do (--on-starting, --on-reload): in a process of its own, as
/// <see cref="ExitHook"/> has it, and before anything of it is done. Calls that come while one is at work and another waits are one with
/// that which waits. Any thread; <c>_gate</c> guards who runs.
/// </summary>
/// <param name="start">Starts a Python that waits for its boot document, and says what its application's directory is. Throws <see cref="WorkerStartException"/>.</param>
/// <param name="document">The boot document of the pool's workers.</param>
/// <param name="limit">How long a process may take for all its functions; zero for ever.</param>
/// <param name="log">Where what the functions print goes.</param>
/// <param name="time">The clock.</param>
internal sealed class ServerHooks(Func<Task<StartedProcess>> start, BootDocument document, TimeSpan limit, IWorkerLogSink log, TimeProvider time) : IDisposable
{
    /// <summary>Before the first worker starts.</summary>
    public const string Starting = "starting";

    /// <summary>Before the workers of a reload start.</summary>
    public const string Reload = "reload";

    /// <summary>In the place of <see cref="Starting"/>, where nothing is to be served: the functions are looked for and not called.</summary>
    public const string Check = "check";

    private const int Worker = 0;

    private readonly Lock _gate = new();
    private Task<WorkerFailure?> _current = Task.FromResult<WorkerFailure?>(null);
    private Task<WorkerFailure?>? _next;
    private IWorkerProcess? _process;
    private bool _isOver;

    /// <summary>Has the functions of an event called.</summary>
    /// <returns>Null when all have come to their end, or why not.</returns>
    public Task<WorkerFailure?> CallAsync(string name)
    {
        if ((name is Reload ? document.ReloadHooks : document.StartingHooks).Length == 0)
        {
            return Task.FromResult<WorkerFailure?>(null);
        }

        lock (_gate)
        {
            if (_next is null)
            {
                _next = RunAsync(name, _current);
            }

            return _next;
        }
    }

    /// <summary>The server stops: a process that is still at work is killed, and no other is started.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
            _process?.Kill();
        }
    }

    private async Task<WorkerFailure?> RunAsync(string name, Task before)
    {
        // Not under the lock that the caller holds.
        await Task.Yield();
        await before.ConfigureAwait(false);
        lock (_gate)
        {
            (_current, _next) = (_next!, null);
        }

        try
        {
            return await RunAsync(name).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // No Python, no process, no pipe: whatever it is, the functions were not called.
            return (e as WorkerStartException)?.Failure ?? Failure(name, $"cannot be called: {e.Message}");
        }
    }

    private async Task<WorkerFailure?> RunAsync(string name)
    {
        (IWorkerProcess process, WorkerCommand command) = await start().ConfigureAwait(false);
        lock (_gate)
        {
            _process = process;
            if (_isOver)
            {
                process.Kill();
            }
        }

        // It connects to nobody; the fields only must not be empty.
        process.Boot(document with { Address = "none", Token = "none", Worker = Worker, Preload = false, Event = name, AppDir = command.AppDirectory });
        string said = "";
        Task<int> exit = process.WaitAsync((line, isError) =>
        {
            log.WriteLine(WorkerLog.Hook, process.Id, line, isError);
            said = isError && line.StartsWith(OptionOf(name) + ": ", StringComparison.Ordinal) ? line[(OptionOf(name).Length + 1)..] : said;
        });
        Task late = limit > TimeSpan.Zero ? Task.Delay(limit, time) : Task.Delay(Timeout.InfiniteTimeSpan, time);
        bool isLate = await Task.WhenAny(exit, late).ConfigureAwait(false) != exit;
        if (isLate)
        {
            process.Kill();
        }

        int code = await exit.ConfigureAwait(false);
        lock (_gate)
        {
            _process = null;
            return isLate ? Failure(name, $"took longer than --start-timeout, {limit.TotalSeconds:0.#} s, and was killed")
                : _isOver ? Failure(name, "was not called to its end: the server stops")
                : code == 0 ? null
                : Failure(name, $"has failed: its process (pid {process.Id}) {ExitDescription.Of(code)}{(said.Length > 0 ? ":" + said : "")}");
        }
    }

    private static string OptionOf(string name) => name is Reload ? "--on-reload" : "--on-starting";

    private WorkerFailure Failure(string name, string what)
        => new(
            StartFailure.HookFailed,
            $"{OptionOf(name)} {(name is Reload ? document.ReloadHooks : document.StartingHooks)} {what}",
            "");
}
