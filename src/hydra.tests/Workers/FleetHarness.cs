using System.Buffers;
using System.Net.Sockets;
using Hydra.Protocol;
using Hydra.Tests.Transport;
using Hydra.Workers;
using Xunit;

namespace Hydra.Tests.Workers;

/// <summary>A fleet without processes: the test plays the workers and moves the clock.</summary>
internal sealed class FleetHarness : IFleetActions, IWorkerPool, IQueueFigures, IWorkerEvents, IWorkerLogSink, IDisposable
{
    public static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(30);

    private readonly Clock _clock = new();
    private readonly Dictionary<Worker, FakeChannel> _channels = [];
    private readonly List<Socket> _sockets = [];

    public FleetHarness(int workers = 1, int? maximum = null, RecycleOptions? recycle = null)
    {
        var options = new SupervisorOptions
        {
            Scale = new ScaleOptions { Minimum = workers, Maximum = maximum ?? workers },
            MostWorkers = 4,
            Recycle = recycle ?? new RecycleOptions(),
            DrainTimeout = DrainTimeout,
            DataLinks = 1,
            DataChannel = (_, _) => throw new InvalidOperationException(),
            Windows = new WelcomeWindows(1, 1),
            Command = () => throw new InvalidOperationException(),
            Document = null!,
        };
        Fleet = new Fleet(options, this, this, this, this, Log, _clock);
        Fleet.Start();
    }

    public Fleet Fleet { get; }

    public RecordingLogger Log { get; } = new();

    /// <summary>Workers in the order of their starts.</summary>
    public List<Worker> Started { get; } = [];

    /// <summary>Workers that requests may go to.</summary>
    public List<WorkerHandle> Pool { get; } = [];

    /// <summary>What the dispatcher says.</summary>
    public QueueFigures Figures { get; set; }

    public Worker Last => Started[^1];

    /// <summary>All get ready.</summary>
    public static FleetHarness Running(int workers = 1, int? maximum = null, RecycleOptions? recycle = null)
    {
        var harness = new FleetHarness(workers, maximum, recycle);
        foreach (Worker worker in harness.Started.ToArray())
        {
            harness.Ready(worker);
        }

        return harness;
    }

    /// <summary>The worker has loaded the application and opened its links.</summary>
    public void Ready(Worker worker)
    {
        ILinkOwner owner = worker;
        Assert.Null(owner.Accept(Connected(), new LinkIdentity(LinkKind.Control, 0), []));
        Assert.Null(owner.Accept(Connected(), new LinkIdentity(LinkKind.Data, 0), []));
        ((IControlSink)worker).OnReady(new WorkerInfo("asgi", InterfaceFeatures.None, "CPython", "asyncio", 0));
    }

    /// <summary>Its process ends.</summary>
    public void Exit(Worker worker, int code = 0) => Fleet.OnExited(worker, code);

    /// <summary>It could not load the application.</summary>
    public void Fail(Worker worker, string why = "no such module")
    {
        worker.SetFailure(new WorkerFailure(StartFailure.ModuleNotFound, why, "Traceback"));
        Exit(worker, 3);
    }

    /// <summary>A request runs in the worker.</summary>
    public static FakeStream Open(Worker worker)
    {
        var stream = new FakeStream();
        Assert.True(worker.Handle.Window.TryEnter());
        Assert.True(worker.Handle.LinkFor(0).TryOpen(stream));
        return stream;
    }

    /// <summary>The worker answers it.</summary>
    public void Answer(Worker worker, FakeStream stream)
    {
        var frame = new ArrayBufferWriter<byte>();
        new ResponseMessage { Status = 200 }.WriteFrame(frame, FrameFlags.End, stream.Id);
        _channels[worker].Receive(frame.WrittenSpan);
    }

    /// <summary>Time passes.</summary>
    public void Advance(double seconds)
    {
        TimeSpan end = _clock.Now + TimeSpan.FromSeconds(seconds);
        while (_clock.Now < end)
        {
            TimeSpan next = _clock.Now + Fleet.UntilNextTick();
            _clock.Now = next < end ? next : end;
            Fleet.Tick();
        }
    }

    /// <summary>The lines of the log that contain this.</summary>
    public IEnumerable<string> Lines(string text) => Log.Records.Select(r => r.Text).Where(t => t.Contains(text, StringComparison.Ordinal));

    public void Dispose() => _sockets.ForEach(s => s.Dispose());

    Worker IFleetActions.Create(int index, WorkerLife life)
    {
        var channel = new FakeChannel();
        var worker = new Worker(index, 1, (_, _) => channel, 0, this, life);
        _channels[worker] = channel;
        return worker;
    }

    void IFleetActions.Launch(Worker worker) => Started.Add(worker);

    void IWorkerPool.Add(WorkerHandle worker) => Pool.Add(worker);

    void IWorkerPool.Remove(WorkerHandle worker) => Pool.Remove(worker);

    QueueFigures IQueueFigures.ReadFigures() => Figures;

    void IWorkerEvents.OnReady(Worker worker) => Fleet.OnReady(worker);

    void IWorkerEvents.OnGoodbye(Worker worker) => Fleet.OnGoodbye(worker);

    void IWorkerEvents.OnLinkClosed(Worker worker, string? violation)
    {
        // The fleet hears of it from the test alone.
    }

    void IWorkerEvents.OnPong(Worker worker, WorkerProbe probe)
    {
        // No worker here answers.
    }

    void IWorkerEvents.OnLog(Worker worker, WireLogLevel level, DateTimeOffset created, string logger, string message)
    {
        // Not looked at.
    }

    void IWorkerLogSink.Write(int worker, int pid, WireLogLevel level, DateTimeOffset created, string logger, string message)
    {
        // Not looked at.
    }

    void IWorkerLogSink.WriteLine(int worker, int pid, string line, bool isError)
    {
        // Not looked at.
    }

    private Socket Connected()
    {
        (Socket ours, Socket theirs) = LinkPair.Create();
        _sockets.Add(theirs);
        return ours;
    }

    private sealed class Clock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
