using System.Text;
using Hydra.Diagnostics;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Diagnostics;

public class RequestMetricsTests
{
    [Fact]
    public void Write_SeveralApplications_AreCountedEachAndWhatIsForNoneHasNoLabel()
    {
        var metrics = new RequestMetrics(["none"], ["/", "/b"]);
        metrics.Add(new RequestFigures { Status = 200, Pool = 1, Duration = TimeSpan.FromSeconds(1), FirstByte = TimeSpan.FromSeconds(0.5), Worker = TimeSpan.FromSeconds(0.25), Bytes = 7 });
        metrics.Add(new RequestFigures { Status = 404, Pool = -1 });

        IReadOnlyDictionary<string, double> samples = Read(metrics);
        Assert.Equal((1, 0, 1), (samples["hydra_requests_total{pool=\"/b\",status=\"2xx\"}"], samples["hydra_requests_total{pool=\"/\",status=\"2xx\"}"], samples["hydra_requests_total{status=\"4xx\"}"]));
        Assert.Equal(0.5, samples["hydra_request_first_byte_seconds_sum{pool=\"/b\"}"]);
        Assert.Equal(0.25, samples["hydra_request_worker_seconds_sum{pool=\"/b\"}"]);
        Assert.Equal(0, samples["hydra_request_worker_seconds_count"]);
        Assert.Equal(7, samples["hydra_response_body_bytes_total{pool=\"/b\"}"]);
        Assert.Equal(2, metrics.Read().Total);
    }

    [Fact]
    public void Add_ManyThreads_LosesNothing()
    {
        var metrics = new RequestMetrics(["none"]);
        Parallel.For(0, 1000, _ => metrics.Add(new RequestFigures { Status = 200, Duration = TimeSpan.FromSeconds(1), Worker = TimeSpan.FromSeconds(1) }));

        IReadOnlyDictionary<string, double> samples = Read(metrics);
        Assert.Equal(1000, samples["hydra_requests_total{status=\"2xx\"}"]);
        Assert.Equal((1000, 1000), (samples["hydra_request_duration_seconds_sum"], samples["hydra_request_worker_seconds_count"]));
    }

    [Fact]
    public void Add_Session_HasNoDuration()
    {
        var metrics = new RequestMetrics(["none"]);
        metrics.Add(new RequestFigures { Status = 101, Duration = TimeSpan.FromHours(1) });

        IReadOnlyDictionary<string, double> samples = Read(metrics);
        Assert.Equal((1, 0), (samples["hydra_requests_total{status=\"1xx\"}"], samples["hydra_request_duration_seconds_count"]));
    }

    private static IReadOnlyDictionary<string, double> Read(RequestMetrics metrics)
    {
        var text = new StringBuilder();
        metrics.Write(text);
        return Scrapes.Samples(text.ToString());
    }
}
