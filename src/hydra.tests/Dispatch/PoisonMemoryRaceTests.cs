using Hydra.Dispatch;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Dispatch;

/// <summary>What happens while the end of a worker is not known yet, and what many threads may do at once.</summary>
public sealed class PoisonMemoryRaceTests
{
    private const ulong Request = 7;
    private const int Segmentation = 128 + 11;

    private readonly DelayTime _time = new();
    private readonly PoisonMemory _memory;

    public PoisonMemoryRaceTests() => _memory = new PoisonMemory(_time);

    [Fact]
    public async Task OnDeath_WorkerThatDoesNotEnd_IsNotHeldAgainstTheRequest()
    {
        Task<Verdict> verdict = DieAsync(Request, new TaskCompletionSource<int>().Task);
        Assert.False(verdict.IsCompleted);
        _time.PassAllDelays();

        Assert.Equal(Verdict.Free, await verdict.WithinLimitAsync("the verdict"));
        Assert.True(_memory.IsEmpty);
    }

    [Fact]
    public async Task OnDeath_ManyRequestsOnManyThreads_ConvictsThoseThatKilledTwo()
    {
        await Task.WhenAll(Enumerable.Range(0, 400).Select(i => Task.Run(async () =>
        {
            ulong request = (ulong)i;
            await DieAsync(request, Task.FromResult(Segmentation));
            if (i % 2 == 0)
            {
                await DieAsync(request, Task.FromResult(Segmentation), isKept: true);
            }
            else
            {
                _memory.OnAnswered(request);
            }
        })));

        Assert.All(Enumerable.Range(0, 400), i => Assert.Equal(i % 2 == 0 ? Verdict.Convicted : Verdict.Free, _memory.Judge((ulong)i)));
        Assert.All(Enumerable.Range(0, 400), i => _memory.OnAnswered((ulong)i));
        Assert.True(_memory.IsEmpty);
    }

    private Task<Verdict> DieAsync(ulong request, Task<int> exit, bool isKept = false)
        => _memory.OnDeathAsync(request, new WorkerDeath(new object(), WasAlone: isKept, WasKept: isKept, exit)).AsTask();

    // A clock that stands still, and whose delays end when the test says so.
    private sealed class DelayTime : TimeProvider
    {
        private readonly List<Delay> _delays = [];

        public override long GetTimestamp() => 1;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var delay = new Delay(() => callback(state));
            lock (_delays)
            {
                _delays.Add(delay);
            }

            return delay;
        }

        public void PassAllDelays()
        {
            lock (_delays)
            {
                _delays.ForEach(delay => delay.End());
            }
        }

        private sealed class Delay(Action callback) : ITimer
        {
            private volatile bool _isDisposed;

            public void End()
            {
                if (!_isDisposed)
                {
                    callback();
                }
            }

            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose() => _isDisposed = true;

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}
