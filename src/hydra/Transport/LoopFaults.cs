using Microsoft.Extensions.Logging;

namespace Hydra.Transport;

/// <summary>
/// What follows when a callback of an event loop throws: it is logged, and what it belonged to is told to close itself. The loop goes on.
/// The loop's thread only.
/// </summary>
internal sealed class LoopFaults(ILogger logger)
{
    /// <summary>A callback has thrown.</summary>
    /// <param name="culprit">Whose callback it was.</param>
    /// <param name="exception">What it threw.</param>
    public void Report(object culprit, Exception exception)
    {
        TransportLog.CallbackFailed(logger, exception, culprit.GetType().Name);
        try
        {
            (culprit as ILoopSource)?.OnFault(exception);
        }
        catch (Exception e)
        {
            TransportLog.CallbackFailed(logger, e, culprit.GetType().Name);
        }
    }
}
