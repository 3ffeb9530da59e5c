using System.Globalization;
using System.Text;

namespace Hydra.Diagnostics;

/// <summary>What becomes of the spans that are recorded of requests. Any thread.</summary>
internal sealed class TraceMetrics
{
    private long _sent;
    private long _dropped;
    private long _failed;
    private long _rejected;

    /// <summary>Whether there are any: requests are traced.</summary>
    public bool IsOn { get; set; }

    /// <summary>The collector has taken so many spans.</summary>
    public void AddSent(long spans) => Interlocked.Add(ref _sent, spans);

    /// <summary>So many are lost: they found no room where they wait to be sent, or were not sent when the server had to end.</summary>
    public void AddDropped(long spans) => Interlocked.Add(ref _dropped, spans);

    /// <summary>So many are lost: the collector could not be reached, or has not taken them.</summary>
    public void AddFailed(long spans) => Interlocked.Add(ref _failed, spans);

    /// <summary>So many are lost: the collector has taken the others.</summary>
    public void AddRejected(long spans) => Interlocked.Add(ref _rejected, spans);

    /// <summary>Writes the samples in the text format of Prometheus; none where nothing is traced.</summary>
    public void Write(StringBuilder text)
    {
        if (!IsOn)
        {
            return;
        }

        const string Name = "hydra_trace_spans_total";
        PrometheusText.Head(text, Name, "counter", "Spans of requests, by what became of them.");
        text.Append(CultureInfo.InvariantCulture, $"{Name}{{result=\"sent\"}} {Volatile.Read(ref _sent)}\n");
        text.Append(CultureInfo.InvariantCulture, $"{Name}{{result=\"dropped\"}} {Volatile.Read(ref _dropped)}\n");
        text.Append(CultureInfo.InvariantCulture, $"{Name}{{result=\"failed\"}} {Volatile.Read(ref _failed)}\n");
        text.Append(CultureInfo.InvariantCulture, $"{Name}{{result=\"rejected\"}} {Volatile.Read(ref _rejected)}\n");
    }
}
