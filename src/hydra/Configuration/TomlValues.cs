using System.Globalization;

namespace Hydra.Configuration;

/// <summary>Numbers, truth values, dates and times of TOML 1.0.</summary>
internal static class TomlValues
{
    /// <summary>Reads one.</summary>
    /// <param name="text">What is written.</param>
    /// <param name="line">Its line.</param>
    /// <exception cref="TomlException">It is none of them.</exception>
    public static TomlNode Read(string text, int line)
    {
        if (text is "true" or "false")
        {
            return new TomlNode(TomlKind.Boolean, line, text);
        }

        string unsigned = text.TrimStart('+', '-');
        if (unsigned is "inf" or "nan" && text.Length - unsigned.Length <= 1)
        {
            return new TomlNode(TomlKind.Float, line, text.TrimStart('+'));
        }

        return Integer(text, line) ?? Float(text, line) ?? Moment(text, line)
            ?? throw new TomlException(line, $"{text} is no value; text stands in quotation marks: \"{text}\"");
    }

    private static TomlNode? Integer(string text, int line)
    {
        int radix = text.Length > 2 && text[0] == '0' ? text[1] switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 10 } : 10;
        string digits = radix == 10 ? text.StartsWith('+') || text.StartsWith('-') ? text[1..] : text : text[2..];
        if (!IsDigits(digits, radix) || (radix == 10 && digits.Length > 1 && digits[0] == '0'))
        {
            return null;
        }

        string plain = digits.Replace("_", "", StringComparison.Ordinal);
        try
        {
            long number = radix == 10
                ? long.Parse(text[0] == '-' ? "-" + plain : plain, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)
                : Convert.ToInt64(plain, radix);
            return number < 0 && radix != 10
                ? throw new OverflowException()
                : new TomlNode(TomlKind.Integer, line, number.ToString(CultureInfo.InvariantCulture));
        }
        catch (OverflowException)
        {
            throw new TomlException(line, $"{text} does not fit into 64 bits");
        }
    }

    private static TomlNode? Float(string text, int line)
    {
        string rest = text.StartsWith('+') || text.StartsWith('-') ? text[1..] : text;
        int exponent = rest.IndexOfAny(['e', 'E']);
        string mantissa = exponent < 0 ? rest : rest[..exponent];
        int point = mantissa.IndexOf('.', StringComparison.Ordinal);
        string whole = point < 0 ? mantissa : mantissa[..point];
        bool isFloat = (point >= 0 || exponent >= 0) && IsDigits(whole, 10) && !(whole.Length > 1 && whole[0] == '0')
            && (point < 0 || IsDigits(mantissa[(point + 1)..], 10));
        if (isFloat && exponent >= 0)
        {
            string power = rest[(exponent + 1)..];
            isFloat = IsDigits(power.StartsWith('+') || power.StartsWith('-') ? power[1..] : power, 10);
        }

        return isFloat ? new TomlNode(TomlKind.Float, line, text.Replace("_", "", StringComparison.Ordinal).TrimStart('+')) : null;
    }

    // Date, T or a blank, time, offset: each may be there or not, but for an offset without the others (RFC 3339, section 5.6).
    private static TomlNode? Moment(string text, int line)
    {
        ReadOnlySpan<char> rest = text;
        bool hasDate = rest.Length >= 10 && rest[4] == '-';
        if (hasDate && !IsDate(rest[..10]))
        {
            return null;
        }

        rest = hasDate ? rest[10..] : rest;
        if (hasDate && rest.IsEmpty)
        {
            return new TomlNode(TomlKind.Moment, line, text);
        }

        if (hasDate && rest[0] is not ('T' or 't' or ' '))
        {
            return null;
        }

        rest = hasDate ? rest[1..] : rest;
        return TakeTime(ref rest) && (rest.IsEmpty || (hasDate && IsOffset(rest))) ? new TomlNode(TomlKind.Moment, line, text) : null;
    }

    private static bool IsDate(ReadOnlySpan<char> text)
        => text[7] == '-' && Number(text[..4], 0, 9999, out int year) && Number(text[5..7], 1, 12, out int month)
            && Number(text[8..], 1, year == 0 ? 29 : DateTime.DaysInMonth(year, month), out _);

    private static bool TakeTime(ref ReadOnlySpan<char> text)
    {
        if (text.Length < 8 || text[2] != ':' || text[5] != ':' || !Number(text[..2], 0, 23, out _) || !Number(text[3..5], 0, 59, out _) || !Number(text[6..8], 0, 60, out _))
        {
            return false;
        }

        text = text[8..];
        if (text.IsEmpty || text[0] != '.')
        {
            return true;
        }

        int end = text[1..].IndexOfAnyExceptInRange('0', '9');
        end = end < 0 ? text.Length - 1 : end;
        text = text[(1 + end)..];
        return end > 0;
    }

    private static bool IsOffset(ReadOnlySpan<char> text)
        => text is "Z" or "z"
            || (text.Length == 6 && text[0] is '+' or '-' && text[3] == ':' && Number(text[1..3], 0, 23, out _) && Number(text[4..], 0, 59, out _));

    private static bool Number(ReadOnlySpan<char> text, int lowest, int highest, out int number)
        => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= lowest && number <= highest;

    // Underscores stand between digits only.
    private static bool IsDigits(string text, int radix)
    {
        bool afterDigit = false;
        foreach (char c in text)
        {
            bool isDigit = radix == 16 ? char.IsAsciiHexDigit(c) : c >= '0' && c < '0' + radix;
            if (!isDigit && !(c == '_' && afterDigit))
            {
                return false;
            }

            afterDigit = isDigit;
        }

        return afterDigit;
    }
}
