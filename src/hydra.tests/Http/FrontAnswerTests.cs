using Hydra.Dispatch;
using Hydra.Edge;
using Hydra.Http;
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

    private sealed class RefusingPart : EdgePart
    {
        public override RequestHandler Before(RequestHandler next) => static context => FrontAnswer.RefuseAsync(context, Failure.RateLimited, 7);
    }
}
