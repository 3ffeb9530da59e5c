using System.Net;
using System.Text;
using Hydra.Http;
using Hydra.Tests.Http.Fakes;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class ClientConnectionMiddlewareTests
{
    private static readonly RequestHandler Handler = _ => Task.CompletedTask;

    private readonly ClientConnections _connections = new();

    [Theory]
    [InlineData(HttpProtocols.Http1, null, false)]
    [InlineData(HttpProtocols.Http2, null, true)]
    [InlineData(HttpProtocols.Http1AndHttp2, null, false)]
    [InlineData(HttpProtocols.Http1AndHttp2, "http/1.1", false)]
    [InlineData(HttpProtocols.Http1AndHttp2, "h2", true)]
    public async Task Connection_WhileItIsOpen_HasItsClientConnection(HttpProtocols protocols, string? chosen, bool isMultiplexed)
    {
        var context = new OpenConnection();
        context.Features.Set<ITlsApplicationProtocolFeature>(chosen is null ? null : new Chosen(Encoding.ASCII.GetBytes(chosen)));
        ClientConnection? seen = null;
        await Build(protocols, inner =>
        {
            seen = inner.Features.Get<ClientConnection>();
            Assert.False(_connections.AreNone);
            return Task.CompletedTask;
        })(context);

        Assert.NotNull(seen);
        Assert.Same(Handler, seen.Handler);
        Assert.Equal(isMultiplexed, seen.IsMultiplexed);
        Assert.True(_connections.AreNone);
    }

    [Fact]
    public async Task Connection_ThatFails_IsForgotten()
    {
        ConnectionDelegate run = Build(HttpProtocols.Http1, _ => throw new IOException("broken"));
        await Assert.ThrowsAsync<IOException>(() => run(new OpenConnection()));
        Assert.True(_connections.AreNone);
    }

    private ConnectionDelegate Build(HttpProtocols protocols, Func<ConnectionContext, Task> server)
    {
        ConnectionDelegate? built = null;
        new KestrelServerOptions().Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = protocols;
            listen.UseClientConnection(_connections, Handler);
            listen.Run(server);
            built = ((IConnectionBuilder)listen).Build();
        });
        return built!;
    }

    private sealed record Chosen(ReadOnlyMemory<byte> ApplicationProtocol) : ITlsApplicationProtocolFeature;
}
