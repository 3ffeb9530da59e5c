namespace Hydra.Tests.Dispatch;

/// <summary>A clock that the test moves. Its one timer fires whenever its period has passed.</summary>
internal sealed class ManualTime : TimeProvider
{
    private ManualTimer? _timer;
    private long _ticks = TimeSpan.TicksPerHour;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public bool IsTimerRunning => _timer is { Period: not null };

    public override long GetTimestamp() => _ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        => _timer = new ManualTimer(callback, state);

    /// <summary>Goes forward in steps as small as the timer's.</summary>
    public void Advance(TimeSpan time)
    {
        long end = _ticks + time.Ticks;
        while (_timer?.Period is { } period && _ticks + period.Ticks <= end)
        {
            _ticks += period.Ticks;
            _timer.Fire();
        }

        _ticks = end;
    }

    private sealed class ManualTimer(TimerCallback callback, object? state) : ITimer
    {
        public TimeSpan? Period { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Period = dueTime == Timeout.InfiniteTimeSpan ? null : period;
            return true;
        }

        public void Fire() => callback(state);

        public void Dispose() => Period = null;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
