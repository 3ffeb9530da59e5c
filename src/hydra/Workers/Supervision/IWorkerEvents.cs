using Hydra.Protocol;
using Hydra.Workers.Links;

namespace Hydra.Workers.Supervision;

/// <summary>What happens to a worker. The supervisor's side of <see cref="Worker"/>; called from any thread.</summary>
internal interface IWorkerEvents
{
    /// <summary>The worker is ready; its handle has its links.</summary>
    void OnReady(Worker worker);

    /// <summary>The worker has drained and is about to exit.</summary>
    void OnGoodbye(Worker worker);

    /// <summary>A link has closed, because the worker broke a rule of the protocol (then it is named) or just so.</summary>
    void OnLinkClosed(Worker worker, string? violation);

    /// <summary>The worker sends a log record or has printed a line.</summary>
    void OnLog(Worker worker, WireLogLevel level, DateTimeOffset created, string logger, string message);
}
