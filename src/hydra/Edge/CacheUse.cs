namespace Hydra.Edge;

/// <summary>What a kept response is good for, at a moment and for a request.</summary>
internal enum CacheUse
{
    /// <summary>It answers.</summary>
    Answers,

    /// <summary>It answers, and a new one is to be fetched meanwhile (RFC 5861, section 3).</summary>
    AnswersMeanwhile,

    /// <summary>The application is to be asked first (RFC 9111, section 4.3).</summary>
    AskFirst,
}

/// <summary>Decides what a kept response is good for (RFC 9111, sections 4.2.4 and 5.2.1).</summary>
internal static class CacheUses
{
    /// <summary>What a response is good for that answers a request by its key and the fields it varies by.</summary>
    /// <param name="kept">The response.</param>
    /// <param name="asked">What the request says of caches.</param>
    /// <param name="now">The time.</param>
    public static CacheUse Of(CachedResponse kept, in CacheControl asked, DateTimeOffset now)
    {
        long age = kept.AgeAt(now);
        long rest = kept.Freshness.Lifetime - age;
        if (kept.Freshness.AsksEachTime || asked.NoCache || age > asked.MaxAge)
        {
            return CacheUse.AskFirst;
        }

        if (rest > 0 && rest >= asked.MinFresh)
        {
            return CacheUse.Answers;
        }

        if (kept.Freshness.MustRevalidate || asked.MinFresh > 0)
        {
            return CacheUse.AskFirst;
        }

        return rest + kept.Freshness.StaleLifetime > 0 ? CacheUse.AnswersMeanwhile
            : -rest <= asked.MaxStale && asked.MaxStale > 0 ? CacheUse.Answers
            : CacheUse.AskFirst;
    }

    /// <summary>Whether a response may take the place of a failure (RFC 5861, section 4).</summary>
    /// <param name="kept">The response.</param>
    /// <param name="asked">What the request says of caches.</param>
    /// <param name="now">The time.</param>
    public static bool MayHideFailure(CachedResponse kept, in CacheControl asked, DateTimeOffset now)
        => !kept.Freshness.AsksEachTime && !kept.Freshness.MustRevalidate
            && kept.RestAt(now) + Math.Max(kept.Freshness.ErrorLifetime, asked.StaleIfError) is var rest
            && rest > 0 && Math.Max(kept.Freshness.ErrorLifetime, asked.StaleIfError) > 0;

    /// <summary>Whether a status is one of the failures that a kept response may take the place of.</summary>
    public static bool IsFailure(int status) => status is StatusCodes.Status500InternalServerError or StatusCodes.Status502BadGateway
        or StatusCodes.Status503ServiceUnavailable or StatusCodes.Status504GatewayTimeout;
}
