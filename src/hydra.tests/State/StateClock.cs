namespace Hydra.Tests.State;

/// <summary>A clock that the test moves; its timers fire once, when their time has come.</summary>
internal sealed class StateClock : TimeProvider
{
    private readonly List<OneShot> _timers = [];
    private long _ticks = TimeSpan.TicksPerHour;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _ticks;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddDays(20_000);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new OneShot(() => callback(state), () => _ticks);
        _timers.Add(timer);
        return timer;
    }

    public void Advance(double seconds)
    {
        long end = _ticks + (long)(seconds * TimeSpan.TicksPerSecond);
        while (_timers.Where(timer => timer.At <= end).MinBy(static timer => timer.At) is { } next)
        {
            _ticks = Math.Max(_ticks, next.At!.Value);
            next.Fire();
        }

        _ticks = end;
    }

    private sealed class OneShot(Action fire, Func<long> now) : ITimer
    {
        public long? At { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            At = dueTime == Timeout.InfiniteTimeSpan ? null : now() + dueTime.Ticks;
            return true;
        }

        public void Fire()
        {
            At = null;
            fire();
        }

        public void Dispose() => At = null;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
