using System.Runtime.InteropServices;

namespace Hydra.Hosting;

/// <summary>How the server stops, decided by what ends it.</summary>
/// <param name="Reason">What the log names as the reason.</param>
/// <param name="Quiet">How long no request may have come before idle connections are closed.</param>
/// <param name="Successor">The process id of the server that has taken over; null when there is none.</param>
/// <param name="Force">Completes when what still runs is to be cut off at once.</param>
internal sealed record StopPlan(string Reason, TimeSpan Quiet, int? Successor, Task Force)
{
    // Where a person waits who pressed Ctrl-C, where a supervisor waits, and where nobody does because another server goes on.
    private static readonly TimeSpan QuietAtTerminal = TimeSpan.Zero;
    private static readonly TimeSpan QuietAtStop = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan QuietAtUpgrade = TimeSpan.FromSeconds(2);

    /// <summary>Whether it was Ctrl-C, mostly.</summary>
    public bool IsInterrupt => Reason == nameof(PosixSignal.SIGINT);

    /// <summary>Decides, once either has come.</summary>
    /// <param name="signals">The signals that stop the server.</param>
    /// <param name="upgraded">Completes with the process id of a server that has taken over.</param>
    public static StopPlan For(StopSignals signals, Task<int> upgraded)
    {
        // A server that was upgraded stops already: the first signal is then the second wish. One that has cut the delay short was for that.
        Task force = signals.Next;
        if (upgraded.IsCompletedSuccessfully)
        {
            return new StopPlan("upgraded", QuietAtUpgrade, upgraded.Result, force);
        }

        PosixSignal signal = signals.First.Result;
        return new StopPlan(signal.ToString(), signal is PosixSignal.SIGINT ? QuietAtTerminal : QuietAtStop, null, force);
    }
}
