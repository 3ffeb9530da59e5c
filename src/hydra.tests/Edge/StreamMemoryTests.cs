using System.Net;
using Hydra.Edge;
using Hydra.Primitives;
using Hydra.Tests.Http.Fakes;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace Hydra.Tests.Edge;

/// <summary><see cref="StreamMemory"/>: streams of HTTP/2 count towards what clients may have the server hold.</summary>
public sealed class StreamMemoryTests
{
    [Fact]
    public async Task Stream_NoMemoryLeft_IsRefusedAndWhatEndsGivesItsBack()
    {
        var memory = new MemoryBudget(StreamMemory.EachStream);
        await using FrontHost host = await FrontHost.StartAsync(HttpProtocols.Http2, null, new StreamMemory(memory));
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{host.EndPoint.Port}"), DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        Task<HttpResponseMessage> first = client.GetAsync(new Uri("/first", UriKind.Relative));
        SentRequest request = await host.Worker.NextRequestAsync();
        using (HttpResponseMessage refused = await client.GetAsync(new Uri("/second", UriKind.Relative)))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.NotNull(refused.Headers.RetryAfter);

            // No field of a connection, which others share.
            Assert.Null(refused.Headers.ConnectionClose);
        }

        host.Worker.Respond(request.Id, 200, "first");
        using (HttpResponseMessage answered = await first)
        {
            Assert.Equal("first", await answered.Content.ReadAsStringAsync());
        }

        await Hydra.Tests.Functional.Harness.Eventually.HoldsAsync(() => memory.Used == 0, "the stream's memory is given back");
    }

    [Fact]
    public async Task Request_OfHttp1_CountsForNothing()
    {
        var memory = new MemoryBudget(0);
        await using FrontHost host = await FrontHost.StartAsync(new StreamMemory(memory));
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{host.EndPoint.Port}") };
        Task<string> answer = client.GetStringAsync(new Uri("/", UriKind.Relative));
        SentRequest request = await host.Worker.NextRequestAsync();
        host.Worker.Respond(request.Id, 200, "text");

        Assert.Equal("text", await answer);
    }
}
