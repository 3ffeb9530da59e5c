namespace Hydra.Diagnostics;

/// <summary>What is measured of a request that is over.</summary>
internal readonly record struct RequestFigures
{
    /// <summary>The status that its client got.</summary>
    public required int Status { get; init; }

    /// <summary>From the request's head to the end of the response.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>The part of it that the request has waited for a worker.</summary>
    public TimeSpan Queued { get; init; }

    /// <summary>From the request's head to that of the worker's response; null where there was none.</summary>
    public TimeSpan? FirstByte { get; init; }

    /// <summary>From when a worker got the request until all of its response had come; null where that has not happened.</summary>
    public TimeSpan? Worker { get; init; }

    /// <summary>Bytes of the response's body.</summary>
    public long Bytes { get; init; }

    /// <summary>The number of its application; below 0 where it was for none.</summary>
    public int Pool { get; init; }
}
