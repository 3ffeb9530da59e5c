using System.Globalization;

namespace Hydra.Edge;

/// <summary>Whether and for how long a response may be used again (RFC 9111, sections 3 and 4.2).</summary>
internal readonly struct Freshness
{
    /// <summary>Seconds from when it was made; nothing that is not said is guessed.</summary>
    public long Lifetime { get; private init; }

    /// <summary>Seconds behind that in which it may be used while a new one is fetched.</summary>
    public long StaleLifetime { get; private init; }

    /// <summary>How old it was when it came, in seconds.</summary>
    public long InitialAge { get; private init; }

    /// <summary>Whether it is also for requests with Authorization (section 3.5), or with cookies where it does not vary by them.</summary>
    public bool IsForAll { get; private init; }

    /// <summary>Reads a response's head.</summary>
    /// <param name="request">The request, which is a GET.</param>
    /// <param name="status">The response's status.</param>
    /// <param name="headers">Its fields.</param>
    /// <param name="now">When it came.</param>
    /// <returns>Null where it is not to be kept.</returns>
    public static Freshness? Of(HttpRequest request, int status, IHeaderDictionary headers, DateTimeOffset now)
    {
        CacheControl control = CacheControl.Parse(headers.CacheControl);
        bool isForAll = control.IsPublic || control.MustRevalidate;
        if (!IsKept(status) || control.NoStore || control.IsPrivate || control.NoCache || headers.SetCookie.Count > 0
            || headers.ContentRange.Count > 0 || Http.FieldList.Contains(headers.Vary, "*")
            || (!isForAll && request.Headers.Authorization.Count > 0)
            || (!isForAll && request.Headers.Cookie.Count > 0 && !Http.FieldList.Contains(headers.Vary, "Cookie")))
        {
            return null;
        }

        DateTimeOffset date = Date(headers.Date) ?? now;
        long? lifetime = control.SharedMaxAge ?? control.MaxAge ?? Until(headers.Expires, date);
        long age = Math.Max(long.TryParse(headers.Age, NumberStyles.None, CultureInfo.InvariantCulture, out long said) ? said : 0, Seconds(now - date));
        var freshness = new Freshness
        {
            Lifetime = lifetime ?? 0,
            StaleLifetime = control.MustRevalidate ? 0 : control.StaleWhileRevalidate,
            InitialAge = Math.Max(0, age),
            IsForAll = isForAll,
        };
        return lifetime > 0 && freshness.InitialAge < freshness.Lifetime ? freshness : null;
    }

    // Those whose meaning is known, and that are complete: section 15 of RFC 9110 has them as cacheable.
    private static bool IsKept(int status) => status is 200 or 203 or 300 or 301 or 308 or 404 or 405 or 410 or 414 or 451;

    // A date that is none has passed (section 5.3).
    private static long? Until(string? expires, DateTimeOffset date)
        => string.IsNullOrEmpty(expires) ? null : Date(expires) is { } end ? Seconds(end - date) : 0;

    /// <summary>A date as fields have it (RFC 9110, section 5.6.7), in the form that is sent; null where it is none.</summary>
    public static DateTimeOffset? Date(string? text)
        => DateTimeOffset.TryParseExact(text, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset date) ? date : null;

    private static long Seconds(TimeSpan time) => (long)Math.Clamp(time.TotalSeconds, int.MinValue, int.MaxValue);
}
