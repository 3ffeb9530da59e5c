using Hydra.Workers.Links;
using Xunit;

namespace Hydra.Tests.Workers.Links;

public class WorkerWindowTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void TryEnter_NothingKnownOfAWorkerWithThreads_TakesAsManyAsThreads(int threads)
        => Assert.Equal(threads, Fill(new WorkerWindow(threads, limit: 0)));

    [Fact]
    public void TryEnter_NothingKnownOfAnEventLoop_TakesOneUntilItIsTaken()
    {
        var window = new WorkerWindow(threads: 0, limit: 0);
        Assert.Equal(1, Fill(window));

        window.OnTaken(1);

        Assert.Equal(1, Fill(window));
        Assert.Equal(2, window.InFlight);
    }

    [Theory]
    [InlineData(1, 20, 101)]
    [InlineData(1, 500, 5)]
    [InlineData(1, 1_900, 2)]
    [InlineData(1, 10_000, 1)]
    [InlineData(4, 500, 20)]
    [InlineData(0, 20, 101)]
    [InlineData(0, 1, 257)]
    public void TryEnter_RequestsOfAKnownCost_TakesTwoMillisecondsOfThemAhead(int threads, int microseconds, int expected)
        => Assert.InRange(Fill(Measured(threads, microseconds)), expected - 1, expected);

    [Theory]
    [InlineData(10_000, 4)]
    [InlineData(500, 20)]
    public void TryEnter_SeveralLoops_EachTakesOneAndWhatIsAhead(int microseconds, int expected)
    {
        var window = new WorkerWindow(threads: 0, limit: 0, loops: 4);
        for (int i = 0; i < 200; i++)
        {
            window.Report(microseconds * 64, 64);
        }

        Assert.InRange(Fill(window), expected - 1, expected);
    }

    [Fact]
    public void TakesAtOnce_SeveralLoopsWithSlowRequests_IsFalse()
    {
        var window = new WorkerWindow(threads: 0, limit: 0, loops: 4);
        window.Report(100 * 50_000, 100);

        Assert.False(window.TakesAtOnce);
    }

    [Fact]
    public void Report_FewSlowAmongManyQuick_TakesNoneAhead()
    {
        var window = new WorkerWindow(threads: 1, limit: 0);
        for (int i = 0; i < 50; i++)
        {
            window.Report(19 * 100, 19);
            window.Report(200_000, 1);
        }

        Assert.Equal(1, Fill(window));
    }

    [Fact]
    public void Report_OneSlowAmongAThousandQuick_IsRemembered()
    {
        WorkerWindow window = Measured(1, 50);
        window.Report(200_000, 1);
        window.Report(500 * 50, 500);

        Assert.InRange(Fill(window), 2, 12);
    }

    [Fact]
    public void Report_SlowBeginning_IsForgotten()
    {
        var window = new WorkerWindow(threads: 1, limit: 0);
        window.Report(2_000_000, 1);
        for (int i = 0; i < 200; i++)
        {
            window.Report(64 * 20, 64);
        }

        Assert.InRange(Fill(window), 95, 101);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void TryEnter_Limit_IsNeverExceeded(int threads)
    {
        var window = new WorkerWindow(threads, limit: 3);
        window.Report(1, 10_000);

        Assert.Equal(3, Fill(window));
        window.OnTaken(3);
        Assert.False(window.TryEnter());
        window.Leave();
        Assert.True(window.TryEnter());
    }

    [Fact]
    public void Withdraw_AfterTryEnter_IsAsBefore()
    {
        var window = new WorkerWindow(threads: 0, limit: 0);
        Assert.True(window.TryEnter());
        window.Withdraw();

        Assert.Equal(0, window.InFlight);
        Assert.Equal(0, window.Untaken);
        Assert.True(window.HasRoom);
    }

    [Fact]
    public void TryEnter_ManyThreads_NeverExceedTheWindow()
    {
        var window = new WorkerWindow(threads: 1, limit: 11);
        window.Report(1, 10_000);
        int entered = 0;
        Parallel.For(0, 1000, _ =>
        {
            if (window.TryEnter())
            {
                Interlocked.Increment(ref entered);
            }
        });

        Assert.Equal(11, entered);
        Assert.Equal(11, window.InFlight);
    }

    private static WorkerWindow Measured(int threads, int microseconds)
    {
        var window = new WorkerWindow(threads, limit: 0);
        for (int i = 0; i < 100; i++)
        {
            window.Report(100.0 * microseconds, 100);
        }

        return window;
    }

    private static int Fill(WorkerWindow window)
    {
        int entered = 0;
        while (window.TryEnter())
        {
            entered++;
        }

        return entered;
    }

    [Fact]
    public void BecomeSession_EventLoopWithALimit_IsNotAmongThoseThatAreLimited()
    {
        var window = new WorkerWindow(threads: 0, limit: 2);
        Assert.True(window.TryEnter());
        window.OnTaken(1);
        window.BecomeSession();

        Assert.True(window.TryEnter());
        window.OnTaken(1);
        Assert.True(window.TryEnter());
        window.OnTaken(1);
        Assert.False(window.TryEnter());
        Assert.Equal((2, 1), (window.InFlight, window.Sessions));
    }

    [Fact]
    public void OnHeld_WorkerWithThreads_ThoseThreadsAreMissing()
    {
        var window = new WorkerWindow(threads: 2, limit: 0);
        window.OnHeld(1);
        Assert.Equal(1, Fill(window));
        window.Leave();

        window.OnHeld(2);
        Assert.False(window.TakesAtOnce);
        Assert.Equal(0, Fill(window));

        window.OnHeld(0);
        Assert.Equal(2, Fill(window));
    }

    [Fact]
    public void OnCapacity_MoreThreads_TakesAsManyAndFewerWhenThereAreFewer()
    {
        var window = new WorkerWindow(1, 0);
        Assert.True(window.TryEnter());
        Assert.False(window.HasRoom);

        window.OnCapacity(3);
        Assert.True(window.TakesAtOnce);
        Assert.True(window.TryEnter() && window.TryEnter());
        Assert.False(window.TryEnter());

        window.OnCapacity(1);
        window.Leave();
        window.Leave();
        Assert.False(window.HasRoom);
        window.Leave();
        Assert.True(window.HasRoom);
        Assert.Equal(3, window.MostThreads);
    }

    [Fact]
    public void OnCapacity_EventLoop_ChangesNothing()
    {
        var window = new WorkerWindow(0, 0);
        window.OnCapacity(8);
        Assert.Equal((0, false), (window.MostThreads, window.CountsThreads));
    }

    [Fact]
    public void OnHeld_EventLoop_HasNone()
    {
        var window = new WorkerWindow(threads: 0, limit: 0);
        window.OnHeld(3);

        Assert.Equal((0, true), (window.Held, window.HasRoom));
    }

    [Fact]
    public void BecomeSession_WorkerWithThreads_ItsThreadIsMissing()
    {
        var window = new WorkerWindow(threads: 2, limit: 2);
        Assert.True(window.TryEnter());
        window.BecomeSession();

        Assert.True(window.TryEnter());
        Assert.False(window.HasRoom);
        Assert.False(window.TryEnter());
        window.LeaveSession();
        Assert.True(window.TryEnter());
    }
}
