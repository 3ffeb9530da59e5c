using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Hydra.Hosting;
using Hydra.Tests.Workers;
using Xunit;

namespace Hydra.Tests.Hosting;

/// <summary>What systemd hears: sd_notify(3).</summary>
public sealed class ServiceNotifierTests
{
    [PosixFact]
    public void Messages_ToAPath_ArriveOneByOne()
    {
        using var directory = new TemporaryDirectory();
        using Socket listener = Listen(directory.At("notify"));
        var notifier = new ServiceNotifier(directory.At("notify"));

        notifier.Ready();
        notifier.Reloading(TimeSpan.FromSeconds(1.5));
        notifier.Alive();
        notifier.Failed("there is no module\n  shop");
        notifier.Stopping();
        notifier.Succeeded(4711);

        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"READY=1\nMAINPID={Environment.ProcessId}"), Receive(listener));
        Assert.Equal("RELOADING=1\nMONOTONIC_USEC=1500000", Receive(listener));
        Assert.Equal("WATCHDOG=1", Receive(listener));
        Assert.Equal("STATUS=there is no module shop", Receive(listener));
        Assert.Equal("STOPPING=1", Receive(listener));
        Assert.Equal("MAINPID=4711", Receive(listener));
    }

    [LinuxFact]
    public void Messages_ToAnAbstractName_Arrive()
    {
        string name = $"hydra-test-{Guid.NewGuid():n}";
        using Socket listener = Listen("\0" + name);

        new ServiceNotifier("@" + name).Stopping();

        Assert.Equal("STOPPING=1", Receive(listener));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("relative")]
    [InlineData("/nobody/listens/here")]
    public void Messages_NobodyListens_AreNoError(string? address) => new ServiceNotifier(address).Ready();

    private static Socket Listen(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 10_000 };
        socket.Bind(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    private static string Receive(Socket socket)
    {
        byte[] buffer = new byte[256];
        return Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer));
    }
}
