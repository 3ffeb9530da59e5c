using Microsoft.Extensions.Logging;

namespace Hydra.Workers;

/// <summary>
/// Forks the workers of a generation from one <see cref="Template"/>. A reload gets another template, from the code as it is then; the
/// old one ends with its last worker. Any thread.
/// </summary>
internal sealed class TemplateStarter(WorkerSpawner spawner, Func<WorkerCommand, BootDocument> document, IWorkerLogSink log, ILogger logger)
    : IWorkerStarter
{
    private readonly Lock _lock = new();
    private readonly List<Template> _templates = [];
    private Template? _current;

    /// <inheritdoc/>
    public async Task<IWorkerProcess> StartAsync(WorkerCommand command, int index, int generation)
    {
        Template template = Current(command, generation);
        try
        {
            await template.Ready.ConfigureAwait(false);
        }
        catch (WorkerStartException)
        {
            Drop(template);
            throw;
        }

        return await template.ForkAsync().ConfigureAwait(false);
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
    public void Dispose()
    {
        lock (_lock)
        {
            _templates.ForEach(static template => template.End());
        }
    }

    private Template Current(WorkerCommand command, int generation)
    {
        Template? old;
        Template started;
        lock (_lock)
        {
            if (_current is { HasEnded: false } current && current.Generation >= generation)
            {
                return current;
            }

            old = _current;
            started = new Template(generation, log, logger);
            _current = started;
            _templates.Add(started);
        }

        old?.Retire();
        _ = RunAsync(started, command);
        return started;
    }

    private async Task RunAsync(Template template, WorkerCommand command)
    {
        await template.RunAsync(spawner, command, document(command)).ConfigureAwait(false);
        Drop(template);
    }

    private void Drop(Template template)
    {
        lock (_lock)
        {
            _templates.Remove(template);
            _current = _current == template ? null : _current;
        }
    }
}
