using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace Hydra.Edge;

/// <summary>A response that is kept. Immutable: its bytes belong to it, and any thread may read it.</summary>
internal sealed class CachedResponse
{
    // Bytes for what is around a response and each of its fields.
    private const int Overhead = 512;
    private const int FieldOverhead = 64;

    // Of a response without a body (304) these say nothing of that which is kept (RFC 9111, section 3.2).
    private static readonly string[] OfTheBody = ["Content-Encoding", "Content-Type", "Content-Range", "Vary", "Set-Cookie"];

    // Fields that are made anew for each client, or are the connection's.
    private static readonly string[] NotKept = ["Connection", "Content-Length", "Age", "Cache-Status"];

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

    /// <summary>When it came, or was last said to be good.</summary>
    public required DateTimeOffset StoredAt { get; init; }

    /// <summary>About how many bytes it takes.</summary>
    public long Size => Overhead + Body.Length + Fields.Sum(static pair => (long)FieldOverhead + (2 * (pair.Key.Length + pair.Value.ToString().Length)));

    /// <summary>Whether the application can be asked whether it is good yet (RFC 9111, section 4.3.1).</summary>
    public bool HasValidator => Field("ETag").Length > 0 || Field("Last-Modified").Length > 0;

    /// <summary>How old it is, in whole seconds (RFC 9111, section 4.2.3).</summary>
    public long AgeAt(DateTimeOffset now) => Freshness.InitialAge + Math.Max(0, (long)(now - StoredAt).TotalSeconds);

    /// <summary>Seconds for which it is good; 0 or less once it is stale.</summary>
    public long RestAt(DateTimeOffset now) => Freshness.Lifetime - AgeAt(now);

    /// <summary>Whether there is still something that it could be used for: as it is, or to be asked back with.</summary>
    public bool IsOfUseAt(DateTimeOffset now) => HasValidator || AgeAt(now) < Freshness.LastUse;

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

    /// <summary>The value of one of its fields, or empty.</summary>
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

    /// <summary>Whether a head is about this response: the validators that it has are the same (sections 4.3.4 and 4.3.5).</summary>
    /// <param name="headers">The head of a 304, or of a response to HEAD.</param>
    public bool IsMeantBy(IHeaderDictionary headers)
        => headers.ETag.Count > 0 ? IsSameTag(headers.ETag.ToString(), Field("ETag"))
            : headers.LastModified.Count == 0 || headers.LastModified.ToString() == Field("Last-Modified");

    /// <summary>
    /// This response with what a new head says of it (section 3.2), as old as that. <see cref="Freshness"/> stays as it was, and is for the caller to replace.
    /// </summary>
    /// <param name="headers">The head of a 304, or of a response to HEAD.</param>
    /// <param name="now">When that came.</param>
    public IHeaderDictionary Updated(IHeaderDictionary headers, DateTimeOffset now)
    {
        IHeaderDictionary fields = new HeaderDictionary();
        foreach ((string name, StringValues value) in Fields)
        {
            fields[name] = value;
        }

        fields.Date = now.ToString("r", CultureInfo.InvariantCulture);
        foreach ((string name, StringValues value) in headers)
        {
            if (!NotKept.Contains(name, StringComparer.OrdinalIgnoreCase) && !OfTheBody.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                fields[name] = value;
            }
        }

        // A 304 has the form of the tag that it was asked with.
        if (fields.ETag.Count > 0 && Field("ETag") is { Length: > 0 } tag)
        {
            fields.ETag = tag;
        }

        if (headers.Age.Count > 0)
        {
            fields.Age = headers.Age;
        }

        return fields;
    }

    /// <summary>The same body with a new head.</summary>
    /// <param name="fields">All fields.</param>
    /// <param name="freshness">For how long it is good.</param>
    /// <param name="now">When that was said.</param>
    public CachedResponse With(IHeaderDictionary fields, Freshness freshness, DateTimeOffset now) => new()
    {
        Status = Status,
        Fields = Kept(fields, now),
        VariesBy = VariesBy,
        Body = Body,
        Freshness = freshness,
        StoredAt = now,
    };

    /// <summary>What is kept of a response's fields.</summary>
    /// <param name="headers">All of them.</param>
    /// <param name="now">When it came.</param>
    public static List<KeyValuePair<string, StringValues>> Kept(IHeaderDictionary headers, DateTimeOffset now)
    {
        List<KeyValuePair<string, StringValues>> fields = [];
        foreach (KeyValuePair<string, StringValues> field in headers)
        {
            if (!NotKept.Contains(field.Key, StringComparer.OrdinalIgnoreCase))
            {
                fields.Add(field);
            }
        }

        if (headers.Date.Count == 0)
        {
            // When it was made, for each who gets it (RFC 9110, section 6.6.1).
            fields.Add(new("Date", now.ToString("r", CultureInfo.InvariantCulture)));
        }

        return fields;
    }

    private static bool IsSameTag(string one, string other) => Opaque(one) == Opaque(other);

    private static string Opaque(string tag) => tag.StartsWith("W/", StringComparison.Ordinal) ? tag[2..] : tag;
}
