using Microsoft.Extensions.Primitives;

namespace Hydra.Edge;

/// <summary>Entity tags of what is not sent byte by byte as its application has made it (RFC 9110, section 8.8.3).</summary>
internal static class EntityTag
{
    /// <summary>Makes a strong tag a weak one: the representation means the same, and its bytes are others (section 8.8.1).</summary>
    public static void Weaken(IHeaderDictionary headers)
    {
        if (headers.ETag is { Count: 1 } tag && tag[0] is ['"', ..] strong)
        {
            headers.ETag = "W/" + strong;
        }
    }

    /// <summary>
    /// Gives the tag of a 304 the form in which the client knows it: what it has was compressed, or was not, and with another tag it could
    /// not tell what the answer is about (RFC 9111, section 4.3.4).
    /// </summary>
    /// <param name="headers">The response's fields.</param>
    /// <param name="ifNoneMatch">What the client has asked with.</param>
    public static void Follow(IHeaderDictionary headers, StringValues ifNoneMatch)
    {
        if (ifNoneMatch.Count == 0 || headers.ETag is not { Count: 1 } tag || tag[0] is not ['"', ..] strong)
        {
            return;
        }

        bool knowsWeak = false;
        foreach (string? line in ifNoneMatch)
        {
            int at = line?.IndexOf(strong, StringComparison.Ordinal) ?? -1;
            if (at >= 0)
            {
                if (!line.AsSpan(0, at).EndsWith("W/", StringComparison.Ordinal))
                {
                    return;
                }

                knowsWeak = true;
            }
        }

        if (knowsWeak)
        {
            headers.ETag = "W/" + strong;
        }
    }

    /// <summary>
    /// The strong forms of the tags of an If-Match. That never matches a weak one (section 13.1.1), and the client has its tag from here: who
    /// reads a document compressed and writes it back on condition would always be refused.
    /// </summary>
    /// <param name="lines">The field.</param>
    /// <returns>Null where nothing in it is weak.</returns>
    public static string? Strengthen(StringValues lines)
        => lines.Count > 0 && lines.ToString() is var value && value.Contains("W/\"", StringComparison.Ordinal)
            ? value.Replace("W/\"", "\"", StringComparison.Ordinal)
            : null;
}
