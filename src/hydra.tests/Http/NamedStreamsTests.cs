using System.Net;
using Hydra.Http;
using Hydra.Tests.Http.Fakes;
using Microsoft.AspNetCore.Connections;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class NamedStreamsTests
{
    private readonly OpenStreams _inner = new() { RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, 1) };

    [Fact]
    public async Task AcceptAsync_Stream_KnowsWhoseItIs()
    {
        using var client = new ClientConnection(_inner, _ => Task.CompletedTask, new FrameBudget(1, 1, TimeProvider.System));
        var streams = new NamedStreams(_inner, client);
        _inner.Next = new OpenConnection();

        ConnectionContext? stream = await streams.AcceptAsync();
        Assert.Same(client, stream!.Features.Get<ClientConnection>());
        _inner.Next = null;
        Assert.Null(await streams.AcceptAsync());
    }

    [Fact]
    public void Rest_OfIt_IsTheConnections()
    {
        using var client = new ClientConnection(_inner, _ => Task.CompletedTask, new FrameBudget(1, 1, TimeProvider.System));
        var streams = new NamedStreams(_inner, client) { ConnectionId = "other", LocalEndPoint = new IPEndPoint(IPAddress.Any, 2) };
        streams.Abort();

        Assert.Equal(("other", 1), (_inner.ConnectionId, _inner.Aborts));
        Assert.Equal((_inner.RemoteEndPoint, _inner.LocalEndPoint), (streams.RemoteEndPoint, new IPEndPoint(IPAddress.Any, 2)));
        Assert.Same(_inner.Features, streams.Features);
    }
}
