namespace Hydra.Workers.Supervision;

/// <summary>When workers are replaced because of their age: what the user asked for. Null where there is no limit.</summary>
internal sealed record RecycleOptions
{
    /// <summary>Requests a worker serves.</summary>
    public int? MaxRequests { get; init; }

    /// <summary>At most so many requests more, a number of its own for each worker.</summary>
    public int RequestsJitter { get; init; }

    /// <summary>Resident memory in bytes.</summary>
    public long? MaxResident { get; init; }

    /// <summary>Time from a worker's readiness on.</summary>
    public TimeSpan? MaxLifetime { get; init; }

    /// <summary>Whether there is any limit.</summary>
    public bool IsUsed => MaxRequests is not null || MaxResident is not null || MaxLifetime is not null;
}

/// <summary>The limits of one worker: those of <see cref="RecycleOptions"/>, spread so that workers do not all go at once.</summary>
internal sealed record WearLimits
{
    // A lifetime is shortened by up to this share.
    private const double LifetimeSpread = 0.1;

    /// <summary>Requests that it serves, its share of the jitter included.</summary>
    public long? Requests { get; init; }

    /// <summary>Bytes of resident memory that it may use.</summary>
    public long? Resident { get; init; }

    /// <summary>Time from its readiness on.</summary>
    public TimeSpan? Lifetime { get; init; }

    /// <summary>Draws the limits of a worker; null where there are none.</summary>
    public static WearLimits? Draw(RecycleOptions options, Random random) => !options.IsUsed ? null : new()
    {
        Requests = options.MaxRequests is { } requests ? requests + random.NextInt64(options.RequestsJitter + 1L) : null,
        Resident = options.MaxResident,
        Lifetime = options.MaxLifetime is { } lifetime ? lifetime * (1 - (LifetimeSpread * random.NextDouble())) : null,
    };
}
