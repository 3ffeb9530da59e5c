using System.Text.RegularExpressions;
using Hydra.Diagnostics;
using Hydra.Edge;
using Hydra.Http;
using Hydra.Protocol;
using Hydra.Tests.Http.Fakes;
using Hydra.Tests.Transport;
using Hydra.Tracing;
using Xunit;

namespace Hydra.Tests.Edge;

/// <summary>What <see cref="RequestTracing"/> records, and what workers are told (<see cref="TraceFields"/>).</summary>
public sealed partial class RequestTracingTests
{
    private const string Parent = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n";

    private readonly TraceQueue _queue = new(1000, 1000, new TraceMetrics());

    [Fact]
    public async Task Request_InNoTrace_BeginsOneAndItsWorkerGoesOnInIt()
    {
        (SentRequest sent, RequestTrace trace) = await AskAsync("");

        string told = Field(sent, "traceparent");
        Assert.Matches(Recorded(), told);
        Assert.Equal($"00-{trace.Own.TraceText}-{trace.Tries.Single().Span:x16}-01", told);
        Assert.Null(trace.Parent);
        Assert.Equal(("GET", "/a?b", 200, "1.1", "http", "h:1", "me"), Facts(trace));
        Assert.NotEqual(0, trace.Tries.Single().EndedAt);
    }

    [Fact]
    public async Task Request_InATrace_GoesOnInIt()
    {
        (SentRequest sent, RequestTrace trace) = await AskAsync(Parent + "tracestate: a=1\r\nX-Last: z\r\n");

        Assert.Equal($"00-0af7651916cd43dd8448eb211c80319c-{trace.Tries.Single().Span:x16}-01", Field(sent, "traceparent"));
        Assert.Equal("a=1", Field(sent, "tracestate"));
        Assert.Equal("z", Field(sent, "x-last"));
        Assert.Equal(0xb7ad6b7169203331, trace.Parent!.Value.Span);
    }

    [Theory]
    [InlineData("traceparent: 00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01\r\n")]
    [InlineData(Parent + Parent)]
    public async Task Request_WithABadParent_BeginsAnewAndItsStateIsGone(string fields)
    {
        (SentRequest sent, RequestTrace trace) = await AskAsync(fields + "tracestate: a=1\r\n");

        Assert.Null(trace.Parent);
        Assert.Equal($"00-{trace.Own.TraceText}-{trace.Tries.Single().Span:x16}-01", Field(sent, "traceparent"));
        Assert.DoesNotContain(sent.Headers, static field => field.Name == "tracestate");
    }

    [Fact]
    public async Task Request_ThatIsNotRecorded_TellsItsWorkerSo()
    {
        await using FrontHost host = await FrontHost.StartAsync(new Tracer(new TraceSampler(true, 0), _queue));
        SentRequest sent = await AskAsync(host, "");

        Assert.Matches(NotRecorded(), Field(sent, "traceparent"));
        Assert.Empty(_queue.Take());
    }

    [Fact]
    public async Task Request_OfATraceThatIsNotRecorded_IsPassedOnAsItCame()
    {
        string fields = Parent.Replace("-01\r", "-00\r", StringComparison.Ordinal);
        await using FrontHost host = await FrontHost.StartAsync(new Tracer(new TraceSampler(true, 1), _queue));

        Assert.Equal("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", Field(await AskAsync(host, fields), "traceparent"));
        Assert.Empty(_queue.Take());
    }

    [Fact]
    public async Task Request_ThatTheFrontAnswers_IsASpanAlone()
    {
        await using FrontHost host = await FrontHost.StartAsync(new Tracer(new TraceSampler(true, 1), _queue), new AllowedHosts([], new FaultLog(Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, TimeProvider.System)));
        using RawClient client = host.Connect();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: other\r\n\r\n");
        await client.ReadResponseAsync();
        await host.StopAndReadLinesAsync();
        RequestTrace trace = Assert.Single(_queue.Take());

        Assert.Empty(trace.Tries);
        Assert.Equal((400, "other_host", null), (trace.Facts.Status, trace.Facts.Failure, trace.Facts.RefusedAfter));
    }

