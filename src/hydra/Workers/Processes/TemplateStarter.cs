using System.Runtime.Versioning;
using Hydra.Workers.Links;
using Microsoft.Extensions.Logging;

namespace Hydra.Workers.Processes;

/// <summary>
/// Forks the workers of a generation from one <see cref="Template"/>. A reload gets another template, from the code as it is then; once
/// that is ready the old one ends with its last worker, and until then, and where it cannot load the code, the old one goes on forking.
/// Any thread; <c>_lock</c> guards the templates.
/// </summary>
/// <param name="spawner">Where processes are started.</param>
/// <param name="command">How Python is started; asked for each template. Throws <see cref="WorkerStartException"/>.</param>
/// <param name="document">The boot document of a template that is started so, but for its token.</param>
/// <param name="limit">How long a template may take to load the application; zero for ever.</param>
/// <param name="log">Takes what templates log and print.</param>
/// <param name="logger">Where their lives are logged.</param>
[UnsupportedOSPlatform("windows")]
internal sealed class TemplateStarter(
    WorkerSpawner spawner, Func<WorkerCommand> command, Func<WorkerCommand, BootDocument> document, TimeSpan limit, IWorkerLogSink log, ILogger logger)
    : IWorkerStarter
{
    // A template may end between the look at it and the fork. One that ends again and again is for the fleet to wait with.
    private const int Attempts = 2;

    /// <summary>Makes what takes the links of a template for shared state.</summary>
    public required Func<StateLinks> State { get; init; }

    private readonly Lock _lock = new();
    private readonly List<Template> _templates = [];

    // What workers are forked from; null before the first is ready, and when it has failed.
    private Template? _current;

    // What loads the application.
    private Template? _loading;

    // The last generation whose code could not be loaded.
    private int _failed = -1;
    private bool _isStopping;

    /// <inheritdoc/>
    public async Task<StartedProcess> StartAsync(int index, int generation)
    {
        for (int i = 0; i < Attempts; i++)
        {
            Template template = Choose(generation);
            try
            {
                await template.Ready.ConfigureAwait(false);
            }
            catch (WorkerStartException)
            {
                NoteFailed(template);
                throw;
            }

            NoteReady(template);
            if (await template.ForkAsync().ConfigureAwait(false) is { } worker)
            {
                return new StartedProcess(worker, template.Command);
            }
        }

        throw new WorkerStartException("the template process that it was to be forked from has ended");
    }

    /// <inheritdoc/>
    public IEnumerable<ILinkOwner> OwnersOf(int index)
    {
        lock (_lock)
        {
            return index == Template.LinkIndex ? [.. _templates] : [];
        }
    }

    /// <inheritdoc/>
    public void Stop()
    {
        Template? loading;
        lock (_lock)
        {
            _isStopping = true;
            loading = _loading;
        }

        loading?.End();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Template[] templates;
        lock (_lock)
        {
            _isStopping = true;
            templates = [.. _templates];
        }

        Array.ForEach(templates, static template => template.End());
    }

    private Template Choose(int generation)
    {
        Template started;
        lock (_lock)
        {
            if (_isStopping)
            {
                throw new WorkerStartException("the server stops");
            }

            if (_current is { HasEnded: false } current && (current.Generation >= generation || generation <= _failed))
            {
                return current;
            }

            if (_loading is { HasEnded: false } loading && loading.Generation >= generation)
            {
                return loading;
            }

            try
            {
                started = new Template(generation, command(), State(), log, logger);
            }
            catch (WorkerStartException)
            {
                _failed = Math.Max(_failed, generation);
                throw;
            }

            _loading = started;
            _templates.Add(started);
        }

        _ = RunAsync(started);
        return started;
    }

    private async Task RunAsync(Template template)
    {
        await template.RunAsync(spawner, document(template.Command), limit).ConfigureAwait(false);
        lock (_lock)
        {
            _templates.Remove(template);
            _current = _current == template ? null : _current;
            _loading = _loading == template ? null : _loading;
        }
    }

    private void NoteReady(Template template)
    {
        Template? old;
        lock (_lock)
        {
            _loading = _loading == template ? null : _loading;
            if (_current == template)
            {
                return;
            }

            // One that was overtaken by a reload while it loaded forks for those who wait for it, and then leaves.
            (old, _current) = _current is null || template.Generation >= _current.Generation ? (_current, template) : (template, _current);
        }

        old?.Retire();
    }

    private void NoteFailed(Template template)
    {
        lock (_lock)
        {
            _failed = Math.Max(_failed, template.Generation);
            _loading = _loading == template ? null : _loading;
        }
    }
}
