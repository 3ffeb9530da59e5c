using System.Globalization;

namespace Hydra.Configuration;

/// <summary>Durations as users write them: 30, 1.5, 500ms, 30s, 5m, 1h.</summary>
internal static class DurationText
{
    /// <summary>Reads a duration; a plain number is seconds.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan duration)
    {
        text = text.Trim();
        (double milliseconds, int unit) = text switch
        {
            [.., 'm', 's'] => (1.0, 2),
            [.., 's'] => (1_000.0, 1),
            [.., 'm'] => (60_000.0, 1),
            [.., 'h'] => (3_600_000.0, 1),
            _ => (1_000.0, 0),
        };
        duration = default;
        bool isNumber = double.TryParse(text[..^unit], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number);

        // A year is more than anybody means, and keeps the arithmetic within a TimeSpan.
        double total = number * milliseconds;
        if (!isNumber || !double.IsFinite(total) || total > TimeSpan.FromDays(366).TotalMilliseconds)
        {
            return false;
        }

        duration = TimeSpan.FromMilliseconds(total);
        return true;
    }

    /// <summary>The duration in its shortest form.</summary>
    public static string Format(TimeSpan duration)
    {
        long milliseconds = (long)duration.TotalMilliseconds;
        return milliseconds switch
        {
            0 => "0s",
            _ when milliseconds % 3_600_000 == 0 => $"{milliseconds / 3_600_000}h",
            _ when milliseconds % 60_000 == 0 => $"{milliseconds / 60_000}m",
            _ when milliseconds % 1_000 == 0 => $"{milliseconds / 1_000}s",
            _ => $"{milliseconds}ms",
        };
    }
}
