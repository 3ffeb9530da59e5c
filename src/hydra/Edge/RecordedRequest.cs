using Hydra.Http;

namespace Hydra.Edge;

/// <summary>A request that was kept, and what came of it. Immutable.</summary>
internal sealed record RecordedRequest
{
    /// <summary>Its number, from 1; given when it is kept.</summary>
    public long Id { get; init; }

    /// <summary>When it came.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Its method, as sent.</summary>
    public required string Method { get; init; }

    /// <summary>Its target, as sent; of its query secrets are masked.</summary>
    public required string Target { get; init; }

    /// <summary>Its version, as Kestrel names it.</summary>
    public required string Protocol { get; init; }

    /// <summary>Its header fields, secrets masked.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Fields { get; init; }

    /// <summary>Its body, secrets masked; empty for none.</summary>
    public required byte[] Body { get; init; }

    /// <summary>Why its body was not kept, a sentence's end; null where it was, or there was none.</summary>
    public string? Missing { get; init; }

    /// <summary>Whether something in it was a secret, and is not what was sent.</summary>
    public bool IsMasked { get; init; }

    /// <summary>What the client got.</summary>
    public required int Status { get; init; }

    /// <summary>From its head to the end of its response.</summary>
    public required TimeSpan Took { get; init; }

    /// <summary>By which way it came.</summary>
    public required RequestFacts Facts { get; init; }

    /// <summary>Bytes that it takes, about.</summary>
    public int Size => 512 + (2 * Target.Length) + Body.Length + Fields.Sum(static one => 100 + (2 * (one.Key.Length + one.Value.Length)));
}
