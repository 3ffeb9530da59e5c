using System.Collections.Concurrent;
using Hydra.Protocol;
using Hydra.Workers.Processes;
using Xunit;

namespace Hydra.Tests.Workers.Processes;

public sealed class ExitHookTests : IWorkerLogSink
{
    private static readonly EndedWorker First = new(101, 0, 0);
    private static readonly EndedWorker Second = new(102, 1, 137);
    private static readonly EndedWorker Third = new(103, 0, 3);

    private readonly BlockingCollection<FakeProcess> _started = [];
    private readonly RecordingLogger _log = new();

    [Fact]
    public async Task Add_WhileAProcessRuns_IsLeftToTheNextTogether()
    {
        using ExitHook hook = Create(TimeProvider.System);
        hook.Add(First);
        FakeProcess process = _started.Take();
        hook.Add(Second);
        hook.Add(Third);
        process.End(0);
        FakeProcess next = _started.Take();
        next.End(0);
        await hook.Done;

        Assert.Equal("101,0,0", process.Document!.Ended);
        Assert.Equal(OperatingSystem.IsWindows() ? "102,1,137 103,0,3" : "102,1,-9 103,0,3", next.Document!.Ended);
        Assert.Empty(_started);
        Assert.Empty(_log.Records);
    }

    [Fact]
    public async Task Add_AfterAllIsDone_StartsAnother()
    {
        using ExitHook hook = Create(TimeProvider.System);
        foreach (EndedWorker worker in new[] { First, Third })
        {
            hook.Add(worker);
            _started.Take().End(0);
            await hook.Done;
        }

        Assert.Empty(_log.Records);
    }

    [Fact]
    public async Task Process_ThatHangs_IsKilledAndTheNextIsStarted()
    {
        using ExitHook hook = Create(new TimeThatIsOver());
        hook.Add(First);
        Assert.Equal(FakeProcess.Killed, await _started.Take().Exit);
        await hook.Done;
        hook.Add(Third);
        Assert.Equal(FakeProcess.Killed, await _started.Take().Exit);
        await hook.Done;

        Assert.All(_log.Records, static record => Assert.Contains("longer than 10 s", record.Text, StringComparison.Ordinal));
        Assert.Equal(2, _log.Records.Count);
    }

    [Fact]
    public async Task Process_ThatCannotBeStarted_IsInTheLog()
    {
        using var hook = new ExitHook(_ => throw new WorkerStartException("there is no Python"), Document(), this, _log, TimeProvider.System);
        hook.Add(First);
        await hook.Done;

        Assert.Contains("there is no Python", Assert.Single(_log.Records).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dispose_WhileAProcessRuns_KillsItAndStartsNoOther()
    {
        using ExitHook hook = Create(TimeProvider.System);
        hook.Add(First);
        FakeProcess process = _started.Take();
        hook.Add(Second);
        hook.Dispose();

        Assert.Equal(FakeProcess.Killed, await process.Exit);
        await hook.Done;
        Assert.Empty(_started);
    }

    void IWorkerLogSink.Write(int worker, int pid, WireLogLevel level, DateTimeOffset created, string logger, string message)
    {
        // Not looked at.
    }

    void IWorkerLogSink.WriteLine(int worker, int pid, string line, bool isError)
    {
        // Not looked at.
    }

    private static BootDocument Document() => new()
    {
        Address = "unix:s",
        Token = "t",
        Worker = 0,
        App = "main:app",
        Factory = false,
        AppDir = "",
        Interface = "auto",
        Loop = "auto",
        Lifespan = "auto",
        Threads = 1,
        DataLinks = 1,
        LogLevel = "info",
        GraceMilliseconds = 0,
        Interruptible = false,
        Version = "",
        ExitHook = "hooks:ended",
    };

    private ExitHook Create(TimeProvider time)
        => new(
            _ =>
            {
                var process = new FakeProcess(_started);
                return Task.FromResult<IWorkerProcess>(process);
            },
            Document(),
            this,
            _log,
            time);

    /// <summary>A process that the test ends.</summary>
    private sealed class FakeProcess(BlockingCollection<FakeProcess> started) : IWorkerProcess
    {
        public const int Killed = 137;

        private readonly TaskCompletionSource<int> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public BootDocument? Document { get; private set; }

        public Task<int> Exit => _exit.Task;

        public Task Orphaned { get; } = new TaskCompletionSource().Task;

        public int Id => 7;

        public long Resident => 0;

        public void Boot(BootDocument document)
        {
            Document = document;
            started.Add(this);
        }

        public Task<int> WaitAsync(Action<string, bool> line) => _exit.Task;

        public void End(int code) => _exit.TrySetResult(code);

        public void Kill() => End(Killed);
    }

    /// <summary>A clock on which each time to wait is over at once.</summary>
    private sealed class TimeThatIsOver : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
            => base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
