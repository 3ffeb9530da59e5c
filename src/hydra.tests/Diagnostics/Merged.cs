using System.Text;
using Hydra.Diagnostics;
using Hydra.Hosting;
using Hydra.Workers.Supervision;

namespace Hydra.Tests.Diagnostics;

/// <summary>Metrics of workers as they are shown.</summary>
internal static class Merged
{
    /// <summary>A worker that has said this.</summary>
    public static MetricSource Source(string worker, string lines)
    {
        var source = new MetricSource(worker);
        source.Update(MetricReader.Read(Encoding.UTF8.GetBytes(lines)).Families, isPartial: false);
        return source;
    }

    /// <summary>What is shown of these, the oldest first.</summary>
    public static string Text(MetricMerge merge, params MetricSource[] sources)
    {
        var text = new StringBuilder();
        new ApplicationText([new PoolFigures { Name = "a", Application = new CollectedFigures(merge.Merge(sources), []) }]).WriteRest(text);
        return text.ToString();
    }

    /// <summary>The lines of it that are samples, without that of failures.</summary>
    public static string[] Samples(MetricMerge merge, params MetricSource[] sources)
        => [.. Text(merge, sources).Split('\n').Where(static line => line.Length > 0 && line[0] != '#' && !line.StartsWith("hydra_collect", StringComparison.Ordinal))];
}
