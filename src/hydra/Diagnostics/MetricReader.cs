using System.Globalization;
using System.Text;

namespace Hydra.Diagnostics;

/// <summary>
/// Reads what a worker says that its application has counted: docs/protocol.md. Whatever the bytes are: what is no sample is left out, and what comes
/// out can be shown to Prometheus.
/// </summary>
internal sealed class MetricReader
{
    /// <summary>The only metric of a worker's own that begins as those of the server do.</summary>
    public const string Routes = "hydra_route_duration_seconds";

    private const string Reserved = "hydra_";

    private readonly Dictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);
    private MetricFamily? _current;

    /// <summary>The metrics, by name.</summary>
    public IReadOnlyDictionary<string, MetricFamily> Families => _families;

    /// <summary>Lines that say nothing.</summary>
    public int Refused { get; private set; }

    /// <summary>Reads all lines of a text.</summary>
    public static MetricReader Read(ReadOnlySpan<byte> text)
    {
        var reader = new MetricReader();
        while (!text.IsEmpty)
        {
            int end = text.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? text : text[..end];
            text = end < 0 ? default : text[(end + 1)..];
            if (!line.IsEmpty && !reader.Take(Encoding.UTF8.GetString(line)))
            {
                reader.Refused++;
            }
        }

        return reader;
    }

    // Each line has a letter, a space, and what it says.
    private bool Take(string line)
    {
        if (line.Length < 3 || line[1] != ' ')
        {
            return false;
        }

        switch (line[0])
        {
            case 'T':
                _current = null;
                return Begin(line[2..].Split(' '));
            case 'H' when _current is not null:
                _current.Help = EscapeHelp(line[2..]);
                return true;
            case 'S' when _current is not null:
                return TakeSample(line.AsSpan(2));
            default:
                return false;
        }
    }

    private bool Begin(string[] words)
    {
        if (words is not [string kindName, string modeName, string name] || KindOf(kindName) is not { } kind || !IsName(name, mayHaveColon: true)
            || (name.StartsWith(Reserved, StringComparison.Ordinal) && name != Routes))
        {
            return false;
        }

        _current = new MetricFamily(name, kind, ModeOf(modeName), name);
        if (!_families.TryAdd(name, _current))
        {
            _current = null;
            return false;
        }

        return true;
    }

    private bool TakeSample(ReadOnlySpan<char> text)
    {
        int end = text.IndexOfAny('{', ' ');
        if (end <= 0)
        {
            return false;
        }

        string name = text[..end].ToString();
        List<(string Name, string Value)> labels = [];
        text = text[end..];
        if (text[0] == '{' && !TakeLabels(ref text, labels))
        {
            return false;
        }

        if (text.Length < 2 || text[0] != ' ' || !TryNumber(text[1..], out double value))
        {
            return false;
        }

        string bound = "";
        if (_current!.Kind is MetricKind.Histogram && labels.FindIndex(static label => label.Name == "le") is >= 0 and var at)
        {
            bound = labels[at].Value;
            labels.RemoveAt(at);
            if (!TryNumber(bound, out double limit) || double.IsNaN(limit))
            {
                return false;
            }
        }

        if (!_current.Has(name, bound.Length > 0))
        {
            return false;
        }

        labels.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        _current.Samples.Add(new MetricSample(name, string.Join(',', labels.Select(static label => $"{label.Name}=\"{label.Value}\"")), bound, value));
        return true;
    }

    // {a="1",b="2"}: the values stay as they are written.
    private static bool TakeLabels(ref ReadOnlySpan<char> text, List<(string Name, string Value)> labels)
    {
        text = text[1..];
        while (!text.IsEmpty)
        {
            int end = text.IndexOf('=');
            if (end <= 0 || end + 1 >= text.Length || text[end + 1] != '"')
            {
                return false;
            }

            string name = text[..end].ToString();
            text = text[(end + 2)..];
            int length = LengthOfValue(text);
            if (length < 0 || !IsName(name, mayHaveColon: false) || name.StartsWith("__", StringComparison.Ordinal) || labels.Exists(label => label.Name == name))
            {
                return false;
            }

            labels.Add((name, text[..length].ToString()));
            text = text[(length + 1)..];
            if (text.IsEmpty || text[0] is not (',' or '}'))
            {
                return false;
            }

            bool isLast = text[0] == '}';
            text = text[1..];
            if (isLast)
            {
                return true;
            }
        }

        return false;
    }

    // Up to the quote that is not escaped; below 0 where there is none, or something else is escaped than may be.
    private static int LengthOfValue(ReadOnlySpan<char> text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '"')
            {
                return i;
            }

            if (text[i] == '\\' && (++i >= text.Length || text[i] is not ('\\' or '"' or 'n')))
            {
                return -1;
            }
        }

        return -1;
    }

    private static bool TryNumber(ReadOnlySpan<char> text, out double value)
    {
        value = text switch
        {
            "inf" or "+Inf" => double.PositiveInfinity,
            "-inf" or "-Inf" => double.NegativeInfinity,
            _ => double.NaN,
        };
        return !double.IsNaN(value) || text is "nan" || double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out value);
    }

    private static bool IsName(string name, bool mayHaveColon)
    {
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '_' && !(mayHaveColon && c == ':'))
            {
                return false;
            }
        }

        return name.Length > 0 && !char.IsAsciiDigit(name[0]);
    }

    // What is escaped already stays; a backslash that stands alone does not.
    private static string EscapeHelp(string text)
    {
        var escaped = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            escaped.Append(text[i]);
            if (text[i] == '\\')
            {
                bool isEscape = i + 1 < text.Length && text[i + 1] is '\\' or 'n';
                escaped.Append(isEscape ? text[++i] : '\\');
            }
        }

        return escaped.ToString();
    }

    private static MetricKind? KindOf(string name) => name switch
    {
        "counter" => MetricKind.Counter,
        "gauge" => MetricKind.Gauge,
        "histogram" => MetricKind.Histogram,
        "summary" => MetricKind.Summary,
        "info" => MetricKind.Info,
        "stateset" => MetricKind.StateSet,
        "unknown" => MetricKind.Unknown,
        _ => null,
    };

    // "live" is what nearly all are here: of a worker that has ended there is no gauge.
    private static GaugeMode ModeOf(string name) => (name.StartsWith("live", StringComparison.Ordinal) ? name[4..] : name) switch
    {
        "mostrecent" when name.Length > "mostrecent".Length => GaugeMode.LiveMostRecent,
        "sum" => GaugeMode.Sum,
        "min" => GaugeMode.Min,
        "max" => GaugeMode.Max,
        "mostrecent" => GaugeMode.MostRecent,
        _ => GaugeMode.All,
    };
}
