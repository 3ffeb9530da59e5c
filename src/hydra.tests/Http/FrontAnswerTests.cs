using Hydra.Dispatch;
using Hydra.Edge;
using Hydra.Http;
using Hydra.Tests.Functional.Harness;
using Hydra.Tests.Http.Fakes;
using Hydra.Tests.Transport;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary><see cref="FrontAnswer"/>: answers without a worker.</summary>
public sealed class FrontAnswerTests
{
    [Theory]
    [InlineData("", "\r\nRetry-After: 7\r\n", false)]
    [InlineData("Content-Length: 5\r\n", "\r\nConnection: close\r\n", true)]
    public async Task Write_Failure_IsItsStatusAndABodyThatNobodyReadsEndsTheConnection(string fields, string expected, bool ends)
    {
        await using FrontHost host = await FrontHost.StartAsync(new RefusingPart());
        using RawClient client = host.Connect();
        await client.SendAsync($"POST /x HTTP/1.1\r\nHost: h\r\n{fields}\r\n");
        string head = await client.ReadHeadAsync() + "\r\n";

        Assert.StartsWith("HTTP/1.1 429 ", head, StringComparison.Ordinal);
        Assert.Contains(expected, head, StringComparison.Ordinal);
        Assert.Equal(ends, head.Contains("Connection: close", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0, false, null)]
    [InlineData(0, true, "close")]
    [InlineData(1, false, "close")]
    [InlineData(2, false, null)]
    public async Task Write_AnswerThatIsTheLast_SaysSo(int limit, bool stops, string? expected)
    {
        await using FrontHost host = await FrontHost.StartAsync(new ConnectionRules { LimitRequests = limit, Ends = () => stops }, new RefusingPart());
        await using RawConnection client = await RawConnection.OpenAsync(host.EndPoint.Port);
        RawResponse response = await client.ExchangeAsync("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
        Assert.Equal((429, expected), (response.Status, response.Value("Connection")));
    }

    [Fact]
    public async Task Write_ThatBreaksOff_IsNoAnswerThatLooksWhole()
    {
        await using FrontHost host = await FrontHost.StartAsync(new BreakingPart());
        using RawClient client = host.Connect();
        await client.SendAsync("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
        string answer = await FrontHost.ReadUntilCutAsync(client);
        Assert.DoesNotContain("whole", answer, StringComparison.Ordinal);

        // What was written may be lost with the connection.
        Assert.True(answer.Length == 0 || answer.EndsWith("half ", StringComparison.Ordinal), answer);
        Assert.Single(await host.StopAndReadLinesAsync());
    }

    private sealed class BreakingPart : EdgePart
    {
        public override RequestHandler Before(RequestHandler next) => static context => FrontAnswer.AnswerAsync(context, static async (context, _) =>
        {
            context.Http.Response.ContentLength = 10;
            await FrontAnswer.SendAsync(context, "half "u8.ToArray());
            throw new ResponseFailedException("it is not there any more", Failure.FileUnreadable);
        });
    }

    private sealed class RefusingPart : EdgePart
    {
        public override RequestHandler Before(RequestHandler next) => static context => FrontAnswer.RefuseAsync(context, Failure.RateLimited, 7);
    }
}
