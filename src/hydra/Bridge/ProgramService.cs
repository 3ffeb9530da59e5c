using System.Net;
using Hydra.Protocol;

namespace Hydra.Bridge;

/// <summary>The program as the streams meet it: where it listens, whether it runs, and where is said what goes wrong with it.</summary>
/// <param name="address">Where it listens.</param>
/// <param name="ended">Completes when it has ended.</param>
/// <param name="control">Takes lines of the log.</param>
internal sealed class ProgramService(EndPoint address, Task ended, FrontLink control)
{
    // The system closes the connections of a process that ends before it tells of the end.
    private static readonly TimeSpan EndTime = TimeSpan.FromMilliseconds(250);

    /// <summary>The connections to it.</summary>
    public ProgramConnections Connections { get; } = new(address, ended);

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => ended.IsCompleted;

    /// <summary>Whether it has ended, or does so in this moment: that is why a connection broke.</summary>
    public async Task<bool> EndsAsync()
    {
        await Task.WhenAny(ended, Task.Delay(EndTime)).ConfigureAwait(false);
        return HasEnded;
    }

    /// <summary>Says in the log what the program has done.</summary>
    public void Complain(string message) => control.SendLog(WireLogLevel.Error, message);
}
