using System.Net;
using Hydra.Tests.Functional.Harness;
using Hydra.Tests.Tracing;
using Xunit;

namespace Hydra.Tests.Functional.Dispatch;

/// <summary>--trace: what a collector hears of a server, and an application of its trace.</summary>
public sealed class TracingTests
{
    private const string Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    [Theory]
    [InlineData("asgi_probe:app", "/scope")]
    [InlineData("wsgi_probe:app", "/environ")]
    public async Task Request_OfATrace_IsThreeSpansAndTheApplicationGoesOnInTheLast(string app, string path)
    {
        await using var collector = new Collector();
        await using HydraServer server = await StartAsync(collector, app);
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("traceparent", Parent);
        using HttpResponseMessage response = await server.Client.SendAsync(request);
        string seen = await response.Content.ReadAsStringAsync();
        IReadOnlyList<CollectedSpan> spans = await collector.WaitAsync(static spans => spans.Count == 3);

        Assert.Equal(["GET", "queue", "worker"], spans.Select(static span => span.Name));
        Assert.All(spans, static span => Assert.Equal("0af7651916cd43dd8448eb211c80319c", span.Trace));
        Assert.Equal(["b7ad6b7169203331", spans[0].Id, spans[0].Id], spans.Select(static span => span.Parent));
        Assert.Contains($"00-0af7651916cd43dd8448eb211c80319c-{spans[2].Id}-01", seen, StringComparison.Ordinal);
        Assert.All(spans, span => Assert.InRange(span.Start, spans[0].Start, span.End));
        Assert.Equal(path, spans[0]["url.path"]);
    }

    [Fact]
    public async Task Request_WhoseWorkerDies_IsOneSpanWithASpanForEachWorker()
    {
        await using var collector = new Collector();
        await using HydraServer server = await StartAsync(collector, "asgi_misbehaviours:app");
        using HttpResponseMessage response = await server.Client.GetAsync("/exits");
        IReadOnlyList<CollectedSpan> spans = await collector.WaitAsync(static spans => spans.Count == 5);
        await server.Log.ExpectErrorAsync("/exits");
        await server.Log.ExpectErrorAsync("exited with code 7");
        await server.Log.ExpectErrorAsync("exited with code 7");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal(["GET", "queue", "worker", "queue", "worker"], spans.Select(static span => span.Name));
        Assert.Equal(["retry"], spans[0].Events);
        Assert.Equal("convicted", spans[0]["error.type"]);
        Assert.All([spans[2], spans[4]], static span => Assert.Equal("worker_lost", span["error.type"]));
    }

    [Fact]
    public async Task WebSocket_ASession_IsOneSpanOverAllOfIt()
    {
        await using var collector = new Collector();
        await using HydraServer server = await StartAsync(collector, "sockets:app");
        using (var socket = new System.Net.WebSockets.ClientWebSocket())
        {
            await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{server.Address.Port}/echo"), default);
            await socket.CloseAsync(System.Net.WebSockets.WebSocketCloseStatus.NormalClosure, "", default);
        }

        IReadOnlyList<CollectedSpan> spans = await collector.WaitAsync(static spans => spans.Count == 3);

        Assert.Equal("101", spans[0]["http.response.status_code"]);
        Assert.Equal(["accepted"], spans[2].Events);
        Assert.All(spans, static span => Assert.False(span.IsError));
    }

    [Fact]
    public async Task Requests_AtTheEnd_AreSentBeforeIt()
    {
        await using var collector = new Collector();
        await using HydraServer server = await StartAsync(collector, "asgi_probe:app", ("OTEL_BSP_SCHEDULE_DELAY", "3600000"), ("OTEL_SERVICE_NAME", "shop"));
        await server.GetTextAsync("/hello");
        Assert.Equal(0, await server.StopAsync());

        Assert.Equal(3, collector.Spans.Count);
        Assert.Contains("\"shop\"", collector.Bodies.Single().GetProperty("resourceSpans")[0].GetProperty("resource").ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Collector_ThatIsNotThere_CostsAWarningAndIsCounted()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app")
        {
            Arguments = ["--trace", $"http://127.0.0.1:{FreePort.Find()}", "--metrics", "127.0.0.1:0"],
            Variables = new Dictionary<string, string?> { ["OTEL_BSP_SCHEDULE_DELAY"] = "1", ["OTEL_BSP_MAX_QUEUE_SIZE"] = "3" },
        });
        await server.Log.WaitAsync("traces go to");
        await server.GetTextAsync("/hello");
        await server.Log.WaitAsync("does not take traces");

        // The first is on its way, the second waits.
        await server.GetTextAsync("/hello");
        await server.GetTextAsync("/hello");
        await server.SamplesAsync(static samples => samples["hydra_trace_spans_total{result=\"dropped\"}"] >= 3);

        Assert.Single(server.Log.Find("does not take traces"));
    }

    private static Task<HydraServer> StartAsync(Collector collector, string app, params (string Name, string Value)[] variables)
        => HydraServer.StartAsync(new ServerSpec(app)
        {
            Arguments = ["--trace", collector.Url],
            Variables = new Dictionary<string, string?>(variables.ToDictionary(static one => one.Name, static one => (string?)one.Value)) { ["OTEL_BSP_SCHEDULE_DELAY"] = variables.FirstOrDefault(static one => one.Name == "OTEL_BSP_SCHEDULE_DELAY").Value ?? "1" },
        });
}
