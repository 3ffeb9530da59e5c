namespace Hydra.Workers;

/// <summary>The process of a worker: started by the front itself, or forked from a <see cref="Template"/>. Any thread.</summary>
internal interface IWorkerProcess
{
    /// <summary>The operating system's process id.</summary>
    int Id { get; }

    /// <summary>Its resident memory in bytes; 0 when it has ended.</summary>
    long Resident { get; }

    /// <summary>Hands over the boot document, and nothing else ever.</summary>
    void Boot(BootDocument document);

    /// <summary>Waits for the end of the process, and until all it has printed was handed to the sink.</summary>
    /// <param name="line">Takes each line; the flag is true for standard error.</param>
    /// <returns>The exit code; on POSIX 128 + the signal's number when a signal ended it.</returns>
    Task<int> WaitAsync(Action<string, bool> line);

    /// <summary>Ends the process at once.</summary>
    void Kill();
}

/// <summary>Makes the processes of workers. Any thread.</summary>
internal interface IWorkerStarter : IDisposable
{
    /// <summary>Starts a process that waits for its boot document.</summary>
    /// <param name="command">How Python is started.</param>
    /// <param name="index">The worker's index.</param>
    /// <param name="generation">Which reload the worker comes after: 0 before the first.</param>
    /// <exception cref="WorkerStartException">The application cannot be loaded.</exception>
    /// <exception cref="System.ComponentModel.Win32Exception">Python cannot be started.</exception>
    Task<IWorkerProcess> StartAsync(WorkerCommand command, int index, int generation);

    /// <summary>Who beside the workers may open a link with this index.</summary>
    IEnumerable<ILinkOwner> OwnersOf(int index);
}

/// <summary>Starts a Python for each worker.</summary>
internal sealed class DirectStarter(WorkerSpawner spawner) : IWorkerStarter
{
    /// <inheritdoc/>
    public async Task<IWorkerProcess> StartAsync(WorkerCommand command, int index, int generation)
        => await spawner.StartAsync(command, index).ConfigureAwait(false);

    /// <inheritdoc/>
    public IEnumerable<ILinkOwner> OwnersOf(int index) => [];

    /// <inheritdoc/>
    public void Dispose()
    {
        // Workers end by themselves.
    }
}
