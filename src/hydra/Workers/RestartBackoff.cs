namespace Hydra.Workers;

/// <summary>
/// How long to wait before a worker that died is started again: at once after it has served for a while, then 0.1 s, doubling up
/// to 10 s as long as it dies again soon.
/// </summary>
internal sealed class RestartBackoff
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(0.1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Healthy = TimeSpan.FromSeconds(10);

    private TimeSpan _next;

    /// <summary>The delay before the next start.</summary>
    /// <param name="served">How long the worker was ready before it died.</param>
    public TimeSpan Next(TimeSpan served)
    {
        if (served >= Healthy)
        {
            _next = TimeSpan.Zero;
        }

        TimeSpan delay = _next;
        _next = delay == TimeSpan.Zero ? First : delay * 2 < Longest ? delay * 2 : Longest;
        return delay;
    }
}
