using System.Net;
using System.Net.Sockets;
using Hydra.Primitives;
using Xunit;

namespace Hydra.Tests.Primitives;

public sealed class PeerListTests
{
    [Theory]
    [InlineData("127.0.0.1,::1", "127.0.0.1", true)]
    [InlineData("127.0.0.1,::1", "127.0.0.2", false)]
    [InlineData("127.0.0.1, ::1", "::1", true)]
    [InlineData("127.0.0.1", "::ffff:127.0.0.1", true)]
    [InlineData("10.0.0.0/8 192.168.1.7", "10.255.0.1", true)]
    [InlineData("10.0.0.0/8 192.168.1.7", "11.0.0.1", false)]
    [InlineData("10.0.0.0/8 192.168.1.7", "192.168.1.7", true)]
    [InlineData("2001:db8::/33", "2001:db8:7fff::1", true)]
    [InlineData("2001:db8::/33", "2001:db8:8000::1", false)]
    [InlineData("0.0.0.0/0", "8.8.8.8", true)]
    [InlineData("0.0.0.0/0", "::2", false)]
    [InlineData("*", "::2", true)]
    [InlineData("", "127.0.0.1", false)]
    [InlineData("unix", "127.0.0.1", false)]
    public void Contains_Address_IsWhatTheListSays(string text, string address, bool expected)
    {
        Assert.Null(PeerList.Read(text, out PeerList list));
        Assert.Equal(expected, list.Contains(new IPEndPoint(IPAddress.Parse(address), 1), null));
    }

    [Theory]
    [InlineData("unix", true)]
    [InlineData("unix:", true)]
    [InlineData("/run/hydra.sock", true)]
    [InlineData("*", true)]
    [InlineData("127.0.0.1", false)]
    public void Contains_ClientOfAUnixSocket_IsWhatTheListSays(string text, bool expected)
    {
        Assert.Null(PeerList.Read(text, out PeerList list));
        Assert.Equal(expected, list.Contains(null, new UnixDomainSocketEndPoint("/run/x")));
        Assert.Equal(expected, list.HasUnix);
    }

    [Theory]
    [InlineData("proxy.local", "neither an address")]
    [InlineData("10.0.0.1/8", "10.0.0.0/8 is the network, 10.0.0.1 the address")]
    [InlineData("10.0.0.0/33", "neither an address")]
    [InlineData("10.0.0/8", "neither an address")]
    [InlineData("127.1", "neither an address")]
    [InlineData("127.0.0.1,010.0.0.1", "neither an address")]
    [InlineData("::1/129", "neither an address")]
    public void Read_WhatIsNone_IsASentence(string text, string expected)
        => Assert.Contains(expected, PeerList.Read(text, out _), StringComparison.Ordinal);

    [Fact]
    public void Equals_TheSameWords_AreTheSame()
    {
        Assert.Null(PeerList.Read("127.0.0.1, ::1 unix", out PeerList list));
        Assert.Equal(PeerList.Local, list);
        Assert.Equal(PeerList.Local.GetHashCode(), list.GetHashCode());
    }
}
