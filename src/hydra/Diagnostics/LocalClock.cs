namespace Hydra.Diagnostics;

/// <summary>The time on the wall. Any thread may call.</summary>
internal sealed class LocalClock(TimeProvider time)
{
    // No time zone changes its offset at another moment than a quarter of an hour.
    private static readonly long SlotTicks = TimeSpan.FromMinutes(15).Ticks;

    private volatile Slot _slot = new(-1, TimeSpan.Zero);

    /// <summary>Now.</summary>
    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>What the wall showed then, and how far from UTC. The zone is asked once in a quarter of an hour: it costs as much as a line of log.</summary>
    public DateTimeOffset ToLocal(DateTimeOffset instant)
    {
        DateTime utc = instant.UtcDateTime;
        long number = utc.Ticks / SlotTicks;
        Slot slot = _slot;
        if (slot.Number != number)
        {
            slot = new Slot(number, time.LocalTimeZone.GetUtcOffset(instant));
            _slot = slot;
        }

        return new DateTimeOffset(utc.Ticks + slot.Offset.Ticks, slot.Offset);
    }

    private sealed record Slot(long Number, TimeSpan Offset);
}
