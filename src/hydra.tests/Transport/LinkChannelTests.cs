using Hydra.Transport;
using Xunit;

namespace Hydra.Tests.Transport;

/// <summary>Who has much to send to a worker waits while enough of it waits to be sent.</summary>
public sealed class LinkChannelTests
{
    [Fact]
    public void AwaitsRoom_LittleWaits_IsFalse()
    {
        var channel = new Channel();
        var waiter = new Waiter();
        channel.Output.Write(new byte[(1024 * 1024) - 1]);

        Assert.False(channel.AwaitsRoom(waiter));
        channel.Take();
        Assert.Equal(0, waiter.Told);
    }

    [Fact]
    public void AwaitsRoom_EnoughWaits_TellsAllOnceWhenItIsTaken()
    {
        var channel = new Channel();
        Waiter[] waiters = [new(), new()];
        channel.Output.Write(new byte[1024 * 1024]);
        Assert.All(waiters, waiter => Assert.True(channel.AwaitsRoom(waiter)));
        Assert.All(waiters, static waiter => Assert.Equal(0, waiter.Told));

        channel.Take();
        channel.Take();
        Assert.All(waiters, static waiter => Assert.Equal(1, waiter.Told));
        Assert.False(channel.AwaitsRoom(waiters[0]));
    }

    private sealed class Waiter : IOutputWaiter
    {
        public int Told { get; private set; }

        public void OnRoom() => Told++;
    }

    private sealed class Channel : LinkChannel
    {
        public void Take()
        {
            Output.Clear();
            TellRoom();
        }

        public override void Start(ILinkSink sink)
        {
        }

        public override void FlushSoon()
        {
        }

        public override void Close()
        {
        }
    }
}
