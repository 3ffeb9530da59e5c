using System.Globalization;

namespace Hydra.Configuration;

/// <summary>Sizes as users write them: 65536, 64k, 1.5m, 1MB, 10GiB. The units are powers of 1,024, as in nginx.</summary>
internal static class SizeText
{
    // An exbibyte is more than anybody means, and keeps the arithmetic within 64 bits.
    private const double Largest = 1L << 60;

    /// <summary>Reads a size; a plain number is bytes.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out long bytes)
    {
        text = text.Trim();
        int end = text.LastIndexOfAnyInRange('0', '9') + 1;
        long unit = UnitOf(text[end..].Trim());
        bytes = 0;
        if (unit == 0 || !double.TryParse(text[..end], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
            || number * unit > Largest)
        {
            return false;
        }

        bytes = (long)(number * unit);
        return true;
    }

    /// <summary>The size in its shortest form.</summary>
    public static string Format(long bytes) => bytes switch
    {
        0 => "0",
        _ when bytes % (1L << 30) == 0 => $"{bytes >> 30}g",
        _ when bytes % (1L << 20) == 0 => $"{bytes >> 20}m",
        _ when bytes % (1L << 10) == 0 => $"{bytes >> 10}k",
        _ => $"{bytes}",
    };

    private static long UnitOf(ReadOnlySpan<char> unit)
    {
        Span<char> lower = stackalloc char[3];
        if (unit.Length > 3 || unit.ToLowerInvariant(lower) < 0)
        {
            return 0;
        }

        return lower[..unit.Length] switch
        {
            "" or "b" => 1,
            "k" or "kb" or "kib" => 1L << 10,
            "m" or "mb" or "mib" => 1L << 20,
            "g" or "gb" or "gib" => 1L << 30,
            _ => 0,
        };
    }
}
