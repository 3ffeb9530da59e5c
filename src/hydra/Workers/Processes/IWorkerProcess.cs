namespace Hydra.Workers.Processes;

/// <summary>The process of a worker: started by the front itself, or forked from a <see cref="Template"/>. Any thread.</summary>
internal interface IWorkerProcess
{
    /// <summary>The operating system's process id.</summary>
    int Id { get; }

    /// <summary>Its resident memory in bytes; 0 when it has ended.</summary>
    long Resident { get; }

    /// <summary>
    /// Completes when the process that it was forked from has ended, and it goes on: another is to take its place, though in no hurry. Never for one that
    /// the front has started itself.
    /// </summary>
    Task Orphaned { get; }

    /// <summary>Hands over the boot document, and nothing else ever.</summary>
    void Boot(BootDocument document);

    /// <summary>Waits for the end of the process, and until all it has printed was handed to the sink.</summary>
    /// <param name="line">Takes each line; the flag is true for standard error.</param>
    /// <returns>The exit code; on POSIX 128 + the signal's number when a signal ended it.</returns>
    Task<int> WaitAsync(Action<string, bool> line);

    /// <summary>Ends the process at once.</summary>
    void Kill();
}
