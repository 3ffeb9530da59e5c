using System.Globalization;
using Hydra.Primitives;

namespace Hydra.Control;

/// <summary>How figures are written for people.</summary>
internal static class Words
{
    /// <summary>A time that has passed: 0.3 s, 12 s, 3 min 20 s, 5 h 2 min, 3 d 4 h.</summary>
    /// <param name="seconds">Seconds.</param>
    public static string Ago(double seconds)
    {
        long whole = (long)Math.Max(0, seconds);
        return whole switch
        {
            < 10 => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, seconds):0.0} s"),
            < 60 => Number(whole, "s"),
            < 3600 => $"{Number(whole / 60, "min")} {Number(whole % 60, "s")}",
            < 86400 => $"{Number(whole / 3600, "h")} {Number(whole / 60 % 60, "min")}",
            _ => $"{Number(whole / 86400, "d")} {Number(whole / 3600 % 24, "h")}",
        };
    }

    /// <summary>A short time: 350 µs, 12 ms, 1.5 s; a dash where there is none.</summary>
    /// <param name="seconds">Seconds, or null.</param>
    public static string Brief(double? seconds) => seconds switch
    {
        null => "-",
        < 0.001 => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1_000_000:0} µs"),
        < 0.01 => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1000:0.0} ms"),
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1000:0} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s"),
    };

    /// <summary>Bytes as MiB or GiB.</summary>
    public static string Size(long bytes) => bytes switch
    {
        <= 0 => "-",
        < 1L << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1073741824.0:0.0} GiB"),
    };

    /// <summary>A rate.</summary>
    public static string Rate(double perSecond) => string.Create(CultureInfo.InvariantCulture, $"{perSecond:0.#}/s");

    /// <summary>A share of a processor: 87 %; a dash where it is not known.</summary>
    public static string Percent(double? share) => share is { } known ? string.Create(CultureInfo.InvariantCulture, $"{known * 100:0} %") : "-";

    /// <summary>Text of clients or of logs, harmless to a terminal and cut to so many columns.</summary>
    public static string Fit(string text, int width)
    {
        string safe = ControlText.Escape(text);
        return safe.Length <= width ? safe : width <= 1 ? safe[..Math.Max(0, width)] : safe[..(width - 1)] + "…";
    }

    private static string Number(long number, string unit) => string.Create(CultureInfo.InvariantCulture, $"{number} {unit}");
}
