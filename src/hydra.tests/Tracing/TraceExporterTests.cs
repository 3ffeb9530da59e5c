using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Hydra.Diagnostics;
using Hydra.Tests.Transport;
using Hydra.Tracing;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hydra.Tests.Tracing;

/// <summary>What becomes of spans, whatever the collector does.</summary>
public sealed class TraceExporterTests
{
    private readonly TraceMetrics _metrics = new();
    private readonly ErrorRecorder _log = new();

    [Fact]
    public async Task Exporter_SpansThatWait_AreSentAtTheEnd()
    {
        await using var collector = new Collector();
        await ExportAsync(Settings(collector.Url) with { Headers = [new("api-key", "k=1")], Resource = [new("service.name", "shop")] });

        Assert.Equal(["GET"], collector.Spans.Select(static span => span.Name));
        Assert.Contains("POST /v1/traces HTTP/1.1\r\n", collector.Heads.Single(), StringComparison.Ordinal);
        Assert.Contains("\r\napi-key: k=1\r\n", collector.Heads.Single(), StringComparison.Ordinal);
        Assert.Contains("\r\nContent-Type: application/json\r\n", collector.Heads.Single(), StringComparison.Ordinal);
        Assert.Equal("shop", collector.Bodies.Single().GetProperty("resourceSpans")[0].GetProperty("resource").GetProperty("attributes")[0].GetProperty("value").GetProperty("stringValue").GetString());
        AssertCounts(sent: 1);
    }

    [Fact]
    public async Task Exporter_Gzip_IsReadBack()
    {
        await using var collector = new Collector();
        await ExportAsync(Settings(collector.Url) with { UsesGzip = true });

        Assert.Single(collector.Spans);
    }

    [Fact]
    public async Task Exporter_ManySpans_AreSentInBatches()
    {
        await using var collector = new Collector();
        await ExportAsync(Settings(collector.Url) with { Batch = 2 }, 5);

        Assert.Equal(5, collector.Spans.Count);
        Assert.InRange(collector.Bodies.Count, 3, 5);
        AssertCounts(sent: 5);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task Exporter_ACollectorThatWantsToBeAskedAgain_GetsTheSameAgain(int status)
    {
        await using var collector = new Collector(i => i == 1 ? $"HTTP/1.1 {status} Later\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n" : Collector.Ok);
        TraceExporter exporter = Export(Settings(collector.Url) with { Delay = TimeSpan.FromMilliseconds(1) }, 1);
        await collector.WaitAsync(static spans => spans.Count == 2);

        Assert.Equal(collector.Spans[0].Id, collector.Spans[1].Id);
        Assert.Single(_log.Entries, static entry => entry.Level is LogLevel.Warning);
        await exporter.DisposeAsync();
        AssertCounts(sent: 1);
    }

    [Fact]
    public async Task Exporter_ACollectorThatRefuses_IsNotAskedAgain()
    {
        await using var collector = new Collector(static _ => "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        await ExportAsync(Settings(collector.Url) with { Batch = 1 }, 3);

        Assert.Equal(3, collector.Bodies.Count);
        Assert.Contains("it answers 400", Assert.Single(_log.Entries).Text, StringComparison.Ordinal);
        AssertCounts(failed: 3);
    }

    [Fact]
    public async Task Exporter_ACollectorThatTakesOnlySome_IsHeard()
    {
        const string Body = """{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too old"}}""";
        await using var collector = new Collector(static _ => $"HTTP/1.1 200 OK\r\nContent-Length: {Body.Length}\r\n\r\n{Body}");
        await ExportAsync(Settings(collector.Url), 3);

        Assert.Contains("too old", Assert.Single(_log.Entries).Text, StringComparison.Ordinal);
        AssertCounts(sent: 2, rejected: 1);
    }

    [Theory]
    [InlineData("what is this\r\n", "not HTTP")]
    [InlineData("", "not HTTP")]
    public async Task Exporter_ACollectorThatSaysNonsense_IsOneWarning(string answer, string said)
    {
        await using var collector = new Collector(_ => answer);
        await ExportAsync(Settings(collector.Url) with { Batch = 1 }, 2);

        Assert.Contains(said, Assert.Single(_log.Entries).Text, StringComparison.Ordinal);
        AssertCounts(failed: 2);
    }

    [Fact]
    public async Task Exporter_ACollectorThatHangs_DelaysTheEndByABoundedTime()
    {
        await using var collector = new Collector(static _ => null);
        await ExportAsync(Settings(collector.Url) with { Batch = 1 }, 2);

        Assert.Contains("in time", Assert.Single(_log.Entries).Text, StringComparison.Ordinal);
        AssertCounts(failed: 1, dropped: 1);
    }

    [Fact]
    public async Task Exporter_NoCollector_IsOneWarning()
    {
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        string url = $"http://{closed.LocalEndpoint}";
        closed.Stop();
        await ExportAsync(Settings(url) with { Batch = 1 }, 3);

        Assert.Contains(url, Assert.Single(_log.Entries).Text, StringComparison.Ordinal);
        AssertCounts(failed: 3);
    }

    [Fact]
    public async Task Exporter_Tls_IsByTheCertificateThatIsTrusted()
    {
        using X509Certificate2 certificate = Certificate();
        string path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, certificate.ExportCertificatePem());
            await using var collector = new Collector(certificate: certificate);
            await ExportAsync(Settings(collector.Url) with { Authorities = path });
            await ExportAsync(Settings(collector.Url));

            Assert.Single(collector.Spans);
            Assert.Contains("certificate", Assert.Single(_log.Entries).Text, StringComparison.OrdinalIgnoreCase);
            AssertCounts(sent: 1, failed: 1);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static TraceSettings Settings(string url)
    {
        Assert.Null(OtlpEndpoint.TryRead(url, isWhole: false, out OtlpEndpoint endpoint));
        return new TraceSettings { Endpoint = endpoint, Delay = TimeSpan.FromMinutes(10) };
    }

    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=collector", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }

    private async Task ExportAsync(TraceSettings settings, int count = 1)
    {
        await using TraceExporter exporter = Export(settings, count);
    }

    private TraceExporter Export(TraceSettings settings, int count)
    {
        var queue = new TraceQueue(settings.MostWaiting, settings.Batch, _metrics);
        for (int i = 0; i < count; i++)
        {
            queue.Add(new RequestTrace(null, new TraceParent(1, 2, 3, 1), "", 1) { Facts = new TraceFacts { Method = "GET", Target = "/", Status = 200, EndedAt = 2, EndedOn = 3 } });
        }

        return new TraceExporter(settings, queue, "1.0", _metrics, _log.CreateLogger("hydra"), TimeProvider.System);
    }

    private void AssertCounts(int sent = 0, int failed = 0, int dropped = 0, int rejected = 0)
    {
        var text = new StringBuilder();
        _metrics.Write(text);
        string[] counts = [.. text.ToString().Split('\n').Where(static line => line.StartsWith("hydra_trace_spans_total{", StringComparison.Ordinal)).Select(static line => line.Split(' ')[1])];
        Assert.Equal([$"{sent}", $"{dropped}", $"{failed}", $"{rejected}"], counts);
    }
}
