using Hydra.Tests.Workers.Links;
using Hydra.Workers.Links;
using Hydra.Workers.Supervision;
using Xunit;

namespace Hydra.Tests.Workers.Supervision;

/// <summary>Requests that take too long; looks instead of a clock.</summary>
public sealed class WatchdogTests : IDisposable
{
    private readonly FleetHarness _fleet = FleetHarness.Running();
    private readonly Looks _looks = new();
    private readonly List<Worker> _hung = [];
    private readonly Watchdog _watchdog;

    public WatchdogTests()
    {
        // A look each 100 ms.
        var options = new WatchdogOptions { RequestTimeout = TimeSpan.FromSeconds(1), WorkerTimeout = TimeSpan.FromSeconds(2) };
        _watchdog = new Watchdog(options, _hung.Add, _fleet.Log, _looks);
        _watchdog.Add(_fleet.Last);
    }

    public void Dispose()
    {
        _watchdog.Dispose();
        _fleet.Dispose();
    }

    [Fact]
    public void Look_RequestTakesTooLong_IsEnded()
    {
        FakeStream stream = WorkerHarness.Open(_fleet.Last);
        Look(11);

        Assert.Equal(["timed out"], stream.Events);
    }

    [Fact]
    public void Look_WorkerIsDebugged_ItsTimeStandsStill()
    {
        FakeStream stream = WorkerHarness.Open(_fleet.Last);
        Look(5);
        for (int i = 0; i < 50; i++)
        {
            Answer(isDebugged: true);
            Look(1);
        }

        Answer(isDebugged: false);
        Look(5);
        Assert.Empty(stream.Events);
        Assert.Empty(_hung);
        Assert.Single(_fleet.Lines("is being debugged"));

        Look(1);
        Assert.Equal(["timed out"], stream.Events);
    }

    [Fact]
    public void Look_WorkerIsDebuggedAndDoesNotAnswerAnyMore_IsGivenUp()
    {
        Answer(isDebugged: true);
        Look(100);

        Assert.Equal([_fleet.Last], _hung);
    }

    private void Answer(bool isDebugged) => ((IControlSink)_fleet.Last.Links).OnPong(new WorkerProbe(TimeSpan.Zero, isDebugged));

    private void Look(int times)
    {
        for (int i = 0; i < times; i++)
        {
            _looks.Fire();
        }
    }

    private sealed class Looks : TimeProvider
    {
        private TimerCallback? _callback;
        private object? _state;

        public void Fire() => _callback!(_state);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            (_callback, _state) = (callback, state);
            return System.CreateTimer(static _ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
