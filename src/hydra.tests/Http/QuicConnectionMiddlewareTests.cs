using System.Net;
using Hydra.Dispatch;
using Hydra.Http;
using Hydra.Tests.Http.Fakes;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>Connections of HTTP/3: whose they are, how many there may be, and what ends those that give up request after request.</summary>
public sealed class QuicConnectionMiddlewareTests
{
    private static readonly RequestHandler Handler = _ => Task.CompletedTask;

    private readonly ClientConnections _connections = new();
    private readonly List<Failure> _refused = [];

    [Fact]
    public async Task Connection_WhileItIsOpen_IsKnown()
    {
        ClientConnection? seen = null;
        await Build(async inner =>
        {
            seen = (await inner.AcceptAsync())!.Features.Get<ClientConnection>();
            Assert.False(_connections.AreNone);
            Assert.Equal(1, _connections.Open(isTls: true));
        })(New());

        Assert.Equal((true, true, Handler), (seen!.IsMultiplexed, seen.IsQuic, seen.Handler));
        Assert.Equal(("https", "3", 0x0304), (seen.FactsFor("HTTP/3").Scheme, seen.FactsFor("HTTP/3").HttpVersion, seen.FactsFor("HTTP/3").Tls!.Version));
        Assert.True(_connections.AreNone);
    }

    [Fact]
    public async Task Connection_MoreThanThereMayBe_IsRefused()
    {
        var limits = new ConnectionLimits(1, 0);
        OpenStreams second = New();
        await Build(_ => Build(_ => throw new InvalidOperationException("is served"), limits)(second), limits)(New());

        Assert.Equal([Failure.TooManyConnections], _refused);
        Assert.Equal(1, second.Aborts);
        Assert.Equal(0, limits.Open);
    }

    [Fact]
    public async Task Requests_GivenUpOneAfterTheOther_EndTheConnection()
    {
        OpenStreams context = New();
        var code = new Code();
        context.Features.Set<IProtocolErrorCodeFeature>(code);
        await Build(async inner =>
        {
            ClientConnection connection = (await inner.AcceptAsync())!.Features.Get<ClientConnection>()!;
            for (int i = 0; i < 20; i++)
            {
                connection.OnStreamGone();
            }

            Assert.Equal(0, context.Aborts);
            connection.OnStreamGone();
            connection.OnStreamGone();
        })(context);

        Assert.Equal((1, 0x107), (context.Aborts, code.Error));
        Assert.Equal([Failure.Flooded], _refused);
    }

    private static OpenStreams New() => new() { RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, 1), Next = new OpenConnection() };

    private MultiplexedConnectionDelegate Build(MultiplexedConnectionDelegate last, ConnectionLimits? limits = null)
    {
        MultiplexedConnectionDelegate? built = null;
        var kestrel = new KestrelServerOptions();
        kestrel.Listen(new IPEndPoint(IPAddress.Loopback, 0), listen =>
        {
            var rules = new ConnectionRules { IsTls = true, MaxStreams = 10, Time = new StoppedTime(), Refused = (_, failure) => _refused.Add(failure) };
            listen.UseQuicConnection(_connections, Handler, rules, limits);
            ((IMultiplexedConnectionBuilder)listen).Use(_ => last);
            built = ((IMultiplexedConnectionBuilder)listen).Build();
        });
        return built!;
    }

    // No budget fills up again.
    private sealed class StoppedTime : TimeProvider
    {
        public override long GetTimestamp() => 0;
    }

    private sealed class Code : IProtocolErrorCodeFeature
    {
        public long Error { get; set; } = -1;
    }
}
