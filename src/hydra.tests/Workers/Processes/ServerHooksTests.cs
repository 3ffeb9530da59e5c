using System.Collections.Concurrent;
using Hydra.Protocol;
using Hydra.Workers.Links;
using Hydra.Workers.Processes;
using Xunit;

namespace Hydra.Tests.Workers.Processes;

public sealed class ServerHooksTests : IWorkerLogSink
{
    private readonly BlockingCollection<FakeProcess> _started = [];

    [Fact]
    public async Task Call_WithoutFunctions_StartsNothing()
    {
        using ServerHooks hooks = Create(starting: "", TimeProvider.System);

        Assert.Null(await hooks.CallAsync(ServerHooks.Starting));
        Assert.Empty(_started);
    }

    [Fact]
    public async Task Call_WhileOneIsAtWorkAndOneWaits_IsOneWithThatWhichWaits()
    {
        using ServerHooks hooks = Create("hooks:a", TimeProvider.System);
        Task<WorkerFailure?> first = hooks.CallAsync(ServerHooks.Reload);
        FakeProcess process = _started.Take();
        Task<WorkerFailure?>[] later = [hooks.CallAsync(ServerHooks.Reload), hooks.CallAsync(ServerHooks.Reload)];
        Assert.Empty(_started);
        process.End(0);
        Assert.Null(await first);
        _started.Take().End(1);

        foreach (WorkerFailure? failure in await Task.WhenAll(later))
        {
            Assert.Equal("--on-reload hooks:r has failed: its process (pid 7) exited with code 1", failure!.Message);
            Assert.Equal(StartFailure.HookFailed, failure.Reason);
        }

        Assert.Empty(_started);
    }

    [Fact]
    public async Task Process_OfAnEvent_IsToldItsName()
    {
        using ServerHooks hooks = Create("hooks:a", TimeProvider.System);
        foreach (string name in new[] { ServerHooks.Starting, ServerHooks.Check, ServerHooks.Reload })
        {
            Task<WorkerFailure?> call = hooks.CallAsync(name);
            FakeProcess process = _started.Take();
            Assert.Equal((name, "/app"), (process.Document!.Event, process.Document.AppDir));
            process.End(0);
            Assert.Null(await call);
        }
    }

    [Fact]
    public async Task Process_ThatHangs_IsKilled()
    {
        using ServerHooks hooks = Create("hooks:a", new TimeThatIsOver());

        Assert.Contains("took longer than --start-timeout, 2 s", (await hooks.CallAsync(ServerHooks.Starting))!.Message, StringComparison.Ordinal);
        Assert.Equal(FakeProcess.Killed, await _started.Take().Exit);
    }

    [Fact]
    public async Task Process_ThatCannotBeStarted_IsAFailure()
    {
        using var hooks = new ServerHooks(() => throw new WorkerStartException("there is no Python"), Document("hooks:a"), TimeSpan.Zero, this, TimeProvider.System);

        Assert.Equal("--on-starting hooks:a cannot be called: there is no Python", (await hooks.CallAsync(ServerHooks.Starting))!.Message);
    }

    [Fact]
    public async Task Dispose_WhileAProcessRuns_KillsIt()
    {
        using ServerHooks hooks = Create("hooks:a", TimeProvider.System);
        Task<WorkerFailure?> call = hooks.CallAsync(ServerHooks.Starting);
        FakeProcess process = _started.Take();
        hooks.Dispose();

        Assert.Equal(FakeProcess.Killed, await process.Exit);
        Assert.Contains("the server stops", (await call)!.Message, StringComparison.Ordinal);
    }

    void IWorkerLogSink.Write(int worker, int pid, WireLogLevel level, DateTimeOffset created, string logger, string message)
    {
        // Not looked at.
    }

    void IWorkerLogSink.WriteLine(int worker, int pid, string line, bool isError)
    {
        // Not looked at.
    }

    private static BootDocument Document(string starting) => new()
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
        StartingHooks = starting,
        ReloadHooks = "hooks:r",
    };

    private ServerHooks Create(string starting, TimeProvider time)
    {
        var command = new WorkerCommand { Program = "python3", Arguments = [], WorkingDirectory = "/", AppDirectory = "/app" };
        return new ServerHooks(() => Task.FromResult(new StartedProcess(new FakeProcess(_started), command)), Document(starting), TimeSpan.FromSeconds(2), this, time);
    }

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
