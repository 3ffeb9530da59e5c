namespace Hydra.Workers;

/// <summary>
/// How long to wait before a worker that died is started again: at once after it has served for a second, else 0.1 s, doubling as long
/// as it dies again sooner: up to 10 s while it never gets ready, and up to 1 s while it does, because whatever it serves meanwhile is more
/// than what a server without workers serves.
/// </summary>
internal sealed class RestartBackoff
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(0.1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestWhenReady = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Healthy = TimeSpan.FromSeconds(1);

    private TimeSpan _next;

    /// <summary>The delay before the next start.</summary>
    /// <param name="served">How long the worker was ready before it died; 0 when it never was.</param>
    public TimeSpan Next(TimeSpan served)
    {
        if (served >= Healthy)
        {
            _next = TimeSpan.Zero;
        }

        TimeSpan longest = served > TimeSpan.Zero ? LongestWhenReady : Longest;
        TimeSpan delay = _next < longest ? _next : longest;
        _next = delay == TimeSpan.Zero ? First : delay * 2 < Longest ? delay * 2 : Longest;
        return delay;
    }
}
