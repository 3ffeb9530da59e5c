using Hydra.Configuration;
using Hydra.Hosting;
using Hydra.Tests.Configuration;
using Hydra.Tests.Http.Fakes;
using Hydra.Tests.Transport;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace Hydra.Tests.Hosting;

public sealed class HeadRulesTests
{
    [Fact]
    public void Apply_Defaults_AreNoLowerThanThoseOfOtherServers()
    {
        var kestrel = new KestrelServerOptions();
        HeadRules.Apply(new ClientOptions(), kestrel);

        Assert.Equal((16 * 1024) + 2, kestrel.Limits.MaxRequestLineSize);
        Assert.Equal(64 * 1024, kestrel.Limits.MaxRequestHeadersTotalSize);
        Assert.Equal(1000, kestrel.Limits.MaxRequestHeaderCount);
        Assert.Null(kestrel.RequestHeaderEncodingSelector("Content-Length"));
        Assert.Same(System.Text.Encoding.Latin1, kestrel.RequestHeaderEncodingSelector("Cookie"));
    }

    [Fact]
    public void Options_NamesOfOtherServers_AreUnderstood()
    {
        ClientOptions clients = Parsing.Run(
            "--limit-request-line", "4k", "--limit-request-fields", "50", "--limit-request-field_size", "8190",
            "--h11-max-incomplete-event-size", "0", "main:app").Server.Clients;

        Assert.Equal((4096, 50, 8190, 128 * 1024), (clients.LimitLine, clients.LimitFields, clients.LimitField, clients.LimitHead));
    }

    // The largest that the defaults allow, through the frame to the worker; one byte or one field more is refused.
    [Theory]
    [InlineData(16_384, 0, 0, 200)]
    [InlineData(16_385, 0, 0, 414)]
    [InlineData(100, 65_536, 0, 200)]
    [InlineData(100, 65_537, 0, 431)]
    [InlineData(100, 0, 999, 200)]
    [InlineData(100, 0, 1000, 431)]
    [InlineData(16_384, 65_536, 0, 200)]
    public async Task Head_AsLargeAsItMayBe_IsServedAndALargerOneRefused(int line, int size, int fields, int status)
    {
        await using FrontHost host = await FrontHost.StartAsync();
        using RawClient client = host.Connect();
        string target = "/" + new string('x', line - "GET / HTTP/1.1".Length);
        string lines = "Host: h\r\n" + string.Concat(Enumerable.Range(0, fields).Select(static i => $"X-{i}: a\r\n"));
        string more = size == 0 ? "" : $"X: {new string('y', size - lines.Length - "X: \r\n".Length)}\r\n";
        await client.SendAsync($"GET {target} HTTP/1.1\r\n{lines}{more}\r\n");
        if (status == 200)
        {
            SentRequest sent = await host.Worker.NextRequestAsync();
            Assert.Equal(target, sent.Path);
            Assert.Equal(1 + fields + (size > 0 ? 1 : 0), sent.Headers.Count);
            host.Worker.Respond(sent.Id, 200, "hello");
        }

        Assert.StartsWith($"HTTP/1.1 {status} ", await client.ReadHeadAsync(), StringComparison.Ordinal);
    }
}
