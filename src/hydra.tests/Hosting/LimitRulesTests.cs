using System.Net;
using Hydra.Configuration;
using Hydra.Dispatch;
using Hydra.Hosting;
using Hydra.Http;
using Hydra.Primitives;
using Xunit;

namespace Hydra.Tests.Hosting;

/// <summary><see cref="LimitRules"/>.</summary>
public sealed class LimitRulesTests
{
    private const long Gibibyte = 1L << 30;

    // What was said, null for auto; bytes of memory; how many there may be, and of one address.
    [Theory]
    [InlineData(null, null, 4 * Gibibyte, 131_072, 65_536)]
    [InlineData(null, null, 1024 * 1024, 256, 128)]
    [InlineData(null, null, long.MaxValue, 10_000_000, 5_000_000)]
    [InlineData(null, 0, Gibibyte, 32_768, 0)]
    [InlineData(null, 7, Gibibyte, 32_768, 7)]
    [InlineData(5, null, Gibibyte, 5, 0)]
    [InlineData(0, 7, Gibibyte, 0, 7)]
    public void Connections_AsWasSaidOrAsThereIsMemory_AreCounted(int? said, int? ofOne, long memory, int most, int mostOfOne)
    {
        ConnectionLimits limits = LimitRules.Connections(new LimitOptions { Connections = said, ConnectionsPerAddress = ofOne }, new ProxyOptions(), memory)!;
        Assert.Equal((most, mostOfOne), (limits.Most, limits.MostOfOne));
    }

    [Fact]
    public void Connections_AnyNumber_AreNotCounted()
        => Assert.Null(LimitRules.Connections(new LimitOptions { Connections = 0 }, new ProxyOptions(), Gibibyte));

    [Fact]
    public void Connections_OfATrustedProxy_AreThoseOfManyClients()
    {
        Assert.Null(PeerList.Read("192.0.2.1", out PeerList trusted));
        ConnectionLimits limits = LimitRules.Connections(new LimitOptions(), new ProxyOptions { Trusted = trusted }, 1)!;
        var proxy = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 1);
        var client = new IPEndPoint(IPAddress.Parse("192.0.2.2"), 1);
        for (int i = 0; i < 128; i++)
        {
            Assert.Equal((Failure.None, i < 127 ? Failure.None : Failure.TooManyConnections), (limits.Enter(client), i < 127 ? limits.Enter(proxy) : Failure.TooManyConnections));
        }

        Assert.Equal(Failure.TooManyOfOne, limits.Enter(client));
        Assert.Equal(Failure.None, limits.Enter(proxy));
    }
}
