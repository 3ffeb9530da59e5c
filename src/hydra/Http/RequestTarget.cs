namespace Hydra.Http;

/// <summary>Splits a request target (RFC 9112, section 3.2) into the parts that interfaces of applications want.</summary>
internal static class RequestTarget
{
    /// <summary>
    /// Where path and query stand in the target. Of the absolute form the path begins behind the authority; the asterisk and
    /// authority forms have no path of their own and are given as they are.
    /// </summary>
    /// <returns>The path is [PathStart, PathEnd); the query begins at QueryStart, behind the "?", and is empty where there is none.</returns>
    public static (int PathStart, int PathEnd, int QueryStart) Split(ReadOnlySpan<byte> target)
    {
        int start = AuthorityOfAbsoluteForm(target).End.Value;
        int question = target[start..].IndexOf((byte)'?');
        return question < 0
            ? (start, target.Length, target.Length)
            : (start, start + question, start + question + 1);
    }

    /// <summary>The authority of a target in absolute form; empty in any other.</summary>
    public static ReadOnlySpan<byte> AuthorityOf(ReadOnlySpan<byte> target) => target[AuthorityOfAbsoluteForm(target)];

    private static Range AuthorityOfAbsoluteForm(ReadOnlySpan<byte> target)
    {
        int scheme = target.Length > 0 && target[0] != '/' ? target.IndexOf("://"u8) : -1;
        if (scheme < 0)
        {
            return default;
        }

        int authority = scheme + 3;
        int end = target[authority..].IndexOfAny((byte)'/', (byte)'?');
        return authority..(end < 0 ? target.Length : authority + end);
    }
}
