using Hydra.Primitives;
using Hydra.Tests.Workers.Supervision;
using Xunit;

namespace Hydra.Tests.Primitives;

public class LogThrottleTests
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly ManualClock _clock = new();

    [Fact]
    public void TryPass_Often_PassesTheFirstAndThenOneInAPauseWithTheNumberOfTheOthers()
    {
        var throttle = new LogThrottle(Pause, _clock);
        Assert.Equal((true, 0), Pass(throttle));
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal((false, i), Pass(throttle));
        }

        _clock.Now += Pause;
        Assert.Equal((true, 5), Pass(throttle));
        Assert.Equal((false, 0), Pass(throttle));

        _clock.Now += Pause;
        Assert.Equal((true, 1), Pass(throttle));
    }

    private static (bool Passes, long Others) Pass(LogThrottle throttle) => (throttle.TryPass(out long others), others);
}
