namespace Hydra.Workers.Links;

/// <summary>How requests wait for a worker.</summary>
/// <param name="Length">Requests that wait now.</param>
/// <param name="Delay">How long requests wait at present; zero when none has for a second.</param>
internal readonly record struct QueueFigures(int Length, TimeSpan Delay);

/// <summary>Where the supervisor sees how long requests wait. Any thread.</summary>
internal interface IQueueFigures
{
    /// <summary>The figures of this moment.</summary>
    QueueFigures ReadFigures();
}
