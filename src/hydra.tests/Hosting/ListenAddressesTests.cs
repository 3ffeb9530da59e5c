using System.Net;
using System.Net.Sockets;
using Hydra.Hosting;
using Hydra.Primitives;
using Hydra.Transport;
using Microsoft.AspNetCore.Connections;
using Xunit;

namespace Hydra.Tests.Hosting;

public sealed class ListenAddressesTests
{
    [Fact]
    public void Resolve_Addresses_AreEndPointsWithoutRepetition()
        => Assert.Equal(
            [new IPEndPoint(IPAddress.Loopback, 80), new IPEndPoint(IPAddress.IPv6Any, 81)],
            Resolve(new BindAddress.Tcp("127.0.0.1", 80), new BindAddress.Tcp("::", 81), new BindAddress.Tcp("127.0.0.1", 80)));

    [Fact]
    public void Resolve_RelativeUnixPath_IsMadeAbsolute()
        => Assert.Equal(Path.GetFullPath("x.sock"), Assert.IsType<UnixDomainSocketEndPoint>(Assert.Single(Resolve(new BindAddress.Unix("x.sock")))).ToString());

    [Fact]
    public void Resolve_Descriptor_IsAHandle()
        => Assert.Equal(7u, Assert.IsType<FileHandleEndPoint>(Assert.Single(Resolve(new BindAddress.Descriptor(7)))).FileHandle);

    [Fact]
    public void Resolve_NameWithAFreePort_IsOneEndPoint() => Assert.Single(Resolve(new BindAddress.Tcp("localhost", 0)));

    [Fact]
    public void Resolve_UnknownName_IsAFailedStart()
    {
        // Too long for a name: nobody is asked.
        string name = new('x', 64);

        var error = Assert.Throws<StartException>(() => Resolve(new BindAddress.Tcp(name, 80)));

        Assert.StartsWith($"the host name {name} cannot be resolved: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_InheritedSocket_TakesThePlaceOfItsAddress()
    {
        var sockets = new ListenSockets(new InheritedSocket("127.0.0.1:80", 5, IsShared: true, OwnsPath: false));

        EndPoint found = Assert.Single(ListenAddresses.Resolve([new BindAddress.Tcp("127.0.0.1", 80)], sockets));

        Assert.Equal(5u, Assert.IsType<FileHandleEndPoint>(found).FileHandle);
    }

    private static IReadOnlyList<EndPoint> Resolve(params BindAddress[] binds) => ListenAddresses.Resolve(binds, new ListenSockets());
}
