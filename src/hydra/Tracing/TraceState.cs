using System.Buffers;

namespace Hydra.Tracing;

/// <summary>The field tracestate: what systems of tracing have to say to their like (W3C Trace Context, section 3.3). It is passed on, and not looked into.</summary>
internal static class TraceState
{
    // Section 3.3.1.1.
    private const int MostMembers = 32;
    private const int LongestKey = 256;
    private const int LongestValue = 256;

    private static readonly SearchValues<char> KeyStart = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789");
    private static readonly SearchValues<char> KeyRest = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_-*/@");

    /// <summary>Whether its list is one.</summary>
    /// <param name="text">All lines of it, with commas between them.</param>
    public static bool IsValid(ReadOnlySpan<char> text)
    {
        int count = 0;
        foreach (Range part in text.Split(','))
        {
            // Empty members are allowed, and say nothing.
            ReadOnlySpan<char> member = text[part].Trim(" \t");
            if (!member.IsEmpty && (++count > MostMembers || !IsMember(member)))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsMember(ReadOnlySpan<char> member)
    {
        int equals = member.IndexOf('=');
        if (equals is < 1 or > LongestKey || !KeyStart.Contains(member[0]) || member[..equals].ContainsAnyExcept(KeyRest) || member[..equals].Count('@') > 1)
        {
            return false;
        }

        ReadOnlySpan<char> value = member[(equals + 1)..];
        return value.Length is > 0 and <= LongestValue && !value.ContainsAnyExceptInRange(' ', '~') && !value.ContainsAny(',', '=');
    }
}
