using System.Net.Sockets;
using Hydra.Transport;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hydra.Tests.Transport;

/// <summary>The event loop by itself.</summary>
public sealed class EventLoopTests : IDisposable
{
    private readonly ErrorRecorder _log = new();
    private readonly EventLoop? _loop;

    public EventLoopTests()
    {
        if (OperatingSystem.IsLinux())
        {
            _loop = new EventLoop(3, _log);
            _loop.Start();
        }
    }

    public void Dispose()
    {
        _loop?.Dispose();
        _log.Dispose();
    }

    [LinuxFact]
    public async Task Post_FromManyThreads_RunsEachOnTheLoopAndInOrder()
    {
        const int threads = 8;
        const int each = 5000;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int[] last = new int[threads];
        int count = 0;
        bool wrong = false;

        await Task.WhenAll(Enumerable.Range(0, threads).Select(thread => Task.Run(() =>
        {
            for (int i = 1; i <= each; i++)
            {
                int number = i;
                _loop!.Post(new Job(() =>
                {
                    wrong |= !_loop.IsCurrent || EventLoop.Current != _loop || last[thread] != number - 1;
                    last[thread] = number;
                    if (++count == threads * each)
                    {
                        done.SetResult();
                    }
                }));
            }
        })));

        await done.Task;
        Assert.False(wrong);
    }

    [LinuxFact]
    public async Task Post_FromTheLoop_RunsLaterAndNotInside()
    {
        var order = new List<string>();
        await RunAsync(() =>
        {
            _loop!.Post(new Job(() => order.Add("posted")));
            order.Add("poster");
        });
        await RunAsync(() => { });

        Assert.Equal(["poster", "posted"], order);
    }

    [LinuxFact]
    public async Task Callback_Throws_LoopGoesOnAndSaysSo()
    {
        _loop!.Post(new Job(() => throw new InvalidOperationException("on purpose")));

        await RunAsync(() => { });

        Assert.True(_log.Has(1300));
    }

    [LinuxFact]
    public async Task TickEnd_RegisteredTwiceInATick_RunsOnceEachAfterAllPosted()
    {
        var order = new List<string>();
        await RunAsync(() =>
        {
            _loop!.AtTickEnd(new TickJob(() => order.Add("end")));
            order.Add("work");
        });
        await RunAsync(() => order.Add("next"));

        Assert.Equal(["work", "end", "next"], order);
    }

    [LinuxFact]
    public async Task After_SeveralDelays_RunInTheOrderOfTheirTimesAndNotEarly()
    {
        var order = new List<int>();
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        long start = Environment.TickCount64;
        long end = 0;
        await RunAsync(() =>
        {
            _loop!.After(TimeSpan.FromMilliseconds(60), new TimerJob(() =>
            {
                order.Add(60);
                end = Environment.TickCount64;
                done.SetResult();
            }));
            _loop.After(TimeSpan.FromMilliseconds(1), new TimerJob(() => order.Add(1)));
            _loop.After(TimeSpan.FromMilliseconds(30), new TimerJob(() => order.Add(30)));
        });

        await done.Task;

        Assert.Equal([1, 30, 60], order);
        Assert.True(end - start >= 60);
    }

    [LinuxFact]
    public async Task Stop_EndsTheThread_AndLaterPostsDoNothing()
    {
        using var loop = new EventLoop(0, _log);
        loop.Start();
        var ran = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(new Job(ran.SetResult));
        await ran.Task;

        loop.Dispose();
        bool late = false;
        loop.Post(new Job(() => late = true));

        Assert.False(late);
    }

    [LinuxFact]
    public async Task Event_OfADescriptorThatWasReplaced_ReachesNobody()
    {
        // Two sources are ready in the same tick; the first closes the second, whose number a third takes over at once.
        (Socket a, Socket b) = LinkPair.Create();
        (Socket c, Socket d) = LinkPair.Create();
        var first = new Source(a);
        var second = new Source(c);
        Source? third = null;
        first.Handle = _ =>
        {
            first.Handle = null;
            _loop!.Forget(second);
            third = new Source(c);
            second.Handle = _ => second.Events = -1;
        };
        using var blocker = new Blocker();
        _loop!.Post(blocker);
        Assert.Equal(0, _loop.TryRegister(first));
        Assert.Equal(0, _loop.TryRegister(second));
        blocker.Release();

        await Until.True(() => third is not null, "the first source was called");
        await RunAsync(() => { });

        Assert.NotEqual(-1, second.Events);
        foreach (Socket socket in (Socket[])[a, b, c, d])
        {
            socket.Dispose();
        }
    }

    private async Task RunAsync(Action action)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop!.Post(new Job(() =>
        {
            action();
            done.SetResult();
        }));
        await done.Task;
    }

    private sealed class Job(Action action) : IThreadPoolWorkItem
    {
        public void Execute() => action();
    }

    private sealed class TickJob(Action action) : ITickWork
    {
        public void OnTickEnd() => action();
    }

    private sealed class TimerJob(Action action) : ILoopTimer
    {
        public void OnTimer() => action();
    }

    private sealed class Source(Socket socket) : ILoopSource
    {
        public Action<int>? Handle { get; set; }

        public int Events { get; set; }

        public int Descriptor => (int)socket.SafeHandle.DangerousGetHandle();

        public uint Generation { get; set; }

        public void OnEvents(LoopEvents events)
        {
            Events |= events.Bits;
            Handle?.Invoke(events.Bits);
        }

        public void OnFault(Exception exception)
        {
        }
    }
}
