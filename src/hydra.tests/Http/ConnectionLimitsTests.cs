using System.Net;
using Hydra.Dispatch;
using Hydra.Http;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class ConnectionLimitsTests
{
    [Fact]
    public void Enter_AsManyAsMay_AreLetInAndOneMoreWhenOneHasLeft()
    {
        var limits = new ConnectionLimits(2, 0);

        Assert.Equal([Failure.None, Failure.None, Failure.TooManyConnections], [limits.Enter(null), limits.Enter(Peer("192.0.2.1")), limits.Enter(null)]);
        limits.Leave(null);
        Assert.Equal(Failure.None, limits.Enter(Peer("127.0.0.1")));
        Assert.Equal(2, limits.Open);
    }

    [Fact]
    public void Enter_ManyOfOneNetwork_AreRefusedAndOthersAreNot()
    {
        var limits = new ConnectionLimits(0, 1);

        Assert.Equal(Failure.None, limits.Enter(Peer("2001:db8::1")));
        Assert.Equal(Failure.TooManyOfOne, limits.Enter(Peer("2001:db8::2")));
        Assert.Equal(Failure.None, limits.Enter(Peer("2001:db8:1::1")));
        limits.Leave(Peer("2001:db8::1"));
        Assert.Equal(Failure.None, limits.Enter(Peer("2001:db8::2")));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    public void Enter_ManyOfThisMachine_AreLetIn(string address)
    {
        var limits = new ConnectionLimits(0, 1);

        Assert.Equal([Failure.None, Failure.None], [limits.Enter(Peer(address)), limits.Enter(Peer(address))]);
    }

    private static IPEndPoint Peer(string address) => new(IPAddress.Parse(address), 1);
}
