using System.Net;
using Hydra.Dispatch;
using Hydra.Edge;
using Hydra.Http;
using Hydra.Primitives;
using Hydra.Tests.Http.Fakes;
using Hydra.Tests.Transport;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Edge;

/// <summary><see cref="DoubtfulFieldsPart"/> with its <see cref="DoubtfulRules"/>, <see cref="DoubtfulFields"/> and <see cref="ForwardedHints"/>.</summary>
public sealed class DoubtfulFieldsPartTests
{
    private const ForwardedAspects All
        = ForwardedAspects.For | ForwardedAspects.Proto | ForwardedAspects.Host | ForwardedAspects.Port | ForwardedAspects.Prefix;

    [Fact]
    public async Task Request_OfATrustedProxy_IsThatOfItsClient()
    {
        await using FrontHost host = await FrontHost.StartAsync(Part("127.0.0.1"));
        using RawClient client = host.Connect();
        SentRequest sent = await ExchangeAsync(
            host, client, "X-Forwarded-For: 1.2.3.4:5, 127.0.0.1", "X-Forwarded-Proto: https", "X-Forwarded-Host: shop.example", "X-Forwarded-Prefix: /app");

        Assert.Equal(["https", "1.1", "1.2.3.4", "5", "shop.example", "443", "/app"], sent.Connection.Split('\0'));
        Assert.Equal(["shop.example"], sent.Values("host"));
        Assert.Equal(["1.2.3.4:5, 127.0.0.1"], sent.Values("x-forwarded-for"));

        // The next one of the connection is another client's, and that after it nobody's.
        Assert.Contains("\08.8.8.8\00\0", (await ExchangeAsync(host, client, "X-Forwarded-For: 8.8.8.8")).Connection, StringComparison.Ordinal);
        Assert.StartsWith(string.Join('\0', "http", "1.1", "127.0.0.1", ""), (await ExchangeAsync(host, client)).Connection, StringComparison.Ordinal);
        await host.StopAndReadLinesAsync();
        Assert.Contains(" 1.2.3.4:5 ", host.AccessText, StringComparison.Ordinal);
        Assert.Contains(" 8.8.8.8 ", host.AccessText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_OfSomebodyElse_LosesWhatItSays()
    {
        var log = new ErrorRecorder();
        await using FrontHost host = await FrontHost.StartAsync(Part("10.0.0.0/8", log: log.CreateLogger("hydra")));
        using RawClient client = host.Connect();
        for (int i = 0; i < 3; i++)
        {
            SentRequest sent = await ExchangeAsync(
                host, client, "X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: https", "X-Forwarded-Ssl: on", "X-Forwarded-Protocol: ssl", "X-Forwarded-Port: 1",
                "X-Forwarded-Prefix: /a", "X-Forwarded-Host: h", "Forwarded: for=1.2.3.4", "X-Forwarded-Other: kept", "Proxy: http://evil", "A_b: c");

            Assert.StartsWith(string.Join('\0', "http", "1.1", "127.0.0.1", ""), sent.Connection, StringComparison.Ordinal);
            Assert.Equal([("host", "h"), ("x-forwarded-other", "kept")], sent.Headers);
        }

        Assert.Contains("--forwarded-allow-ips 127.0.0.1", Assert.Single(log.Entries).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_WhereNobodyLooks_KeepsItsFields()
    {
        await using FrontHost host = await FrontHost.StartAsync(Part("", reads: false));
        using RawClient client = host.Connect();
        SentRequest sent = await ExchangeAsync(host, client, "X-Forwarded-For: 1.2.3.4", "Forwarded: for=1.2.3.4");

        Assert.Equal([("host", "h"), ("x-forwarded-for", "1.2.3.4"), ("forwarded", "for=1.2.3.4")], sent.Headers);
        Assert.Empty(host.Complaints);
    }

    [Theory]
    [InlineData("Drop", "127.0.0.1", "script_name")]
    [InlineData("Drop", "10.0.0.1", "")]
    [InlineData("Dangerous", "10.0.0.1", "script_name other_name")]
    public async Task Underscores_NamesOfForwarders_AreThoseOfTrustedPeersAlone(string map, string trusted, string expected)
    {
        await using FrontHost host = await FrontHost.StartAsync(Part(trusted, map: Enum.Parse<HeaderMap>(map), names: ["script_name"]));
        using RawClient client = host.Connect();
        SentRequest sent = await ExchangeAsync(host, client, "SCRIPT_NAME: /app", "Other_Name: 1");

        Assert.Equal(expected, string.Join(' ', sent.Headers.Where(static field => field.Name.Contains('_', StringComparison.Ordinal)).Select(static field => field.Name)));
        Assert.Equal(trusted == "127.0.0.1" ? "/app" : "", sent.Connection.Split('\0')[6]);
    }

    [Fact]
    public async Task Underscores_Refused_AreAnsweredByTheFront()
    {
        await using FrontHost host = await FrontHost.StartAsync(Part("127.0.0.1", map: HeaderMap.Refuse));
        using RawClient client = host.Connect();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\nA_b: c\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 400 ", await FrontHost.ReadUntilCutAsync(client), StringComparison.Ordinal);
        Assert.Equal(Failure.BadFieldName.Rule().Status, StatusOf(Assert.Single(await host.StopAndReadLinesAsync())));
    }

    [Fact]
    public async Task Request_OfHttp2_IsTreatedTheSame()
    {
        await using FrontHost host = await FrontHost.StartAsync(HttpProtocols.Http2, null, Part("127.0.0.1"));
        using var client = new HttpClient
        {
            BaseAddress = new Uri($"http://{host.EndPoint}"),
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        client.DefaultRequestHeaders.Add("X-Forwarded-For", "1.2.3.4");
        client.DefaultRequestHeaders.Add("X-Forwarded-Host", "shop.example");
        client.DefaultRequestHeaders.TryAddWithoutValidation("a_b", "c");
        Task<HttpResponseMessage> answer = client.GetAsync(new Uri("/", UriKind.Relative));
        SentRequest sent = await host.Worker.NextRequestAsync();
        host.Worker.Respond(sent.Id, 200, "ok");
        using HttpResponseMessage response = await answer;

        Assert.Contains("\01.2.3.4\00\0", sent.Connection, StringComparison.Ordinal);
        Assert.Equal(["shop.example"], sent.Values("host"));
        Assert.Empty(sent.Values("a_b"));
    }

    [Fact]
    public void Add_PeersOfManyNetworks_AreSaidOfAFew()
    {
        var log = new ErrorRecorder();
        var hints = new ForwardedHints(log.CreateLogger("hydra"));
        foreach (string peer in new[] { "10.0.0.1", "10.0.0.2", "10.0.1.1", "2001:db8::1", "2001:db8::2", "10.9.9.9" })
        {
            hints.Add(new IPEndPoint(IPAddress.Parse(peer), 1), peer, "x-forwarded-for", ["x-forwarded-for"]);
        }

        hints.Add(null, "", null, ["a_b"]);
        hints.Add(null, "", null, ["c_d"]);
        Assert.Equal(4, log.Entries.Count());
        Assert.Contains("a_b", log.Entries.Last().Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuse_WhatHasNoBody_LeavesTheConnection()
    {
        using var request = new FakeRequest();
        RequestContext context = ExchangeSetup.Accept(request);

        Assert.False(FrontAnswer.HasBody(context));
        Assert.Equal(("", false), (RequestHost.NameOf(context), DoubtfulRules.IsConcerned(context)));
    }

    private static int StatusOf(string line) => int.Parse(line.Split('"')[2].Trim().Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);

    private static DoubtfulFieldsPart Part(string trusted, bool reads = true, HeaderMap map = HeaderMap.Drop, ILogger? log = null, params string[] names)
        => new(new DoubtfulRules(reads, Peers(trusted), All, map, names, new ForwardedHints(log ?? NullLogger.Instance)));

    private static async Task<SentRequest> ExchangeAsync(FrontHost host, RawClient client, params string[] fields)
    {
        await client.SendAsync($"GET / HTTP/1.1\r\nHost: h\r\n{string.Concat(fields.Select(static field => field + "\r\n"))}\r\n");
        SentRequest request = await host.Worker.NextRequestAsync();
        host.Worker.Respond(request.Id, 200, "ok");
        Assert.Equal("ok", await client.ReadResponseAsync());
        return request;
    }

    private static PeerList Peers(string text)
    {
        Assert.Null(PeerList.Read(text, out PeerList list));
        return list;
    }
}
