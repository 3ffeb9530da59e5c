using System.Globalization;
using System.Text;

namespace Hydra.Diagnostics;

/// <summary>Prometheus' text-based exposition format 0.0.4.</summary>
internal static class PrometheusText
{
    /// <summary>The content type of the format.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Writes what comes before the samples of a metric.</summary>
    public static void Head(StringBuilder text, string name, string type, string help)
        => text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");

    /// <summary>Writes a metric with one sample.</summary>
    public static void Single(StringBuilder text, string name, string type, string help, double value)
    {
        Head(text, name, type, help);
        Sample(text, name, value);
    }

    /// <summary>Writes a sample.</summary>
    public static void Sample(StringBuilder text, string name, double value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        text.Append(name);
        char before = '{';
        foreach ((string label, string content) in labels)
        {
            text.Append(before).Append(label).Append("=\"").Append(Escape(content)).Append('"');
            before = ',';
        }

        text.Append(before is ',' ? "} " : " ").Append(Number(value)).Append('\n');
    }

    /// <summary>A number as the format has it.</summary>
    public static string Number(double value) => double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf"
        : double.IsNaN(value) ? "NaN"
        : value.ToString(CultureInfo.InvariantCulture);

    /// <summary>The value of a label, as it is written between quotes.</summary>
    public static string Escape(string text)
        => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
