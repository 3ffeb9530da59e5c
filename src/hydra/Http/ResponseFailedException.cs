using Hydra.Dispatch;

namespace Hydra.Http;

/// <summary>A response that had begun cannot be completed: the connection is aborted, so that the client sees the failure.</summary>
internal sealed class ResponseFailedException(string message, Failure failure) : Exception(message)
{
    /// <summary>What happened.</summary>
    public Failure Failure { get; } = failure;
}
