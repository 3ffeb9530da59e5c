using Hydra.Edge;
using Hydra.Http;
using Hydra.Tests.Http.Fakes;
using Hydra.Tests.Transport;
using Xunit;

namespace Hydra.Tests.Edge;

public sealed class EdgePartTests
{
    [Fact]
    public async Task Chain_Parts_SeeARequestInTheirOrder()
    {
        List<string> seen = [];
        RequestHandler chain = EdgePart.Chain(
            [new ActingPart(_ => seen.Add("first")), new ActingPart(_ => seen.Add("second"))],
            _ =>
            {
                seen.Add("last");
                return Task.CompletedTask;
            });
        await chain(null!);

        Assert.Equal(["first", "second", "last"], seen);
    }

    [Fact]
    public void Chain_NoParts_IsTheLastHandlerItself()
    {
        RequestHandler last = static _ => Task.CompletedTask;
        Assert.Same(last, EdgePart.Chain([], last));
    }

    [Fact]
    public async Task Before_Answers_NoWorkerHearsOfTheRequest()
    {
        await using FrontHost host = await FrontHost.StartAsync(new AnsweringPart());
        using RawClient client = host.Connect();
        await client.SendAsync("GET /edge HTTP/1.1\r\nHost: h\r\n\r\nGET /app HTTP/1.1\r\nHost: h\r\n\r\n");
        Assert.Equal("edge", await client.ReadResponseAsync());
        SentRequest request = await host.Worker.NextRequestAsync();
        Assert.Equal("/app", request.Path);
        host.Worker.Respond(request.Id, 200, "app");
        Assert.Equal("app", await client.ReadResponseAsync());

        Assert.Equal(["\"GET /edge HTTP/1.1\" 200 0", "\"GET /app HTTP/1.1\" 200 3"], await host.StopAndReadLinesAsync());
    }

    [Fact]
    public async Task Facts_Replaced_AreWhatTheWorkerIsTold()
    {
        await using FrontHost host = await FrontHost.StartAsync(new ActingPart(static context =>
        {
            if (context.Http.Request.Path == "/proxied")
            {
                context.Facts = context.Facts with
                {
                    Scheme = "https",
                    ClientHost = "192.0.2.7",
                    ClientPort = 0,
                    Headers = new HeaderEdits(["x-forwarded-proto"], [new("x-added", "1")]),
                };
            }
        }));
        using RawClient client = host.Connect();
        string head = " HTTP/1.1\r\nHost: h\r\nX-Forwarded-Proto: https\r\nX-Kept: 2\r\n\r\n";
        SentRequest proxied = await ExchangeAsync(host, client, "GET /proxied" + head);
        Assert.StartsWith(string.Join((char)0, "https", "1.1", "192.0.2.7", "0", "127.0.0.1", ""), proxied.Connection, StringComparison.Ordinal);
        Assert.Equal([("host", "h"), ("x-kept", "2"), ("x-added", "1")], proxied.Headers);

        // It was for that request alone.
        SentRequest next = await ExchangeAsync(host, client, "GET /plain" + head);
        Assert.StartsWith(string.Join((char)0, "http", "1.1", "127.0.0.1", ""), next.Connection, StringComparison.Ordinal);
        Assert.Equal([("host", "h"), ("x-forwarded-proto", "https"), ("x-kept", "2")], next.Headers);

        await host.StopAndReadLinesAsync();
        Assert.Contains(" 192.0.2.7 ", host.AccessText, StringComparison.Ordinal);
        Assert.Contains(" 127.0.0.1:", host.AccessText, StringComparison.Ordinal);
    }

    private static async Task<SentRequest> ExchangeAsync(FrontHost host, RawClient client, string text)
    {
        await client.SendAsync(text);
        SentRequest request = await host.Worker.NextRequestAsync();
        host.Worker.Respond(request.Id, 200, "ok");
        Assert.Equal("ok", await client.ReadResponseAsync());
        return request;
    }

    private sealed class AnsweringPart : EdgePart
    {
        public override RequestHandler Before(RequestHandler next) => context =>
        {
            if (context.Http.Request.Path != "/edge")
            {
                return next(context);
            }

            context.Http.Response.ContentLength = 4;
            return context.Http.Response.Body.WriteAsync("edge"u8.ToArray()).AsTask();
        };
    }
}
