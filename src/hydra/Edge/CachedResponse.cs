using Microsoft.Extensions.Primitives;

namespace Hydra.Edge;

/// <summary>A response that is kept. Immutable: its bytes belong to it, and any thread may read it.</summary>
internal sealed class CachedResponse
{
    // Bytes for what is around a response and each of its fields.
    private const int Overhead = 512;
    private const int FieldOverhead = 64;

    /// <summary>200, or another that can be kept.</summary>
    public required int Status { get; init; }

    /// <summary>Its fields, without those of the connection and Age.</summary>
    public required IReadOnlyList<KeyValuePair<string, StringValues>> Fields { get; init; }

    /// <summary>The values of the request's fields that it varies by.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> VariesBy { get; init; }

    /// <summary>Its body, as the application has made it.</summary>
    public required byte[] Body { get; init; }

    /// <summary>For how long it is good.</summary>
    public required Freshness Freshness { get; init; }

    /// <summary>When it came.</summary>
    public required DateTimeOffset StoredAt { get; init; }

    /// <summary>About how many bytes it takes.</summary>
    public long Size => Overhead + Body.Length + Fields.Sum(static pair => (long)FieldOverhead + (2 * (pair.Key.Length + pair.Value.ToString().Length)));

    /// <summary>How old it is, in whole seconds (RFC 9111, section 4.2.3).</summary>
    public long AgeAt(DateTimeOffset now) => Freshness.InitialAge + Math.Max(0, (long)(now - StoredAt).TotalSeconds);

    /// <summary>Seconds for which it is good; 0 or less once it is stale.</summary>
    public long RestAt(DateTimeOffset now) => Freshness.Lifetime - AgeAt(now);

    /// <summary>Whether it may be used while a new one is fetched (RFC 5861, section 3), or is fresh.</summary>
    public bool IsUsableAt(DateTimeOffset now) => RestAt(now) + Freshness.StaleLifetime > 0;

    /// <summary>Whether it answers this request: the fields that it varies by have the same values (section 4.1).</summary>
    public bool Answers(HttpRequest request)
    {
        bool variesByCookie = false;
        foreach ((string name, string value) in VariesBy)
        {
            variesByCookie |= name.Equals("Cookie", StringComparison.OrdinalIgnoreCase);
            if (request.Headers[name].ToString() != value)
            {
                return false;
            }
        }

        return Freshness.IsForAll || (request.Headers.Authorization.Count == 0 && (variesByCookie || request.Headers.Cookie.Count == 0));
    }

    /// <summary>The field that a request is asked back with, or empty.</summary>
    public string Field(string name)
    {
        foreach ((string key, StringValues value) in Fields)
        {
            if (key.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return value.ToString();
            }
        }

        return "";
    }
}
