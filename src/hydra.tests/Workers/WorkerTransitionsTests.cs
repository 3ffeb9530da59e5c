using Hydra.Workers;
using Xunit;

namespace Hydra.Tests.Workers;

public class WorkerTransitionsTests
{
    [Fact]
    public void IsAllowed_EveryPair_OnlyForwardAndNeverFromStopped()
    {
        string allowed = string.Join(' ',
            from a in Enum.GetValues<WorkerState>()
            from b in Enum.GetValues<WorkerState>()
            where WorkerTransitions.IsAllowed(a, b)
            select $"{a}>{b}");

        Assert.Equal(
            "Starting>Ready Starting>Draining Starting>Stopped Ready>Draining Ready>Stopped Draining>Stopped", allowed);
    }

    [Fact]
    public void ExitDescription_SignalAndCode_AreNamed()
    {
        Assert.Equal("exited with code 3", ExitDescription.Of(3));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal("was ended by SIGKILL", ExitDescription.Of(137));
        }
    }
}
