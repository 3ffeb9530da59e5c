using System.Globalization;
using Hydra.Primitives;

namespace Hydra.Configuration;

/// <summary>Reads where the keys of requests are: header:X-Tenant, cookie:sessionid, query:room, path:2, path:1-2, client, off.</summary>
internal static class AffinityText
{
    /// <summary>Characters that a secret has at least.</summary>
    public const int ShortestSecret = 16;

    private const int MostSegments = 32;

    /// <summary>Reads what is written behind --affinity.</summary>
    /// <param name="text">It.</param>
    /// <param name="source">What it says; null for off.</param>
    /// <returns>Null, or what is wrong with it.</returns>
    public static string? Read(string text, out AffinitySource? source)
    {
        string[] parts = text.Trim().Split(':', 2, StringSplitOptions.TrimEntries);
        string rest = parts.Length > 1 ? parts[1] : "";
        bool isKnown = Enum.TryParse(parts[0], ignoreCase: true, out AffinityKind kind) && !parts[0].AsSpan().ContainsAnyInRange('0', '9');
        source = null;
        if (!isKnown)
        {
            return parts is ["off"] ? null
                : $"\"{text}\" says not where the key of a request is; write header:NAME, cookie:NAME, query:NAME, path:N, client or off.";
        }

        switch (kind)
        {
            case AffinityKind.Client:
                source = new AffinitySource(kind);
                return parts.Length == 1 ? null : $"\"{text}\": client is the address, and nothing follows it.";
            case AffinityKind.Path:
                source = ReadSegments(rest);
                return source is not null ? null : $"\"{text}\": write path:N for the Nth part of the path, from 1 to {MostSegments}, or path:N-M for the parts from N to M.";
            default:
                source = new AffinitySource(kind, rest);
                bool isName = kind is AffinityKind.Query ? rest.Length > 0 && ControlText.IndexOfDangerous(rest) < 0 : IsToken(rest);
                return isName ? null : $"\"{text}\": {parts[0]} needs a name, such as {parts[0]}:{(kind is AffinityKind.Header ? "X-Tenant" : kind is AffinityKind.Cookie ? "sessionid" : "room")}.";
        }
    }

    /// <summary>What options say that does not go together. A pool or a mount may have keys of another kind than those that the cookie is for.</summary>
    public static IEnumerable<string> Contradictions(IReadOnlyList<ApplicationOptions> applications)
        => applications.Any(static one => one.Affinity.MakesCookie) && !applications.Any(static one => one.Affinity is { MakesCookie: true, Source.Kind: AffinityKind.Cookie })
            ? ["--affinity-cookie makes the cookie that --affinity cookie:NAME names: give both."]
            : [];

    /// <summary>Whether it can be the name of a field or of a cookie.</summary>
    public static bool IsToken(string name) => name.Length > 0 && name.All(static c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c));

    private static AffinitySource? ReadSegments(string text)
    {
        string[] ends = text.Split('-', 2, StringSplitOptions.TrimEntries);
        return TryNumber(ends[0], out int first) && TryNumber(ends[^1], out int last) && last >= first ? new AffinitySource(AffinityKind.Path, "", first, last) : null;
    }

    private static bool TryNumber(string text, out int number)
        => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number is >= 1 and <= MostSegments;
}
