using Hydra.Workers.Processes;
using Hydra.Workers.Supervision;
using Xunit;

namespace Hydra.Tests.Workers.Supervision;

public class WorkerTransitionsTests
{
    [Fact]
    public void IsAllowed_EveryPair_IsAllowedOnlyIfItIsInTheTable()
    {
        string allowed = string.Join(' ',
            from a in Enum.GetValues<WorkerState>()
            from b in Enum.GetValues<WorkerState>()
            where WorkerTransitions.IsAllowed(a, b)
            select $"{a}>{b}");

        Assert.Equal(
            "Starting>Ready Starting>Ending Starting>Stopped Ready>Retiring Ready>Draining Ready>Ending Ready>Stopped "
                + "Retiring>Ready Retiring>Draining Retiring>Ending Retiring>Stopped Draining>Ending Draining>Stopped Ending>Stopped",
            allowed);
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
