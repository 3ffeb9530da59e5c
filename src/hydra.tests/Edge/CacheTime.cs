namespace Hydra.Tests.Edge;

/// <summary>A clock that stands until the test moves it.</summary>
internal sealed class CacheTime : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;
}
