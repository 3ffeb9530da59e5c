using System.Globalization;
using Hydra.Primitives;

namespace Hydra.Configuration;

/// <summary>Reads values. Each reader gives null, or what is wrong: the rest of a sentence that begins with the option.</summary>
internal static class ValueReader
{
    /// <summary>A whole number.</summary>
    public static string? Integer(string text, int minimum, int maximum, out int number)
    {
        bool isNumber = int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out number);
        return isNumber && number >= minimum && number <= maximum ? null : $"\"{text}\" is not a whole number from {minimum} to {maximum}.";
    }

    /// <summary>Permissions of a file: up to three octal digits for the owner, its group and the others, as chmod has them.</summary>
    public static string? Permissions(string text, out UnixFileMode mode)
    {
        bool isMode = TryOctal(text.Trim(), 5, out mode);
        return isMode && mode is not UnixFileMode.None ? null : $"\"{text}\" is not a mode in octal such as 660.";
    }

    /// <summary>A mask of permissions in octal, as a shell has it; 0o027, as gunicorn and Python write it, is the same.</summary>
    public static string? Umask(string text, out UnixFileMode mode)
    {
        string digits = text.Trim();
        digits = digits.StartsWith("0o", StringComparison.OrdinalIgnoreCase) ? digits[2..] : digits;
        return TryOctal(digits, 4, out mode) ? null : $"\"{text}\" is not a mask in octal such as 027.";
    }

    /// <summary>A whole number, or "auto", which gives null.</summary>
    public static string? IntegerOrAuto(string text, int minimum, int maximum, out int? number)
    {
        number = null;
        if (text.Trim().Equals("auto", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        string? problem = Integer(text, minimum, maximum, out int given);
        number = given;
        return problem is null ? null : $"\"{text}\" is neither a whole number from {minimum} to {maximum} nor \"auto\".";
    }

    /// <summary>A duration within bounds.</summary>
    public static string? Duration(string text, TimeSpan minimum, TimeSpan maximum, out TimeSpan duration)
    {
        if (!DurationText.TryParse(text, out duration))
        {
            return $"\"{text}\" is not a duration; write seconds (30) or a number with a unit (500ms, 30s, 5m, 1h).";
        }

        return duration >= minimum && duration <= maximum
            ? null
            : $"\"{text}\" is not between {DurationText.Format(minimum)} and {DurationText.Format(maximum)}.";
    }

    /// <summary>A size within bounds.</summary>
    public static string? Size(string text, long minimum, long maximum, out long bytes)
    {
        if (!SizeText.TryParse(text, out bytes))
        {
            return $"\"{text}\" is not a size; write bytes (65536) or a number with a unit (64k, 1m, 10g).";
        }

        return bytes >= minimum && bytes <= maximum
            ? null
            : $"\"{text}\" is not between {SizeText.Format(minimum)} and {SizeText.Format(maximum)}.";
    }

    /// <summary>Yes or no.</summary>
    public static string? Boolean(string text, out bool value)
    {
        string word = text.Trim().ToLowerInvariant();
        value = word is "true" or "1" or "yes" or "on";
        return value || word is "false" or "0" or "no" or "off" ? null : $"\"{text}\" is neither true nor false.";
    }

    /// <summary>One of several words.</summary>
    public static string? Choice<T>(string text, IReadOnlyList<(string Name, T Value)> choices, out T value)
    {
        foreach ((string name, T candidate) in choices)
        {
            if (name.Equals(text.Trim(), StringComparison.OrdinalIgnoreCase))
            {
                value = candidate;
                return null;
            }
        }

        value = choices[0].Value;
        string[] names = [.. choices.Select(static choice => choice.Name)];
        string list = string.Join(", ", names[..^1]) + " or " + names[^1];
        return EditDistance.Nearest(text, names) is { } meant
            ? $"\"{text}\" is not {list}; did you mean \"{meant}\"?"
            : $"\"{text}\" is not {list}.";
    }

    /// <summary>The path below which the application is mounted.</summary>
    public static string? RootPath(string text, out string path)
    {
        path = text.TrimEnd('/');
        if (path.Length > 0 && path[0] != '/')
        {
            return $"\"{text}\" does not begin with a slash.";
        }

        return path.AsSpan().IndexOfAny('?', '#') >= 0 || ControlText.IndexOfDangerous(path) >= 0
            ? $"\"{text}\" contains a character that a path cannot have."
            : null;
    }

    // Permissions without sticky and set-id bits.
    private static bool TryOctal(string digits, int most, out UnixFileMode mode)
    {
        bool isOctal = digits.Length > 0 && digits.Length <= most && !digits.AsSpan().ContainsAnyExceptInRange('0', '7');
        int bits = isOctal ? Convert.ToInt32(digits, 8) : 0;
        mode = (UnixFileMode)bits;
        return isOctal && bits <= 511;
    }
}
