using System.Globalization;

namespace Hydra.Primitives;

/// <summary>Where requests for a path are sent instead.</summary>
/// <param name="From">The path as clients send it.</param>
/// <param name="To">A path, or a URL of http or https.</param>
/// <param name="IsPrefix">Whether all paths that begin with it are meant.</param>
/// <param name="TakesRest">Whether what follows is put behind the new one.</param>
/// <param name="Status">The status of the answer.</param>
internal sealed record RedirectRule(string From, string To, bool IsPrefix, bool TakesRest, int Status)
{
    private const int Usual = 302;

    /// <summary>Reads /old=/new, /old/*=/new/*, with a status behind a comma or without.</summary>
    /// <returns>Null, or what is wrong with it: the rest of a sentence.</returns>
    public static string? Read(string text, out RedirectRule rule)
    {
        rule = new RedirectRule("/", "/", false, false, Usual);
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        int comma = text.LastIndexOf(',');
        int status = Usual;
        bool hasStatus = comma > equals && int.TryParse(text.AsSpan(comma + 1), NumberStyles.None, CultureInfo.InvariantCulture, out status);
        if (hasStatus && status is not (301 or 302 or 303 or 307 or 308))
        {
            return $"{status} redirects nobody: 301, 302, 303, 307 and 308 do.";
        }

        string from = equals < 0 ? "" : text[..equals].Trim();
        string to = equals < 0 ? "" : (hasStatus ? text[(equals + 1)..comma] : text[(equals + 1)..]).Trim();
        bool isPrefix = from.EndsWith('*');
        bool takesRest = to.EndsWith('*');
        from = isPrefix ? from[..^1] : from;
        to = takesRest ? to[..^1] : to;
        bool isUrl = to.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || to.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
        if (!from.StartsWith('/') || !(isUrl || to.StartsWith('/')) || (takesRest && !isPrefix)
            || (from + to).AsSpan().ContainsAnyExceptInRange('!', '~') || from.AsSpan().ContainsAny("*?#") || to.Contains('*', StringComparison.Ordinal))
        {
            return $"\"{text}\" is not of the form /old=/new, /old/*=/new/* or /old=https://host/new, with \",301\" behind it where another status than {Usual} is meant.";
        }

        if (takesRest && isUrl && to.IndexOf('/', to.IndexOf("://", StringComparison.Ordinal) + 3) < 0)
        {
            // What follows is the client's to choose: it would be a part of the host.
            return $"\"{text}\" leaves the host to who asks: a slash stands before the last *, as in https://host/*.";
        }

        rule = new RedirectRule(from, to, isPrefix, takesRest, hasStatus ? status : Usual);
        return null;
    }

    /// <summary>Where a request goes.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="query">Its query, without the question mark.</param>
    /// <returns>Null where it is not meant.</returns>
    public string? Target(ReadOnlySpan<char> path, ReadOnlySpan<char> query)
    {
        if (IsPrefix ? !path.StartsWith(From) : !path.SequenceEqual(From))
        {
            return null;
        }

        string target = TakesRest ? string.Concat(To, path[From.Length..]) : To;
        if (target[0] == '/')
        {
            // Two slashes are the beginning of a host, and to browsers a backslash is one: the rest is the client's, and must not lead elsewhere.
            target = "/" + target.TrimStart('/', '\\');
        }

        return query.IsEmpty || To.Contains('?', StringComparison.Ordinal) ? target : $"{target}?{query}";
    }
}
