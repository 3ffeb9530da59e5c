using System.Net;
using Hydra.Http;
using Hydra.Protocol;
using Hydra.Tests.Http.Fakes;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>A <see cref="ClientConnection"/> that carries many requests at a time: HTTP/2 with prior knowledge.</summary>
public sealed class MultiplexedTests
{
    [Fact]
    public async Task Invoke_TwoRequestsOfAConnection_AreAnsweredInAnyOrder()
    {
        await using FrontHost host = await FrontHost.StartAsync(HttpProtocols.Http2, null);
        using HttpClient client = Client(host);
        (Task<HttpResponseMessage> first, SentRequest one) = await SendAsync(host, client, "/one");
        (Task<HttpResponseMessage> second, SentRequest two) = await SendAsync(host, client, "/two");

        // The same client port: they came on one connection.
        Assert.Equal(one.Connection, two.Connection);
        Assert.StartsWith(string.Join((char)0, "http", "2", "127.0.0.1", ""), one.Connection, StringComparison.Ordinal);
        Assert.Equal([host.EndPoint.ToString()], one.Values("host"));

        host.Worker.Respond(two.Id, 200, "to two");
        Assert.Equal("to two", await ReadAsync(second));
        Assert.False(first.IsCompleted);
        host.Worker.Respond(one.Id, 200, "to one");
        Assert.Equal("to one", await ReadAsync(first));
    }

    [Fact]
    public async Task Invoke_OneCancelled_TheOtherIsAnswered()
    {
        await using FrontHost host = await FrontHost.StartAsync(HttpProtocols.Http2, null);
        using HttpClient client = Client(host);
        using var leaving = new CancellationTokenSource();
        (Task<HttpResponseMessage> first, SentRequest one) = await SendAsync(host, client, "/one", leaving.Token);
        (Task<HttpResponseMessage> second, SentRequest two) = await SendAsync(host, client, "/two");
        await leaving.CancelAsync();
        Assert.Equal(CancelReason.ClientLeft, await host.Worker.CancelledAsync(one.Id));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        host.Worker.Respond(two.Id, 200, "to two");
        Assert.Equal("to two", await ReadAsync(second));
        Assert.DoesNotContain(host.Worker.TakeFrames(), static frame => frame.Header.Type is MessageType.Cancel);
    }

    [Fact]
    public async Task Invoke_StreamedBothWays_ReachesTheOtherSide()
    {
        await using FrontHost host = await FrontHost.StartAsync(HttpProtocols.Http2, null);
        using HttpClient client = Client(host);
        using var content = new ByteArrayContent("body"u8.ToArray());
        Task<HttpResponseMessage> answer = client.PostAsync(new Uri("/post", UriKind.Relative), content);
        SentRequest request = await host.Worker.NextRequestAsync();
        byte[] body = request.IsWhole ? request.Body : [.. request.Body, .. await host.Worker.BodyToEndAsync(request.Id)];
        Assert.Equal("body"u8.ToArray(), body);
        host.Worker.BeginResponse(request.Id, 200, "one ");
        host.Worker.SendBody(request.Id, "two"u8, end: true);

        Assert.Equal("one two", await ReadAsync(answer));
    }

    private static HttpClient Client(FrontHost host) => new()
    {
        BaseAddress = new Uri($"http://{host.EndPoint}"),
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private static async Task<(Task<HttpResponseMessage> Answer, SentRequest Request)> SendAsync(
        FrontHost host, HttpClient client, string path, CancellationToken cancellation = default)
    {
        Task<HttpResponseMessage> answer = client.GetAsync(new Uri(path, UriKind.Relative), cancellation);
        SentRequest request = await host.Worker.NextRequestAsync();
        Assert.Equal(path, request.Path);
        return (answer, request);
    }

    private static async Task<string> ReadAsync(Task<HttpResponseMessage> answer)
    {
        using HttpResponseMessage response = await answer;
        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (response.StatusCode, response.Version));
        return await response.Content.ReadAsStringAsync();
    }
}
