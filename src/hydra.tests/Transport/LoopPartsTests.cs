using Hydra.Transport;
using Xunit;

namespace Hydra.Tests.Transport;

/// <summary>The parts of an event loop, each without the others and without a thread.</summary>
public sealed class LoopPartsTests : IDisposable
{
    private readonly ErrorRecorder _log = new();
    private readonly LoopFaults _faults;

    public LoopPartsTests() => _faults = new LoopFaults(_log);

    public void Dispose() => _log.Dispose();

    [Fact]
    public void Timers_OutOfOrder_RunInTheOrderOfTheirTimesOnceDue()
    {
        var timers = new LoopTimers(_faults);
        var order = new List<int>();
        Assert.True(timers.IsEmpty);
        timers.Add(new Timer(() => order.Add(30)), due: 1030);
        timers.Add(new Timer(() => order.Add(10)), due: 1010);
        timers.Add(new Timer(() => order.Add(20)), due: 1020);
        Assert.Equal(10, timers.TimeLeft(now: 1000));

        timers.RunDue(now: 1009);
        Assert.Empty(order);
        timers.RunDue(now: 1020);
        Assert.Equal([10, 20], order);
        Assert.Equal(0, timers.TimeLeft(now: 2000));
        timers.RunDue(now: 2000);
        Assert.Equal([10, 20, 30], order);
        Assert.True(timers.IsEmpty);
    }

    [Fact]
    public void Timers_OneThrows_TheOthersRun()
    {
        var timers = new LoopTimers(_faults);
        bool ran = false;
        timers.Add(new Timer(() => throw new InvalidOperationException("on purpose")), due: 1);
        timers.Add(new Timer(() => ran = true), due: 2);
        timers.RunDue(now: 2);
        Assert.True(ran);
        Assert.True(_log.Has(1300));
    }

    [Fact]
    public void Faults_OfASource_TellItAndSurviveItsAnswer()
    {
        var source = new Source(1) { Fault = static () => throw new InvalidOperationException("again") };
        _faults.Report(source, new InvalidOperationException("on purpose"));
        Assert.Equal(2, _log.Entries.Count());
    }

    [LinuxFact]
    public Task Posted_WhileTheLoopIsBusy_KeepsItFromSleeping()
    {
        using var posted = new PostedWork(_faults);
        int runs = 0;
        posted.Post(new Job(() => runs++));
        int milliseconds = -1;
        Assert.True(posted.TryPrepareWait(ref milliseconds));
        Assert.Equal(0, milliseconds);
        posted.OnAwake();
        posted.Run();
        posted.Run();
        Assert.Equal(1, runs);

        milliseconds = -1;
        Assert.True(posted.TryPrepareWait(ref milliseconds));
        Assert.Equal(-1, milliseconds);
        return Task.CompletedTask;
    }

    [LinuxFact]
    public Task Posted_ByWhatRuns_WaitsForTheNextBatch()
    {
        using var posted = new PostedWork(_faults);
        var order = new List<string>();
        posted.Post(new Job(() => posted.Post(new Job(() => order.Add("second")))));
        posted.Post(new Job(() => order.Add("first")));
        posted.Run();
        Assert.Equal(["first"], order);
        posted.Run();
        Assert.Equal(["first", "second"], order);
        return Task.CompletedTask;
    }

    [LinuxFact]
    public unsafe Task Posted_WhileTheLoopSleeps_SignalsOnce()
    {
        using var posted = new PostedWork(_faults);
        int epoll = LoopSyscalls.EpollCreate();
        var events = new EpollEvents(1);
        Assert.Equal(0, EpollEvents.Control(epoll, EpollOperation.Add, posted.Descriptor, LoopSyscalls.EpollIn | LoopSyscalls.EpollEdge, 0));
        int milliseconds = -1;
        posted.TryPrepareWait(ref milliseconds);
        posted.Post(new Job(static () => { }));
        Assert.Equal(1, LoopSyscalls.EpollWait(epoll, events.Pointer, 1, 0));
        posted.Post(new Job(static () => { }));
        Assert.Equal(0, LoopSyscalls.EpollWait(epoll, events.Pointer, 1, 0));
        posted.Stop();
        Assert.Equal(1, LoopSyscalls.EpollWait(epoll, events.Pointer, 1, 0));
        Assert.False(posted.TryPrepareWait(ref milliseconds));
        events.Dispose();
        _ = Hydra.Primitives.LibC.Close(epoll);
        return Task.CompletedTask;
    }

    [Fact]
    public void Sources_ReplacedNumber_AreFoundByTheirOwnGenerationOnly()
    {
        var table = new SourceTable(_faults);
        var first = new Source(1000);
        table.Add(first);
        Assert.Same(first, table.Find(1000, first.Generation));
        Assert.Null(table.Find(1000, SourceTable.NoGeneration));
        Assert.Null(table.Find(1_000_000, first.Generation));

        var second = new Source(1000);
        table.Add(second);
        Assert.NotEqual(first.Generation, second.Generation);
        Assert.Null(table.Find(1000, first.Generation));

        // The number is another's by now.
        table.Remove(first);
        Assert.Same(second, table.Find(1000, second.Generation));
        table.Remove(second);
        Assert.Null(table.Find(1000, second.Generation));
    }

    [Fact]
    public void Sources_Successor_GetsTheEventsOfItsPredecessor()
    {
        var table = new SourceTable(_faults);
        var first = new Source(7);
        var second = new Source(7);
        table.Add(first);
        table.Replace(first, second);
        Assert.Equal(first.Generation, second.Generation);
        Assert.Same(second, table.Find(7, first.Generation));
        Assert.Null(table.ConnectionAt(7));
        Assert.Equal(0, table.Visit(0, static _ => true, 1));
    }

    private sealed class Timer(Action action) : ILoopTimer
    {
        public void OnTimer() => action();
    }

    private sealed class Job(Action action) : IThreadPoolWorkItem
    {
        public void Execute() => action();
    }

    private sealed class Source(int descriptor) : ILoopSource
    {
        public Action Fault { get; init; } = static () => { };

        public int Descriptor => descriptor;

        public uint Generation { get; set; }

        public void OnEvents(LoopEvents events)
        {
        }

        public void OnFault(Exception exception) => Fault();
    }
}
