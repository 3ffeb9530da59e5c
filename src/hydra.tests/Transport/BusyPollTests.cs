using Hydra.Transport;
using Xunit;

namespace Hydra.Tests.Transport;

/// <summary>When a loop looks again instead of going to sleep.</summary>
public sealed class BusyPollTests
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    [Fact]
    public void GoesOn_BeforeAnyEvent_IsFalse() => Assert.False(new BusyPoll(Long).GoesOn);

    [Theory]
    [InlineData(1, true)]
    [InlineData(BusyPoll.Few, true)]
    [InlineData(BusyPoll.Few + 1, false)]
    public void GoesOn_AfterATick_WhereItsEventsWereFew(int events, bool expected)
    {
        var poll = new BusyPoll(Long);

        poll.OnEvents(1);
        poll.OnEvents(events);

        Assert.Equal(expected, poll.GoesOn);
    }

    [Fact]
    public void GoesOn_WhileNothingComes_StaysAsItWas()
    {
        var poll = new BusyPoll(Long);

        poll.OnEvents(1);
        poll.OnEvents(0);

        Assert.True(poll.GoesOn);
    }

    [Fact]
    public void GoesOn_WhenTheTimeIsOver_IsFalse()
    {
        var poll = new BusyPoll(TimeSpan.FromTicks(1));

        poll.OnEvents(1);
        while (poll.GoesOn)
        {
        }

        Assert.False(poll.GoesOn);
    }

    [Fact]
    public void GoesOn_WhereItIsOff_IsNeverTrue()
    {
        var poll = new BusyPoll(TimeSpan.Zero);

        poll.OnEvents(1);

        Assert.False(poll.GoesOn);
    }

    [LinuxFact]
    public async Task Loop_AfterAnEvent_TurnsAlthoughNothingComes()
    {
        await using LoopHost host = await LoopHost.StartHelloAsync(new TransportOptions { Loops = 1, BusyPoll = Long });
        EventLoop loop = host.Group.Loops[0];
        RawClient client = host.Connect();

        // An event for certain, which work from other threads is none of while the loop is awake.
        await client.SendAsync(RawClient.Get);
        Assert.Equal("Hello", await client.ReadResponseAsync());
        long before = loop.Ticks;
        await Until.True(() => loop.Ticks > before + 1000, "the loop turned a thousand times");

        // What other threads bring is found without waking it.
        await RunAsync(loop);
    }

    private static async Task RunAsync(EventLoop loop)
    {
        var ran = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(new Job(ran.SetResult));
        await ran.Task;
    }

    private sealed class Job(Action action) : IThreadPoolWorkItem
    {
        public void Execute() => action();
    }
}
