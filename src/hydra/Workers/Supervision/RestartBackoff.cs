namespace Hydra.Workers.Supervision;

/// <summary>
/// How long to wait before a worker that died is started again: at once after it has served for a second, then 0.1 s. As long as it does
/// not even get ready the pause doubles, up to 10 s. One that gets ready serves until it dies again, which is more than nothing, and what
/// its start costs bounds how often that can be.
/// </summary>
internal sealed class RestartBackoff
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(0.1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);
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

        bool wasReady = served > TimeSpan.Zero;
        TimeSpan delay = wasReady && _next > First ? First : _next;
        _next = delay == TimeSpan.Zero || wasReady ? First : delay * 2 < Longest ? delay * 2 : Longest;
        return delay;
    }
}
