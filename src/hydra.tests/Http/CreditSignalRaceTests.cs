using Hydra.Http;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>Threads that meet in a <see cref="CreditSignal"/>: no credit is lost, and a waiter is woken once.</summary>
public sealed class CreditSignalRaceTests
{
    [ThreadStatic]
    private static bool _isWaking;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Set_WhileTheOtherSideBeginsToWait_IsNeverMissed(bool isAsynchronous)
    {
        const int Rounds = 20_000;
        var signal = new CreditSignal { RunContinuationsAsynchronously = isAsynchronous };
        signal.Reset();
        int granted = 0;
        int taken = 0;
        Task<bool> giver = Task.Run(async () =>
        {
            for (int i = 1; i <= Rounds; i++)
            {
                Volatile.Write(ref granted, i);
                signal.Set();
                while (Volatile.Read(ref taken) < i)
                {
                    await Task.Yield();
                }
            }

            return true;
        });
        Task<bool> taker = Task.Run(async () =>
        {
            while (taken < Rounds && await signal.WaitAsync())
            {
                // As the sender of a body does it: the credit is used up before the signal is cleared.
                signal.Clear();
                Volatile.Write(ref taken, Volatile.Read(ref granted));
            }

            return taken == Rounds;
        });

        Assert.True(await taker.WithinLimitAsync("credit that was granted"));
        Assert.True(await giver.WithinLimitAsync("the credit to be taken"));
    }

    [Fact]
    public async Task SetAndStop_FromManyThreadsAtOnce_WakeTheWaiterOnce()
    {
        // A second completion of the same wait would throw.
        const int Rounds = 5000;
        const int Wakers = 3;
        var signal = new CreditSignal { RunContinuationsAsynchronously = true };
        using var meeting = new Barrier(Wakers + 1);
        Task[] wakers = [.. Enumerable.Range(0, Wakers).Select(i => OnThread(() =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                Meet(meeting);
                if (i == 0)
                {
                    signal.Stop();
                }
                else
                {
                    signal.Set();
                }

                Meet(meeting);
            }
        }))];
        Task waiter = OnThread(() =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                signal.Reset();
                Task<bool> woken = signal.WaitAsync().AsTask();
                Meet(meeting);
                Meet(meeting);
                Assert.True(woken.Wait(Eventually.Limit), $"round {round}: nobody woke the waiter");
                Assert.False(signal.WaitAsync().AsTask().Result);
            }
        });

        await Task.WhenAll([waiter, .. wakers]);
    }

    [Fact]
    public async Task Reset_AfterStop_LetsTheNextRequestWait()
    {
        var signal = new CreditSignal();
        signal.Reset();
        signal.Set();
        signal.Stop();
        signal.Reset();
        ValueTask<bool> wait = signal.WaitAsync();
        Assert.False(wait.IsCompleted);
        signal.Set();

        Assert.True(await wait);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Set_WithAWaiter_RunsItInsideTheCallOrInTheThreadPool(bool isAsynchronous)
    {
        var signal = new CreditSignal { RunContinuationsAsynchronously = isAsynchronous };
        signal.Reset();
        Task<bool> waiter = WaitAsync(signal);
        _isWaking = true;
        signal.Set();
        _isWaking = false;

        Assert.Equal(!isAsynchronous, await waiter.WithinLimitAsync("the waiter to wake"));

        static async Task<bool> WaitAsync(CreditSignal signal)
        {
            await signal.WaitAsync().ConfigureAwait(false);
            return _isWaking;
        }
    }

    private static Task OnThread(Action action)
        => Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    // One that has failed does not come.
    private static void Meet(Barrier meeting) => Assert.True(meeting.SignalAndWait(Eventually.Limit), "another thread has failed");
}
