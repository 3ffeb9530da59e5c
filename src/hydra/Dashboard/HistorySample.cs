namespace Hydra.Dashboard;

/// <summary>What the server was like in one second.</summary>
/// <param name="Number">Which sample since the start of the server, from 1.</param>
/// <param name="At">The end of that second: seconds since 1970.</param>
/// <param name="Status">Requests that ended, a second, by the first digit of their status, from 1.</param>
/// <param name="Failures">Those without a complete answer of an application, a second.</param>
/// <param name="P50">Seconds that half of the requests of the last <see cref="RequestPace.Span"/> took at most; null where there were none.</param>
/// <param name="P90">The same of 90 %.</param>
/// <param name="P99">The same of 99 %.</param>
/// <param name="Connections">Connections of clients.</param>
/// <param name="Pools">The applications, in their order.</param>
internal sealed record HistorySample(
    long Number, double At, IReadOnlyList<double> Status, double Failures, double? P50, double? P90, double? P99, int Connections, IReadOnlyList<PoolSample> Pools);

/// <summary>What an application was like at the end of one second.</summary>
internal sealed record PoolSample
{
    /// <summary>Requests that wait for a worker.</summary>
    public int Queue { get; init; }

    /// <summary>Seconds that the oldest has waited.</summary>
    public double Wait { get; init; }

    /// <summary>Requests that were refused because of the queue's bounds, a second.</summary>
    public double Refused { get; init; }

    /// <summary>Requests that workers have.</summary>
    public int InFlight { get; init; }

    /// <summary>Sessions that they have beside them.</summary>
    public int Sessions { get; init; }

    /// <summary>Workers that serve, and answer.</summary>
    public int Ready { get; init; }

    /// <summary>Workers that serve, and do not answer.</summary>
    public int Silent { get; init; }

    /// <summary>Workers that are not ready yet.</summary>
    public int Starting { get; init; }

    /// <summary>Workers that are to end.</summary>
    public int Leaving { get; init; }

    /// <summary>Workers that wait for their next start.</summary>
    public int Waiting { get; init; }

    /// <summary>Workers that have died in that second: they served, and nobody had asked them to go.</summary>
    public long Died { get; init; }

    /// <summary>Processors that the workers use: 1 is all of one; null where that is not known.</summary>
    public double? Cpu { get; init; }

    /// <summary>Bytes of memory of all workers.</summary>
    public long Rss { get; init; }

    /// <summary>Seconds by which the latest event loop is late.</summary>
    public double Lag { get; init; }
}
