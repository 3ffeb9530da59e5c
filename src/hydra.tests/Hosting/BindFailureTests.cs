using System.Net.Sockets;
using Hydra.Hosting;
using Hydra.Primitives;
using Hydra.Tests.Workers;
using Microsoft.AspNetCore.Connections;
using Xunit;

namespace Hydra.Tests.Hosting;

public sealed class BindFailureTests
{
    private static readonly BindAddress Port = new BindAddress.Tcp("10.0.0.1", 80);
    private static readonly BindAddress Unix = new BindAddress.Unix("/none/x.sock");

    [Fact]
    public void Describe_AddressInUse_IsSaidWhereverItIsInTheError()
    {
        const string Expected = "cannot listen on 10.0.0.1:80: the address is already in use by another program";

        Assert.Equal(Expected, BindFailure.Describe([Port], new AddressInUseException("x")));
        Assert.Equal(Expected, BindFailure.Describe([Port], new IOException("x", new AddressInUseException("x"))));
        Assert.Equal(Expected, BindFailure.Describe([Port], new IOException("x", new SocketException((int)SocketError.AddressAlreadyInUse))));
    }

    [Theory]
    [InlineData(SocketError.AccessDenied, "permission denied (ports below 1024 need a privilege)")]
    [InlineData(SocketError.AddressNotAvailable, "this machine has no such address")]
    public void Describe_TcpAddress_SaysWhy(SocketError error, string expected)
        => Assert.Equal($"cannot listen on 10.0.0.1:80: {expected}", BindFailure.Describe([Port], new SocketException((int)error)));

    [Theory]
    [InlineData(SocketError.AccessDenied, "permission denied")]
    [InlineData(SocketError.AddressNotAvailable, "there is no such directory")]
    [InlineData(SocketError.AddressAlreadyInUse, "the address is already in use by another program")]
    public void Describe_UnixSocket_SaysWhy(SocketError error, string expected)
        => Assert.Equal($"cannot listen on unix:/none/x.sock: {expected}", BindFailure.Describe([Unix], new SocketException((int)error)));

    [PosixFact]
    public void Describe_UnixSocketWhereAFileIs_SaysSo()
    {
        using var directory = new TemporaryDirectory();
        string path = directory.File("x.sock");

        Assert.Equal(
            $"cannot listen on unix:{path}: {path} exists and is no socket",
            BindFailure.Describe([new BindAddress.Unix(path)], new SocketException((int)SocketError.AddressAlreadyInUse)));
    }

    [PosixFact]
    public void Describe_UnixSocketWhereADirectoryIs_SaysSo()
    {
        using var directory = new TemporaryDirectory();

        Assert.Equal(
            $"cannot listen on unix:{directory.Path}: {directory.Path} is a directory",
            BindFailure.Describe([new BindAddress.Unix(directory.Path)], new SocketException((int)SocketError.AddressAlreadyInUse)));
    }

    [Fact]
    public void Describe_SomethingElse_IsTheErrorsOwnMessageBehindAllAddresses()
        => Assert.Equal("cannot listen on 10.0.0.1:80, fd://3: no reason", BindFailure.Describe([Port, new BindAddress.Descriptor(3)], new IOException("no reason")));
}
