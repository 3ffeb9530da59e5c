using Hydra.Workers.Links;

namespace Hydra.Workers.Processes;

/// <summary>Makes the processes of workers. Any thread.</summary>
internal interface IWorkerStarter : IDisposable
{
    /// <summary>Starts a process that waits for its boot document.</summary>
    /// <param name="index">The worker's index.</param>
    /// <param name="generation">Which reload the worker comes after: 0 before the first.</param>
    /// <exception cref="WorkerStartException">Python cannot be started, or the application cannot be loaded.</exception>
    Task<StartedProcess> StartAsync(int index, int generation);

    /// <summary>Who beside the workers may open a link with this index.</summary>
    IEnumerable<ILinkOwner> OwnersOf(int index);

    /// <summary>The server stops: nothing is started any more, and what is still being prepared for it is given up.</summary>
    void Stop();
}

/// <summary>A process that waits for its boot document.</summary>
/// <param name="Process">The process.</param>
/// <param name="Command">How its Python was started.</param>
internal sealed record StartedProcess(IWorkerProcess Process, WorkerCommand Command);

/// <summary>Starts a Python for each worker.</summary>
/// <param name="spawner">Where processes are started.</param>
/// <param name="command">How Python is started; asked each time. Throws <see cref="WorkerStartException"/>.</param>
internal sealed class DirectStarter(WorkerSpawner spawner, Func<WorkerCommand> command) : IWorkerStarter
{
    /// <inheritdoc/>
    public async Task<StartedProcess> StartAsync(int index, int generation)
    {
        WorkerCommand present = command();
        return new StartedProcess(await spawner.StartAsync(present, index).ConfigureAwait(false), present);
    }

    /// <inheritdoc/>
    public IEnumerable<ILinkOwner> OwnersOf(int index) => [];

    /// <inheritdoc/>
    public void Stop()
    {
        // A process is there at once, and the fleet ends it.
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Workers end by themselves.
    }
}
