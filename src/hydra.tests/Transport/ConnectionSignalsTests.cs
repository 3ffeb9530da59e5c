using Hydra.Transport;
using Microsoft.AspNetCore.Connections;
using Xunit;

namespace Hydra.Tests.Transport;

/// <summary>The small values that a connection holds: the token of its end, the reason of its abort, how idle it is.</summary>
public class ConnectionSignalsTests
{
    [Fact]
    public void Token_AskedForBeforeTheEnd_IsCancelledByWhatTheEndReturns()
    {
        ClosedSignal signal = default;
        CancellationToken token = signal.Token;
        Assert.Equal(token, signal.Token);
        CancellationTokenSource? source = signal.End();
        Assert.False(token.IsCancellationRequested);
        source!.Cancel();
        Assert.True(token.IsCancellationRequested);
        Assert.Null(signal.End());
    }

    [Fact]
    public void Token_AskedForAfterTheEnd_IsCancelled()
    {
        ClosedSignal signal = default;
        Assert.Null(signal.End());
        Assert.True(signal.Token.IsCancellationRequested);
        Assert.Null(signal.End());
    }

    [Fact]
    public void Token_Replaced_IsTheReplacementAlsoAfterTheEnd()
    {
        ClosedSignal signal = default;
        signal.Token = CancellationToken.None;
        Assert.Null(signal.End());
        Assert.Equal(CancellationToken.None, signal.Token);
    }

    [Fact]
    public void AbortReason_First_Counts()
    {
        AbortReason abort = default;
        Assert.False(abort.IsSet);
        var first = new ConnectionAbortedException("first");
        Assert.True(abort.TrySet(first));
        Assert.False(abort.TrySet(null));
        Assert.Same(first, abort.Error);
        Assert.True(abort.IsSet && abort.IsReset);
    }

    [Fact]
    public void AbortReason_None_IsAnEndInOrder()
    {
        AbortReason abort = default;
        Assert.True(abort.TrySet(null));
        Assert.False(abort.TrySet(new ConnectionAbortedException("late")));
        Assert.True(abort.IsSet);
        Assert.False(abort.IsReset);

        // Exceptions that are thrown must not be shared.
        Assert.NotSame(abort.Error, abort.Error);
    }

    [Fact]
    public void IdleWatch_AnEventBetweenTheLooks_CountsAnew()
    {
        IdleWatch idle = default;
        for (int i = 1; i < IdleWatch.LooksUntilSleep; i++)
        {
            Assert.False(idle.Look());
        }

        idle.OnEvent();
        for (int i = 1; i < IdleWatch.LooksUntilSleep; i++)
        {
            Assert.False(idle.Look());
        }

        Assert.True(idle.Look());
        Assert.False(idle.Look());
    }

    [Theory]
    [InlineData(LoopSyscalls.EpollIn, true, true, false)]
    [InlineData(LoopSyscalls.EpollIn | LoopSyscalls.EpollOut, true, true, false)]
    [InlineData(LoopSyscalls.EpollIn | LoopSyscalls.EpollRdHup, true, true, true)]
    [InlineData(LoopSyscalls.EpollIn | LoopSyscalls.EpollHup, false, true, true)]
    [InlineData(LoopSyscalls.EpollIn | LoopSyscalls.EpollErr, false, true, false)]
    [InlineData(LoopSyscalls.EpollRdHup, false, true, true)]
    [InlineData(LoopSyscalls.EpollOut, false, false, false)]
    public void LoopEvents_Bits_AreToldApart(int bits, bool isInput, bool isReadable, bool isPeerFinished)
    {
        var events = new LoopEvents(bits);
        Assert.Equal((isInput, isReadable, isPeerFinished), (events.IsInput, events.IsReadable, events.IsPeerFinished));
        Assert.Equal((bits & LoopSyscalls.EpollOut) != 0, events.IsWritable);
    }
}
