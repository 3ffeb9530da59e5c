using System.Net;
using Hydra.Http;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class PeerNetworkTests
{
    [Theory]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("::ffff:192.0.2.1", "::ffff:192.0.2.2", false)]
    [InlineData("2001:db8::1", "2001:db8::ffff:1", true)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", false)]
    public void Of_Address_IsThatOfIpv4AndTheNetworkOfIpv6(string one, string other, bool isSame)
        => Assert.Equal(isSame, PeerNetwork.Of(IPAddress.Parse(one)) == PeerNetwork.Of(IPAddress.Parse(other)));
}
