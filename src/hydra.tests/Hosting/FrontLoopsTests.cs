using Hydra.Configuration;
using Hydra.Hosting;
using Hydra.Transport;
using Xunit;

namespace Hydra.Tests.Hosting;

public sealed class FrontLoopsTests
{
    [Fact]
    public void Count_SocketsOfDotNet_IsOneWhateverIsAskedFor()
    {
        FrontLoops loops = Loops(new TuningOptions { Transport = TransportKind.Sockets, Loops = 4 });

        Assert.False(loops.AreUsed);
        Assert.Equal(1, loops.Count);
    }

    [LinuxFact]
    public void Count_OwnLoops_IsWhatIsAskedFor()
    {
        FrontLoops loops = Loops(new TuningOptions { Loops = 4 });

        Assert.True(loops.AreUsed);
        Assert.Equal(4, loops.Count);
    }

    private static FrontLoops Loops(TuningOptions tuning) => new(new ServerOptions { Tuning = tuning }, new ListenSockets());
}
