using System.Globalization;
using Hydra.Http;

namespace Hydra.Edge;

/// <summary>Whether and for how long a response may be used again (RFC 9111, sections 3 and 4.2).</summary>
internal readonly record struct Freshness
{
    // RFC 9110, section 5.6.7: the form that is sent, and the two that are to be understood.
    private static readonly string[] DateForms = ["r", "dddd, dd-MMM-yy HH:mm:ss 'GMT'", "ddd MMM d HH:mm:ss yyyy"];

    /// <summary>Seconds from when it was made; nothing that is not said is guessed. 0 where it is to be asked for each time.</summary>
    public long Lifetime { get; private init; }

    /// <summary>Seconds behind that in which it may be used while a new one is fetched.</summary>
    public long StaleLifetime { get; private init; }

    /// <summary>Seconds behind the lifetime in which it may be used in the place of a failure.</summary>
    public long ErrorLifetime { get; private init; }

    /// <summary>How old it was when it came, in seconds.</summary>
    public long InitialAge { get; private init; }

    /// <summary>Whether it is also for requests with Authorization (section 3.5), or with cookies where it does not vary by them.</summary>
    public bool IsForAll { get; private init; }

    /// <summary>no-cache: the application is to be asked each time (section 5.2.2.4).</summary>
    public bool AsksEachTime { get; private init; }

    /// <summary>must-revalidate and its like: it is not to be used stale, whatever a client would take (section 5.2.2.2).</summary>
    public bool MustRevalidate { get; private init; }

    /// <summary>Reads a response's head.</summary>
    /// <param name="request">The request, which is a GET.</param>
    /// <param name="status">The response's status.</param>
    /// <param name="headers">Its fields.</param>
    /// <param name="now">When it came.</param>
    /// <param name="delay">Seconds since it was asked for: it may be as old (section 4.2.3).</param>
    /// <returns>Null where it is not to be kept.</returns>
    public static Freshness? Of(HttpRequest request, int status, IHeaderDictionary headers, DateTimeOffset now, long delay = 0)
    {
        CacheControl control = CacheControl.Parse(headers.CacheControl);
        bool isForAll = control.IsPublic || control.MustRevalidate;
        if (!IsKept(status) || (control.NoStore && !control.MustUnderstand) || control.IsPrivate || headers.SetCookie.Count > 0
            || headers.ContentRange.Count > 0 || FieldList.Contains(headers.Vary, "*")
            || (!isForAll && request.Headers.Authorization.Count > 0)
            || (!isForAll && request.Headers.Cookie.Count > 0 && !FieldList.Contains(headers.Vary, "Cookie")))
        {
            return null;
        }

        DateTimeOffset date = Date(headers.Date) ?? now;
        long? lifetime = control.NoCache ? 0 : control.SharedMaxAge ?? control.MaxAge ?? Until(headers.Expires, date);
        long said = long.TryParse(headers.Age, NumberStyles.None, CultureInfo.InvariantCulture, out long age) ? Math.Min(age, int.MaxValue) : 0;
        bool isNeverStale = control.MustRevalidate || control.NoCache;
        var freshness = new Freshness
        {
            Lifetime = lifetime ?? 0,
            StaleLifetime = isNeverStale ? 0 : control.StaleWhileRevalidate,
            ErrorLifetime = isNeverStale ? 0 : control.StaleIfError,
            InitialAge = Math.Max(0, Math.Max(said + (said > 0 ? delay : 0), Seconds(now - date))),
            IsForAll = isForAll,
            AsksEachTime = control.NoCache,
            MustRevalidate = control.MustRevalidate,
        };

        // What is stale at once is of use where it can be asked back with, or may be used stale.
        return lifetime is not null && (freshness.InitialAge < freshness.LastUse || HasValidator(headers)) ? freshness : null;
    }

    /// <summary>Seconds from when it was made to when it may be used for the last time without the application's word.</summary>
    public long LastUse => Lifetime + Math.Max(StaleLifetime, ErrorLifetime);

    /// <summary>Whether a response can be asked back with (section 4.3.1).</summary>
    public static bool HasValidator(IHeaderDictionary headers) => headers.ETag.Count == 1 || (headers.LastModified.Count == 1 && Date(headers.LastModified) is not null);

    /// <summary>A date as fields have it (RFC 9110, section 5.6.7), in any of its three forms; null where it is none.</summary>
    public static DateTimeOffset? Date(string? text)
        => DateTimeOffset.TryParseExact(text, DateForms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowInnerWhite, out DateTimeOffset date)
            ? date : null;

    // Those whose meaning is known, and that are complete: section 15 of RFC 9110 has most as cacheable, and the redirects where they say for how long.
    private static bool IsKept(int status) => status is 200 or 203 or 300 or 301 or 302 or 307 or 308 or 404 or 405 or 410 or 414 or 451;

    // A date that is none has passed (section 5.3).
    private static long? Until(string? expires, DateTimeOffset date)
        => string.IsNullOrEmpty(expires) ? null : Date(expires) is { } end ? Math.Max(0, Seconds(end - date)) : 0;

    private static long Seconds(TimeSpan time) => (long)Math.Clamp(time.TotalSeconds, int.MinValue, int.MaxValue);
}
