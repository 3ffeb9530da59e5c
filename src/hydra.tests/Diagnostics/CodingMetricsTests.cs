using System.Text;
using Hydra.Coding;
using Hydra.Diagnostics;
using Xunit;

namespace Hydra.Tests.Diagnostics;

public sealed class CodingMetricsTests
{
    [Fact]
    public void Write_Counted_IsByCoding()
    {
        var metrics = new CodingMetrics();
        metrics.Add(ContentCoding.Gzip.Name(), 1000, 100);
        metrics.Add(ContentCoding.Gzip.Name(), 500, 50);
        metrics.Add(ContentCoding.Zstd.Name(), 7, 5);
        var text = new StringBuilder();
        metrics.Write(text);

        string written = text.ToString();
        Assert.Contains("hydra_compressed_responses_total{coding=\"gzip\"} 2\n", written, StringComparison.Ordinal);
        Assert.Contains("hydra_compressed_input_bytes_total{coding=\"gzip\"} 1500\n", written, StringComparison.Ordinal);
        Assert.Contains("hydra_compressed_output_bytes_total{coding=\"gzip\"} 150\n", written, StringComparison.Ordinal);
        Assert.Contains("hydra_compressed_responses_total{coding=\"zstd\"} 1\n", written, StringComparison.Ordinal);
        Assert.Contains("hydra_compressed_responses_total{coding=\"br\"} 0\n", written, StringComparison.Ordinal);
    }
}