    [Fact]
    public async Task Head_ThatIsRefused_IsASpan()
    {
        await using FrontHost host = await FrontHost.StartAsync(new Tracer(new TraceSampler(true, 1), _queue));
        using RawClient client = host.Connect();
        await client.SendAsync("GET / HTTP/1.1\r\n\r\n");
        await client.ReadResponseAsync();
        await host.StopAndReadLinesAsync();

        Assert.Equal((400, "bad_head", "GET"), Assert.Single(_queue.Take()).Facts is var facts ? (facts.Status, facts.Failure, facts.Method) : default);
    }

    [Fact]
    public async Task Request_WhoseWorkerDies_HasASpanForEachTry()
    {
        await using FrontHost host = await FrontHost.StartAsync(new Tracer(new TraceSampler(true, 1), _queue));
        using RawClient client = host.Connect();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        SentRequest first = await host.Worker.NextRequestAsync();
        host.Worker.Reset(first.Id, ResetReason.NotStarted);
        SentRequest second = await host.Worker.NextRequestAsync();
        host.Worker.Respond(second.Id, 200, "");
        await client.ReadHeadAsync();
        await host.StopAndReadLinesAsync();
        RequestTrace trace = Assert.Single(_queue.Take());

        Assert.Equal(["not_started", null], trace.Tries.Select(static one => one.Failure));
        Assert.Equal(
            trace.Tries.Select(one => $"00-{trace.Own.TraceText}-{one.Span:x16}-01"), new[] { first, second }.Select(static sent => Field(sent, "traceparent")));
        Assert.Equal(2, trace.Tries.Select(static one => one.Span).Distinct().Count());
    }

    [Fact]
    public async Task Requests_OfAConnection_HaveTracesOfTheirOwn()
    {
        await using FrontHost host = await FrontHost.StartAsync(new Tracer(new TraceSampler(true, 1), _queue));
        using RawClient client = host.Connect();
        string[] told = [Field(await AskAsync(host, client, ""), "traceparent"), Field(await AskAsync(host, client, ""), "traceparent")];

        Assert.NotEqual(told[0][..35], told[1][..35]);
    }

    [Fact]
    public void LeftOut_WhatIsPassedOn_IsNothing()
    {
        Assert.Null(TraceFields.LeftOut(TraceTelling.AsSent));
        Assert.Null(TraceFields.LeftOut(TraceTelling.Adds));
    }

    private static string Field(SentRequest sent, string name) => sent.Headers.Single(field => field.Name == name).Value;

    private static (string, string, int, string, string, string, string) Facts(RequestTrace trace)
        => trace.Facts is var facts ? (facts.Method, facts.Target, facts.Status, facts.HttpVersion, facts.Scheme, facts.Host, facts.UserAgent) : default;

    private static async Task<SentRequest> AskAsync(FrontHost host, string fields)
    {
        using RawClient client = host.Connect();
        return await AskAsync(host, client, fields);
    }

    private static async Task<SentRequest> AskAsync(FrontHost host, RawClient client, string fields)
    {
        await client.SendAsync($"GET /a?b HTTP/1.1\r\nHost: h:1\r\nUser-Agent: me\r\n{fields}\r\n");
        SentRequest sent = await host.Worker.NextRequestAsync();
        host.Worker.Respond(sent.Id, 200, "");
        await client.ReadHeadAsync();
        return sent;
    }

    private async Task<(SentRequest Sent, RequestTrace Trace)> AskAsync(string fields)
    {
        await using FrontHost host = await FrontHost.StartAsync(new Tracer(new TraceSampler(true, 1), _queue));
        SentRequest sent = await AskAsync(host, fields);
        await host.StopAndReadLinesAsync();
        return (sent, Assert.Single(_queue.Take()));
    }

    [GeneratedRegex("^00-[0-9a-f]{32}-[0-9a-f]{16}-01$")]
    private static partial Regex Recorded();

    [GeneratedRegex("^00-[0-9a-f]{32}-[0-9a-f]{16}-00$")]
    private static partial Regex NotRecorded();
}
