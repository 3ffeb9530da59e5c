using Hydra.Hosting;
using Hydra.Primitives;
using Hydra.Transport;
using Xunit;

namespace Hydra.Tests.Hosting;

public sealed class StartedAsTests
{
    private static readonly BindAddress Port = new BindAddress.Tcp("127.0.0.1", 8000);

    [Fact]
    public void PassedBySystemd_ToThisProcess_BeginAtThree()
        => Assert.Equal(
            [new InheritedSocket("fd://3", 3, IsShared: true, OwnsPath: false), new InheritedSocket("fd://4", 4, IsShared: true, OwnsPath: false)],
            StartedAs.PassedBySystemd("4711", "2", 4711));

    [Theory]
    [InlineData(null, null)]
    [InlineData("4712", "2")]
    [InlineData("4711", null)]
    [InlineData("4711", "x")]
    [InlineData("", "2")]
    public void PassedBySystemd_ToAnotherProcess_AreNotOurs(string? pid, string? count) => Assert.Empty(StartedAs.PassedBySystemd(pid, count, 4711));

    [Fact]
    public void Binds_SocketsOfAUnit_TakeThePlaceOfAddresses()
        => Assert.Equal([new BindAddress.Descriptor(3), new BindAddress.Descriptor(5)], Started("fd://3", "fd://5").Binds([Port]));

    [Fact]
    public void Binds_DescriptorOnTheCommandLine_CountsMore()
    {
        BindAddress[] wanted = [new BindAddress.Descriptor(4)];

        Assert.Equal(wanted, Started("fd://3").Binds(wanted));
    }

    [Fact]
    public void Binds_SocketsOfAServerBefore_LeaveTheAddresses() => Assert.Equal([Port], Started("127.0.0.1:8000").Binds([Port]));

    private static StartedAs Started(params string[] keys)
        => new([], [], "/") { Sockets = [.. keys.Select(static (key, i) => new InheritedSocket(key, 3 + i, IsShared: true, OwnsPath: false))] };

    [Fact]
    public void Restore_ArgumentThatIsNoText_HasItsBytes()
    {
        var started = new StartedAs([[.. "hydra"u8], [.. "--chdir"u8], [.. "caf"u8, 0xe9], [.. "é"u8]], [[.. "A=caf"u8, 0xe9]], "/");

        Assert.Equal(["--chdir", "caf\udce9", "é"], started.Restore(["--chdir", "caf\ufffd", "é"]));
        Assert.Equal("caf\udce9", started.VariablesByName["A"]);
    }
}
