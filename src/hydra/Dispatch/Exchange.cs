using Hydra.Workers;

namespace Hydra.Dispatch;

/// <summary>A request that the dispatcher can hold and send: an <see cref="UpstreamStream"/> that can wait in the queue.</summary>
internal abstract class Exchange : UpstreamStream
{
    /// <summary>When the request was submitted, as a <see cref="System.Diagnostics.Stopwatch"/> timestamp.</summary>
    public long SubmittedAt { get; set; }

    /// <summary>Called under no lock when the queue cannot take the request or the server ends before a worker took it.</summary>
    public abstract void OnRefused();
}
