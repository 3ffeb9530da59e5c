namespace Hydra.Http;

/// <summary>An element of Forwarded (RFC 7239, section 4): what one proxy says.</summary>
/// <param name="For">Who has asked it; null where it does not say.</param>
/// <param name="Proto">By which scheme, or null.</param>
/// <param name="Host">For which host, or null.</param>
internal readonly record struct ForwardedElement(string? For, string? Proto, string? Host)
{
    // What may stand in a token (RFC 9110, section 5.6.2), and what values have beside that though they should be quoted: colons and brackets.
    private const string Loose = "!#$%&'*+-.^_`|~:[]/";

    /// <summary>
    /// Takes the last element off a list. From its end: that is what the proxy next to the server has written, whatever stands before it.
    /// </summary>
    /// <param name="list">What is left of the value.</param>
    /// <param name="element">The element, without white space around it.</param>
    /// <returns>Whether there was one.</returns>
    public static bool TryTakeLast(ref ReadOnlySpan<char> list, out ReadOnlySpan<char> element)
    {
        bool isQuoted = false;
        int at = list.Length - 1;
        for (; at >= 0 && (isQuoted || list[at] != ','); at--)
        {
            isQuoted ^= list[at] == '"' && (at == 0 || list[at - 1] != '\\');
        }

        element = list[(at + 1)..].Trim(" \t");
        bool isThere = !list.IsEmpty;
        list = at < 0 ? default : list[..at];
        return isThere;
    }

    /// <summary>Reads an element: name=value pairs with semicolons between them, in which each name stands once.</summary>
    /// <returns>Whether it is one.</returns>
    public static bool TryRead(ReadOnlySpan<char> text, out ForwardedElement element)
    {
        element = default;
        string? by = null;
        (string? node, string? proto, string? host) = (null, null, null);
        while (true)
        {
            int equals = text.IndexOf('=');
            if (equals <= 0 || !TryReadValue(text[(equals + 1)..], out string value, out int length))
            {
                return false;
            }

            bool isFirst = text[..equals] switch
            {
                var name when name.Equals("for", StringComparison.OrdinalIgnoreCase) => TrySet(ref node, value),
                var name when name.Equals("proto", StringComparison.OrdinalIgnoreCase) => TrySet(ref proto, value),
                var name when name.Equals("host", StringComparison.OrdinalIgnoreCase) => TrySet(ref host, value),
                var name when name.Equals("by", StringComparison.OrdinalIgnoreCase) => TrySet(ref by, value),
                var name => IsToken(name),
            };
            text = text[(equals + 1 + length)..].TrimStart(" \t");
            if (!isFirst || (!text.IsEmpty && text[0] != ';'))
            {
                return false;
            }

            text = text.IsEmpty ? text : text[1..].TrimStart(" \t");
            if (text.IsEmpty)
            {
                element = new ForwardedElement(node, proto, host);
                return true;
            }
        }
    }

    private static bool TrySet(ref string? place, string value)
    {
        bool isFirst = place is null;
        place = value;
        return isFirst;
    }

    private static bool IsToken(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && !Loose.Contains(c, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return !text.IsEmpty;
    }

    // A token, or a quoted string (RFC 9110, section 5.6.4).
    private static bool TryReadValue(ReadOnlySpan<char> text, out string value, out int length)
    {
        value = "";
        length = 0;
        if (!text.StartsWith('"'))
        {
            length = text.IndexOfAny(';', ' ', '\t');
            length = length < 0 ? text.Length : length;
            value = text[..length].ToString();
            return IsToken(value);
        }

        var unquoted = new System.Text.StringBuilder();
        for (int i = 1; i < text.Length; i++)
        {
            if (text[i] == '"')
            {
                value = unquoted.ToString();
                length = i + 1;
                return true;
            }

            i += text[i] == '\\' ? 1 : 0;
            unquoted.Append(i < text.Length ? text[i] : '"');
        }

        return false;
    }
}
