namespace Hydra.Diagnostics;

/// <summary>What kind of metric an application has.</summary>
internal enum MetricKind
{
    Unknown,
    Counter,
    Gauge,
    Histogram,
    Summary,
    Info,
    StateSet,
}

/// <summary>What one gauge of several workers is.</summary>
internal enum GaugeMode
{
    /// <summary>One of each.</summary>
    All,
    Sum,
    Min,
    Max,

    /// <summary>That which has changed last, also where that worker has ended.</summary>
    MostRecent,

    /// <summary>That which has changed last of those that live.</summary>
    LiveMostRecent,
}

/// <summary>A sample of an application's metric.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Labels">Its labels as they are written, by name, without the bound of a bucket: <c>a="1",b="2"</c>.</param>
/// <param name="Bound">The bound of a bucket as it is written; empty for any other sample.</param>
/// <param name="Value">Its value.</param>
internal readonly record struct MetricSample(string Name, string Labels, string Bound, double Value)
{
    /// <summary>All labels, as they are written.</summary>
    public string AllLabels => Bound.Length == 0 ? Labels : Labels.Length == 0 ? $"le=\"{Bound}\"" : $"{Labels},le=\"{Bound}\"";
}

/// <summary>A metric of an application, of one worker or of several.</summary>
/// <param name="name">Its name, as its client library has it: of a counter without _total.</param>
/// <param name="kind">Its kind.</param>
/// <param name="mode">What it is of several workers, where it is a gauge.</param>
/// <param name="help">Its description, as it is written.</param>
internal sealed class MetricFamily(string name, MetricKind kind, GaugeMode mode, string help)
{
    /// <summary>Its name, as its client library has it: of a counter without _total.</summary>
    public string Name => name;

    /// <summary>Its kind.</summary>
    public MetricKind Kind => kind;

    /// <summary>What it is of several workers, where it is a gauge.</summary>
    public GaugeMode Mode => mode;

    /// <summary>Its description, as it is written.</summary>
    public string Help { get; set; } = help;

    /// <summary>Its samples.</summary>
    public List<MetricSample> Samples { get; } = [];

    /// <summary>The name that stands in the text format.</summary>
    public string WrittenName => kind switch
    {
        MetricKind.Counter => name + "_total",
        MetricKind.Info => name + "_info",
        _ => name,
    };

    /// <summary>The kind as the text format calls it.</summary>
    public string WrittenKind => kind switch
    {
        MetricKind.Counter => "counter",
        MetricKind.Histogram => "histogram",
        MetricKind.Summary => "summary",
        MetricKind.Unknown => "untyped",
        _ => "gauge",
    };

    /// <summary>Whether there is one for each worker, with a label that says of which, whatever its kind: it tells of the process.</summary>
    public bool IsOfTheProcess => name.StartsWith("process_", StringComparison.Ordinal) || name.StartsWith("python_", StringComparison.Ordinal);

    /// <summary>Whether what a sample says adds up over workers, and still counts when one has ended.</summary>
    public bool AddsUp(in MetricSample sample) => !IsOfTheProcess && kind switch
    {
        MetricKind.Counter or MetricKind.Histogram => true,

        // A quantile of several is none of all.
        MetricKind.Summary => sample.Name.Length > name.Length,
        _ => false,
    };

    /// <summary>Whether a sample of this name belongs to it. When a metric was made is none that can be shown beside it.</summary>
    public bool Has(string sample, bool isBucket) => kind switch
    {
        MetricKind.Counter or MetricKind.Info => sample == WrittenName,
        MetricKind.Histogram => isBucket ? sample == name + "_bucket" : sample == name + "_sum" || sample == name + "_count",
        MetricKind.Summary => sample == name || sample == name + "_sum" || sample == name + "_count",
        _ => sample == name,
    };

    /// <summary>The same without samples.</summary>
    public MetricFamily Empty() => new(name, kind, mode, Help);
}
