namespace Hydra.Tests.Diagnostics;

/// <summary>A clock that stands, one hour east of Greenwich.</summary>
internal sealed class FixedTime(DateTimeOffset now) : TimeProvider
{
    public static readonly FixedTime Default = new(new DateTimeOffset(2026, 11, 24, 0, 44, 54, 123, TimeSpan.Zero));

    public override TimeZoneInfo LocalTimeZone { get; } = TimeZoneInfo.CreateCustomTimeZone("test", TimeSpan.FromHours(1), "test", "test");

    public override DateTimeOffset GetUtcNow() => now;
}
