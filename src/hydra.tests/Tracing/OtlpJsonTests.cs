using System.Diagnostics;
using System.Text.Json;
using Hydra.Tracing;
using Xunit;

namespace Hydra.Tests.Tracing;

/// <summary>Spans in the words of OTLP and of the semantic conventions for HTTP.</summary>
public sealed class OtlpJsonTests
{
    private static readonly long Second = Stopwatch.Frequency;

    private static readonly TraceFacts Facts = new()
    {
        EndedAt = 10 * Second,
        EndedOn = 1_000_000_000_000,
        Method = "GET",
        Target = "/a/b?token=1",
        Scheme = "https",
        HttpVersion = "2",
        Status = 200,
        ClientHost = "192.0.2.1",
        ClientPort = 1234,
        Host = "shop.example:8443",
        UserAgent = "curl/8",
    };

    [Fact]
    public void Write_ARequest_IsAServerSpanWithTheNamesOfTheConventions()
    {
        CollectedSpan server = Assert.Single(Write(Trace(new TraceParent(1, 2, 0xabc, 3), "a=1"), Facts));

        Assert.Equal(("GET", 2, "00000000000000010000000000000002", "0000000000000abc", "a=1"), (server.Name, server.Kind, server.Trace, server.Parent, server.State));
        Assert.Equal((993_000_000_000, 1_000_000_000_000), (server.Start, server.End));
        Assert.Equal(0x303, server.Json.GetProperty("flags").GetInt32());
        Assert.False(server.IsError);
        Assert.Equal<IEnumerable<string?>>(
            ["GET", "/a/b", "https", "2", "200", "shop.example", "8443", "192.0.2.1", "1234", "curl/8", null, null],
            [server["http.request.method"], server["url.path"], server["url.scheme"], server["network.protocol.version"], server["http.response.status_code"], server["server.address"],
                server["server.port"], server["client.address"], server["client.port"], server["user_agent.original"], server["error.type"], server["hydra.failure"]]);
    }

    [Fact]
    public void Write_AWorker_HasASpanForTheWaitAndOneForItself()
    {
        RequestTrace trace = Trace();
        trace.OnSent(3, queued: 1000);
        CollectedSpan[] spans = Write(trace, Facts);

        Assert.Equal(["GET", "queue", "worker"], spans.Select(static span => span.Name));
        Assert.Equal([2, 1, 3], spans.Select(static span => span.Kind));
        Assert.Null(spans[0].Parent);
        Assert.All(spans[1..], span => Assert.Equal(spans[0].Id, span.Parent));
        Assert.Equal("0000000000000003", spans[2].Id);
        Assert.Equal("3", spans[2]["hydra.worker"]);
        Assert.Equal(1_000_000, spans[1].End - spans[1].Start);
        Assert.Equal(spans[1].End, spans[2].Start);
    }

    [Fact]
    public void Write_SeveralWorkers_AreATryEachAndAnEventForWhatWentWrong()
    {
        RequestTrace trace = Trace();
        trace.OnSent(0, 0);
        trace.OnFailed("worker_lost");
        trace.OnSent(1, 0);
        CollectedSpan[] spans = Write(trace, Facts);

        Assert.Equal(["GET", "queue", "worker", "queue", "worker"], spans.Select(static span => span.Name));
        Assert.Equal(["retry"], spans[0].Events);
        Assert.Equal((true, "worker_lost"), (spans[2].IsError, spans[2]["error.type"]));
        Assert.Equal((false, null, "1"), (spans[4].IsError, spans[4]["error.type"], spans[4]["http.request.resend_count"]));
        Assert.False(spans[0].IsError);
        Assert.Equal(5, spans.Select(static span => span.Id).Distinct().Count());
    }

    [Fact]
    public void Write_AWaitInVain_IsASpanThatHasFailed()
    {
        CollectedSpan[] spans = Write(Trace(), Facts with { Status = 503, Failure = "queue_timeout", RefusedAfter = 2000 });

        Assert.Equal(["GET", "queue"], spans.Select(static span => span.Name));
        Assert.Equal((true, "queue_timeout", 2_000_000), (spans[1].IsError, spans[1]["error.type"], spans[1].End - spans[1].Start));
        Assert.Equal((true, "queue_timeout"), (spans[0].IsError, spans[0]["error.type"]));
    }

    [Theory]
    [InlineData(500, "", "500")]
    [InlineData(502, "worker_lost", "worker_lost")]
    [InlineData(200, "bad_response", "bad_response")]
    [InlineData(404, "", null)]
    [InlineData(413, "body_too_large", null)]
    [InlineData(499, "client_gone", null)]
    public void Write_AnError_IsOfTheServersMaking(int status, string failure, string? expected)
    {
        CollectedSpan server = Assert.Single(Write(Trace(), Facts with { Status = status, Failure = failure }));

        Assert.Equal((expected, expected is not null), (server["error.type"], server.IsError));
        Assert.Equal(failure.Length > 0 ? failure : null, server["hydra.failure"]);
    }

    [Fact]
    public void Write_AMethodOfTheClientsInvention_IsNoNameOfASpan()
    {
        CollectedSpan server = Assert.Single(Write(Trace(), Facts with { Method = "BREW" }));

        Assert.Equal(("HTTP", "_OTHER", "BREW"), (server.Name, server["http.request.method"], server["http.request.method_original"]));
    }

    [Fact]
    public void Write_LongTexts_AreCut()
        => Assert.Equal(1024, Assert.Single(Write(Trace(), Facts with { UserAgent = new string('a', 5000) }))["user_agent.original"]!.Length);

    [Fact]
    public void Write_AHostOfIPv6_IsReadAsOne()
    {
        CollectedSpan server = Assert.Single(Write(Trace(), Facts with { Host = "[::1]:80" }));

        Assert.Equal(("::1", "80"), (server["server.address"], server["server.port"]));
    }

    private static RequestTrace Trace(TraceParent? parent = null, string state = "") => new(parent, new TraceParent(1, 2, 3, 3), state, 3 * Second);

    [Theory]
    [InlineData("process.pid", "123", "intValue")]
    [InlineData("process.pid", "none", "stringValue")]
    [InlineData("service.name", "123", "stringValue")]
    public void Write_Resource_HasTheKindsOfTheConventions(string name, string value, string kind)
    {
        JsonElement root = JsonDocument.Parse(new OtlpJson([new(name, value)], "1.0").Write([])).RootElement;
        JsonElement attribute = root.GetProperty("resourceSpans")[0].GetProperty("resource").GetProperty("attributes")[0];

        Assert.Equal((name, value), (attribute.GetProperty("key").GetString(), attribute.GetProperty("value").GetProperty(kind).GetString()));
    }

    private static CollectedSpan[] Write(RequestTrace trace, TraceFacts facts)
    {
        trace.Facts = facts;
        JsonElement root = JsonDocument.Parse(new OtlpJson([], "1.0").Write([trace])).RootElement;
        return [.. root.GetProperty("resourceSpans")[0].GetProperty("scopeSpans")[0].GetProperty("spans").EnumerateArray().Select(static span => new CollectedSpan(span))];
    }
}
