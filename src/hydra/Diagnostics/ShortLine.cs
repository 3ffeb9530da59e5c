namespace Hydra.Diagnostics;

/// <summary>A line like <c>12:34:56 GET     /path?query 200 0.8ms</c>, for who is writing the application and looks at a terminal.</summary>
internal static class ShortLine
{
    private const int MaximumTarget = 300;
    private const int MethodWidth = 7;

    /// <summary>Appends the line, without its end.</summary>
    /// <param name="line">The line.</param>
    /// <param name="local">When the request was over, as the wall shows it.</param>
    /// <param name="entry">The request.</param>
    /// <param name="colors">Whether the status is coloured: green as it should be, blue elsewhere, yellow the client's fault, red the application's.</param>
    public static void Write(LineBuilder line, DateTimeOffset local, in AccessEntry entry, bool colors)
    {
        ReadOnlySpan<char> target = entry.Target.Length == 0 ? "-" : entry.Target;
        string method = entry.Method.Length == 0 ? "-" : entry.Method;
        Span<char> clock = stackalloc char[8];
        _ = local.TryFormat(clock, out _, "HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture);
        line.Raw(colors ? "\e[2m" : "").Raw(clock).Raw(colors ? "\e[0m " : " ");
        line.Safe(method, allowLines: false).Raw("       "u8[..Math.Max(1, MethodWidth - method.Length)]);
        line.Safe(target[..Math.Min(target.Length, MaximumTarget)], allowLines: false).Raw(target.Length > MaximumTarget ? "… " : " ");
        line.Raw(colors ? ColorOf(entry.Status) : "");
        if (entry.Status == 0)
        {
            line.Raw("-"u8);
        }
        else
        {
            line.Number(entry.Status);
        }

        // A tick is 100 ns.
        long tenths = (entry.Elapsed.Ticks + 500) / 1000;
        line.Raw(colors ? "\e[0m " : " ").Number(tenths / 10).Raw("."u8).Number(tenths % 10).Raw("ms"u8);
    }

    private static string ColorOf(int status) => status switch
    {
        >= 500 or 0 => "\e[31m",
        >= 400 => "\e[33m",
        >= 300 => "\e[34m",
        _ => "\e[32m",
    };
}
