namespace Hydra.Workers.Supervision;

/// <summary>Moments at which something is due, as <see cref="Roster.Now"/> counts them; null where nothing is.</summary>
internal static class Moments
{
    /// <summary>The one that comes first.</summary>
    public static TimeSpan Sooner(TimeSpan a, TimeSpan? b) => b < a ? b.Value : a;

    /// <summary>The one that comes first.</summary>
    public static TimeSpan? Sooner(TimeSpan? a, TimeSpan? b) => a is { } moment ? Sooner(moment, b) : b;
}
