using System.Text;
using Hydra.Diagnostics;
using Xunit;

namespace Hydra.Tests.Diagnostics;

public class MetricReaderTests
{
    [Fact]
    public void Read_Lines_AreMetricsWithTheirSamples()
    {
        MetricReader read = Read(
            "T counter all shop_orders\nH Orders\\nof all kinds\\\\\nS shop_orders_total{kind=\"b\",a=\"x \\\"y\\\\\"} 3.0\nS shop_orders_created 1.7e9\n"
            + "T gauge livesum depth\nS depth 1e+16\nT histogram all d\nS d_bucket{le=\"0.5\",p=\"q\"} 1.0\nS d_bucket{le=\"+Inf\"} inf\nS d_sum nan\nS d_count -2\n");

        MetricFamily orders = read.Families["shop_orders"];
        Assert.Equal((MetricKind.Counter, "Orders\\nof all kinds\\\\", "shop_orders_total"), (orders.Kind, orders.Help, orders.WrittenName));
        Assert.Equal(new MetricSample("shop_orders_total", "a=\"x \\\"y\\\\\",kind=\"b\"", "", 3), Assert.Single(orders.Samples));
        Assert.Equal((GaugeMode.Sum, 1e16), (read.Families["depth"].Mode, read.Families["depth"].Samples[0].Value));
        MetricFamily histogram = read.Families["d"];
        Assert.Equal(["p=\"q\",le=\"0.5\"", "le=\"+Inf\"", "", ""], histogram.Samples.Select(static sample => sample.AllLabels));
        Assert.Equal([1, double.PositiveInfinity, double.NaN, -2], histogram.Samples.Select(static sample => sample.Value));

        // When a counter was made.
        Assert.Equal(1, read.Refused);
    }

    [Theory]
    [InlineData("S a 1")]
    [InlineData("T counter all")]
    [InlineData("T counter all 1a")]
    [InlineData("T counter all a b")]
    [InlineData("T counter all hydra_requests")]
    [InlineData("T gaugehistogram all a")]
    [InlineData("X")]
    [InlineData("what is this")]
    public void Read_LineThatIsNone_IsRefused(string line)
    {
        MetricReader read = Read(line);
        Assert.Equal((1, 0), (read.Refused, read.Families.Count));
    }

    [Theory]
    [InlineData("S a")]
    [InlineData("S a ")]
    [InlineData("S a x")]
    [InlineData("S a 1 2")]
    [InlineData("S a 1,5")]
    [InlineData("S b 1")]
    [InlineData("S a{ 1")]
    [InlineData("S a{} 1")]
    [InlineData("S a{x=1} 1")]
    [InlineData("S a{x=\"1} 1")]
    [InlineData("S a{x=\"1\\t\"} 1")]
    [InlineData("S a{x=\"1\"")]
    [InlineData("S a{x=\"1\"}1")]
    [InlineData("S a{x=\"1\",x=\"2\"} 1")]
    [InlineData("S a{1=\"1\"} 1")]
    [InlineData("S a{__x=\"1\"} 1")]
    [InlineData("S a{=\"1\"} 1")]
    [InlineData("S a{x:y=\"1\"} 1")]
    [InlineData("T gauge all a")]
    public void Read_SampleThatIsNone_IsRefused(string line)
    {
        MetricReader read = Read($"T gauge all a\n{line}\n");
        Assert.Equal((1, 0), (read.Refused, read.Families["a"].Samples.Count));
    }

    [Fact]
    public void Read_BucketWithoutABound_IsRefused()
        => Assert.Equal(3, Read("T histogram all a\nS a_bucket 1\nS a_bucket{le=\"x\"} 1\nS a_bucket{le=\"nan\"} 1\n").Refused);

    // Bytes from outside: whatever they are, what comes out is what Prometheus reads.
    [Fact]
    public void Read_AnyBytes_GivesWhatCanBeShown()
    {
        const string Some = "T counter all c\nH help \\n\nS c_total{a=\"b\\\"\",worker=\"1\"} 1.5\nT histogram sum h\nS h_bucket{le=\"1.0\"} 2\nS h_sum 3\nT info all i\nS i_info{v=\"1\"} 1\nT summary all s\nS s{quantile=\"0.5\"} 1\n";
        var random = new Random(7);
        byte[] whole = Encoding.UTF8.GetBytes(Some);
        for (int round = 0; round < 3000; round++)
        {
            byte[] bytes = [.. whole];
            for (int change = random.Next(1, 12); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = random.Next(3) == 0 ? (byte)random.Next(256) : whole[random.Next(whole.Length)];
            }

            int from = random.Next(bytes.Length);
            var source = new MetricSource("0");
            source.Update(MetricReader.Read(bytes.AsSpan(from, random.Next(bytes.Length - from))).Families, isPartial: false);
            var merge = new MetricMerge();
            merge.Keep(source);
            PrometheusSyntax.Check(Merged.Text(merge, source, source));
        }
    }

    private static MetricReader Read(string text) => MetricReader.Read(Encoding.UTF8.GetBytes(text));
}
