namespace Hydra.Configuration;

/// <summary>Media types as the options name them: text/csv, image/*, *+cbor; with a - before them they are meant to be left out.</summary>
internal static class MediaTypePattern
{
    // Of a token (RFC 9110, section 5.6.2) what media types are made of.
    private const string Others = "/+-._!#$&^*";

    /// <summary>Whether text is one.</summary>
    public static bool IsValid(string text)
    {
        ReadOnlySpan<char> type = text.StartsWith('-') ? text.AsSpan(1) : text;
        foreach (char c in type)
        {
            if (!char.IsAsciiLetterOrDigit(c) && !Others.Contains(c, StringComparison.Ordinal))
            {
                return false;
            }
        }

        if (type.StartsWith("*+"))
        {
            return type.Length > 2 && type[2..].IndexOfAny('*', '/', '+') < 0;
        }

        int slash = type.IndexOf('/');
        ReadOnlySpan<char> subtype = type[(slash + 1)..];
        return slash > 0 && type[..slash].IndexOf('*') < 0 && subtype.Length > 0 && subtype.IndexOf('/') < 0
            && (subtype is "*" || subtype.IndexOf('*') < 0);
    }
}
