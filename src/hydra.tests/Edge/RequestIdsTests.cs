using Hydra.Edge;
using Hydra.Tests.Http.Fakes;
using Hydra.Tests.Transport;
using Xunit;

namespace Hydra.Tests.Edge;

public sealed class RequestIdsTests
{
    [Fact]
    public async Task Request_WithAName_KeepsIt()
    {
        (string asked, string answered) = await ExchangeAsync("X-Request-ID: abc-1.2_3\r\n");

        Assert.Equal(("abc-1.2_3", "abc-1.2_3"), (asked, answered));
    }

    [Theory]
    [InlineData("")]
    [InlineData("X-Request-ID: a b\r\n")]
    [InlineData("X-Request-ID: a\"b\r\n")]
    [InlineData("X-Request-ID:\r\n")]
    [InlineData("X-Request-ID: one\r\nX-Request-ID: two\r\n")]
    public async Task Request_WithoutAGoodName_GetsANewOne(string fields)
    {
        (string asked, string answered) = await ExchangeAsync(fields);

        Assert.Matches("^[0-9a-f]{32}$", asked);
        Assert.Equal(asked, answered);
    }

    [Fact]
    public async Task Response_WithANameOfItsOwn_KeepsIt()
    {
        (_, string answered) = await ExchangeAsync("X-Request-ID: abc\r\n", ("x-request-id", "own"));

        Assert.Equal("own", answered);
    }

    [Fact]
    public async Task Requests_OfAConnection_HaveNamesOfTheirOwn()
    {
        await using FrontHost host = await FrontHost.StartAsync(new RequestIds("X-Request-ID"));
        using RawClient client = host.Connect();
        List<string> names = [];
        for (int i = 0; i < 2; i++)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
            SentRequest request = await host.Worker.NextRequestAsync();
            names.Add(Named(request.Headers));
            host.Worker.Respond(request.Id, 200, "");
            await client.ReadHeadAsync();
        }

        Assert.Equal(2, names.Distinct().Count());
    }

    [Fact]
    public void Create_ManyNames_AreDistinctAndWellFormed()
    {
        string[] names = [.. Enumerable.Range(0, 1000).Select(static _ => RequestIds.Create())];

        Assert.Equal(1000, names.Distinct().Count());
        Assert.All(names, static name => Assert.True(RequestIds.IsWellFormed(name)));
    }

    [Fact]
    public void IsWellFormed_LongName_IsNot()
    {
        Assert.True(RequestIds.IsWellFormed(new string('a', 200)));
        Assert.False(RequestIds.IsWellFormed(new string('a', 201)));
    }

    private static async Task<(string Asked, string Answered)> ExchangeAsync(string fields, params (string Name, string Value)[] answer)
    {
        await using FrontHost host = await FrontHost.StartAsync(new RequestIds("X-Request-ID"));
        using RawClient client = host.Connect();
        await client.SendAsync($"GET / HTTP/1.1\r\nHost: h\r\n{fields}\r\n");
        SentRequest request = await host.Worker.NextRequestAsync();
        host.Worker.Respond(request.Id, 200, "", answer);
        string head = await client.ReadHeadAsync();
        string answered = head.Split("\r\n").Single(static line => line.StartsWith("X-Request-ID:", StringComparison.OrdinalIgnoreCase)).Split(": ")[1];
        return (Named(request.Headers), answered);
    }

    private static string Named(IEnumerable<(string Name, string Value)> headers) => headers.Single(static field => field.Name == "x-request-id").Value;
}
