using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace Hydra.Edge;

/// <summary>
/// What a response or a request says of caches (RFC 9111, sections 5.2.1 and 5.2.2; RFC 5861). What is not understood is left out; what contradicts
/// itself is not fresh.
/// </summary>
internal readonly struct CacheControl
{
    // Seconds. More is taken for as much (RFC 9111, section 1.2.2).
    private const long Longest = int.MaxValue;

    /// <summary>max-stale without a number: however stale.</summary>
    public const long AnyAge = long.MaxValue;

    /// <summary>no-store: it is not to be kept.</summary>
    public bool NoStore { get; private init; }

    /// <summary>private: it is for one client. Also with names of fields: the rest of such a response is not worth the care.</summary>
    public bool IsPrivate { get; private init; }

    /// <summary>no-cache: it is not to be used without asking. Also with names of fields: a part of a response is not kept.</summary>
    public bool NoCache { get; private init; }

    /// <summary>public: whoever has asked.</summary>
    public bool IsPublic { get; private init; }

    /// <summary>must-revalidate, proxy-revalidate, or s-maxage, which means the same (section 5.2.2.10): never stale.</summary>
    public bool MustRevalidate { get; private init; }

    /// <summary>s-maxage, in seconds; null where it is not there.</summary>
    public long? SharedMaxAge { get; private init; }

    /// <summary>max-age, in seconds; null where it is not there.</summary>
    public long? MaxAge { get; private init; }

    /// <summary>stale-while-revalidate, in seconds.</summary>
    public long StaleWhileRevalidate { get; private init; }

    /// <summary>stale-if-error, in seconds; also of a request (RFC 5861, section 4).</summary>
    public long StaleIfError { get; private init; }

    /// <summary>must-understand: no-store is for caches alone that do not know what the status means (section 5.2.2.3).</summary>
    public bool MustUnderstand { get; private init; }

    /// <summary>only-if-cached, of a request: nothing is to be asked for it (section 5.2.1.7).</summary>
    public bool OnlyIfCached { get; private init; }

    /// <summary>min-fresh, of a request: seconds for which the answer is to be good yet (section 5.2.1.3).</summary>
    public long MinFresh { get; private init; }

    /// <summary>max-stale, of a request: seconds for which the answer may have been stale, or <see cref="AnyAge"/> (section 5.2.1.2).</summary>
    public long MaxStale { get; private init; }

    /// <summary>Reads the field.</summary>
    /// <param name="lines">The value of each line of it.</param>
    public static CacheControl Parse(StringValues lines)
    {
        var control = default(CacheControl);
        string text = lines.ToString();
        for (int at = 0; at < text.Length;)
        {
            int end = EndOf(text, at);
            control = control.With(text.AsSpan(at, end - at).Trim(" \t"));
            at = end + 1;
        }

        return control;
    }

    private CacheControl With(ReadOnlySpan<char> directive)
    {
        int equals = directive.IndexOf('=');
        ReadOnlySpan<char> name = (equals < 0 ? directive : directive[..equals]).TrimEnd(" \t");
        ReadOnlySpan<char> value = equals < 0 ? default : directive[(equals + 1)..].Trim(" \t").Trim('"');
        Span<char> lower = stackalloc char[32];
        if (name.Length > lower.Length)
        {
            return this;
        }

        lower = lower[..name.ToLowerInvariant(lower)];
        return lower switch
        {
            "no-store" => this with { NoStore = true },
            "private" => this with { IsPrivate = true },
            "no-cache" => this with { NoCache = true },
            "public" => this with { IsPublic = true },
            "must-revalidate" or "proxy-revalidate" => this with { MustRevalidate = true },
            "s-maxage" => this with { SharedMaxAge = Less(SharedMaxAge, Seconds(value)), MustRevalidate = true },
            "max-age" => this with { MaxAge = Less(MaxAge, Seconds(value)) },
            "stale-while-revalidate" => this with { StaleWhileRevalidate = Seconds(value) },
            "stale-if-error" => this with { StaleIfError = Seconds(value) },
            "must-understand" => this with { MustUnderstand = true },
            "only-if-cached" => this with { OnlyIfCached = true },
            "min-fresh" => this with { MinFresh = Seconds(value) },
            "max-stale" => this with { MaxStale = equals < 0 ? AnyAge : Seconds(value) },
            _ => this,
        };
    }

    // Of two that differ the shorter one; what is no number is stale (section 4.2.1).
    private static long Less(long? present, long seconds) => Math.Min(present ?? Longest, seconds);

    private static long Seconds(ReadOnlySpan<char> value)
        => value.Length == 0 || value.ContainsAnyExceptInRange('0', '9') ? 0
            : long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) ? Math.Min(seconds, Longest) : Longest;

    // A comma within quotes is none.
    private static int EndOf(string text, int at)
    {
        bool isQuoted = false;
        for (; at < text.Length; at++)
        {
            if (text[at] == '"')
            {
                isQuoted = !isQuoted;
            }
            else if (text[at] == ',' && !isQuoted)
            {
                return at;
            }
        }

        return text.Length;
    }
}
