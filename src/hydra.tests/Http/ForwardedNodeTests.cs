using Hydra.Http;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class ForwardedNodeTests
{
    [Theory]
    [InlineData("1.2.3.4", "1.2.3.4", 0)]
    [InlineData("1.2.3.4:80", "1.2.3.4", 80)]
    [InlineData("::1", "::1", 0)]
    [InlineData("[::1]", "::1", 0)]
    [InlineData("[2001:db8::17]:4711", "2001:db8::17", 4711)]
    [InlineData("1.2.3.4:_hidden", "1.2.3.4", 0)]
    [InlineData("[::ffff:9.9.9.9]:1", "9.9.9.9", 1)]
    internal void Read_Address_IsRead(string text, string address, int port)
    {
        ForwardedNode node = ForwardedNode.Read(text);

        Assert.Equal((ForwardedNodeKind.Address, address, port), (node.Kind, node.Address!.ToString(), node.Port));
    }

    [Theory]
    [InlineData("unknown", ForwardedNodeKind.Hidden)]
    [InlineData("_gazonk", ForwardedNodeKind.Hidden)]
    [InlineData("_SEVKISEK:80", ForwardedNodeKind.Hidden)]
    [InlineData("unix:", ForwardedNodeKind.Unix)]
    [InlineData("_", ForwardedNodeKind.Malformed)]
    [InlineData("", ForwardedNodeKind.Malformed)]
    [InlineData("example.org", ForwardedNodeKind.Malformed)]
    [InlineData("1.2.3.4:", ForwardedNodeKind.Malformed)]
    [InlineData("1.2.3.4:65536", ForwardedNodeKind.Malformed)]
    [InlineData("1.2.3.4:-1", ForwardedNodeKind.Malformed)]
    [InlineData("[::1", ForwardedNodeKind.Malformed)]
    [InlineData("[::1]80", ForwardedNodeKind.Malformed)]
    [InlineData("[1.2.3.4]", ForwardedNodeKind.Malformed)]
    internal void Read_Others_AreOfTheirKind(string text, ForwardedNodeKind expected) => Assert.Equal(expected, ForwardedNode.Read(text).Kind);
}
