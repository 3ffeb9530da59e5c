using System.Globalization;
using Microsoft.Net.Http.Headers;

namespace Hydra.Files;

/// <summary>What the fields of a conditional request come to.</summary>
internal enum ConditionOutcome
{
    /// <summary>The request is done.</summary>
    Holds,

    /// <summary>304: the client has it.</summary>
    NotModified,

    /// <summary>412: it is not what the client thinks.</summary>
    Failed,
}

/// <summary>What identifies a representation (RFC 9110, section 8.8).</summary>
/// <param name="ETag">The strong entity tag with its quotes, or null where there is none.</param>
/// <param name="Modified">When it was modified, in seconds since 1970, or null where that is not known.</param>
internal readonly record struct Validators(string? ETag, long? Modified)
{
    /// <summary>The value of Last-Modified, or null.</summary>
    public string? LastModified => Modified is { } seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("R", CultureInfo.InvariantCulture) : null;
}

/// <summary>Evaluates conditional requests for GET and HEAD.</summary>
internal static class Preconditions
{
    /// <summary>In the order of RFC 9110, section 13.2.2; dates that are none are ignored (section 13.1.3).</summary>
    /// <param name="current">What is there.</param>
    /// <param name="ifMatch">If-Match, or empty.</param>
    /// <param name="ifUnmodifiedSince">If-Unmodified-Since, or empty.</param>
    /// <param name="ifNoneMatch">If-None-Match, or empty.</param>
    /// <param name="ifModifiedSince">If-Modified-Since, or empty.</param>
    public static ConditionOutcome Evaluate(
        in Validators current, string ifMatch, string ifUnmodifiedSince, string ifNoneMatch, string ifModifiedSince)
    {
        if (ifMatch.Length > 0)
        {
            if (!Matches(ifMatch, current.ETag, isWeak: false))
            {
                return ConditionOutcome.Failed;
            }
        }
        else if (current.Modified > Seconds(ifUnmodifiedSince))
        {
            return ConditionOutcome.Failed;
        }

        bool isKnown = ifNoneMatch.Length > 0 ? Matches(ifNoneMatch, current.ETag, isWeak: true) : current.Modified <= Seconds(ifModifiedSince);
        return isKnown ? ConditionOutcome.NotModified : ConditionOutcome.Holds;
    }

    /// <summary>Whether parts of the representation may be given (section 13.1.5): strong comparison, and a date that is exactly the same.</summary>
    /// <param name="current">What is there.</param>
    /// <param name="ifRange">If-Range; null where there is none. What is neither a tag nor a date, such as an empty one, does not hold.</param>
    public static bool AllowsRange(in Validators current, string? ifRange)
        => ifRange is null || (ifRange.Contains('"', StringComparison.Ordinal) ? current.ETag == ifRange.Trim() : current.Modified is { } modified && modified == Seconds(ifRange));

    // Weak comparison is for whether to send at all, strong for what is to be put together (section 8.8.3.2).
    private static bool Matches(string list, string? tag, bool isWeak)
    {
        ReadOnlySpan<char> rest = list.AsSpan().Trim(" \t");
        if (rest is "*")
        {
            return true;
        }

        // Tags may have commas in them.
        while (!rest.IsEmpty)
        {
            rest = rest.TrimStart(" \t,");
            bool isTagWeak = rest.StartsWith("W/", StringComparison.Ordinal);
            rest = isTagWeak ? rest[2..] : rest;
            int end = rest.Length > 1 && rest[0] == '"' ? rest[1..].IndexOf('"') : -1;
            if (end < 0)
            {
                return false;
            }

            if ((isWeak || !isTagWeak) && rest[..(end + 2)].SequenceEqual(tag))
            {
                return true;
            }

            rest = rest[(end + 2)..];
        }

        return false;
    }

    private static long? Seconds(string date)
        => date.Length > 0 && HeaderUtilities.TryParseDate(date, out DateTimeOffset parsed) ? parsed.ToUnixTimeSeconds() : null;
}
