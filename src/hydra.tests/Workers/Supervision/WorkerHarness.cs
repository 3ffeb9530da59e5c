using System.Buffers;
using System.Net.Sockets;
using Hydra.Primitives;
using Hydra.Protocol;
using Hydra.Tests.Transport;
using Hydra.Tests.Workers.Links;
using Hydra.Workers.Links;
using Hydra.Workers.Processes;
using Hydra.Workers.Supervision;
using Xunit;

namespace Hydra.Tests.Workers.Supervision;

/// <summary>Workers without processes: the test plays them and moves the clock.</summary>
internal abstract class WorkerHarness : IFleetActions, IWorkerPool, IQueueFigures, IWorkerEvents, IWorkerLogSink, IDisposable
{
    public static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(30);

    public static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly Dictionary<Worker, FakeChannel> _channels = [];
    private readonly List<Socket> _sockets = [];

    protected WorkerHarness(int workers, int? maximum, RecycleOptions? recycle, TimeSpan? sessions = null, ReplaceMode replace = ReplaceMode.Auto)
    {
        Options = new SupervisorOptions
        {
            Scale = new ScaleOptions { Minimum = workers, Maximum = maximum ?? workers },
            MostWorkers = 4,
            Recycle = recycle ?? new RecycleOptions(),
            DrainTimeout = DrainTimeout,
            Replace = replace,
            StartTimeout = StartTimeout,
            DataLinks = 1,
            DataChannel = (_, _) => throw new InvalidOperationException(),
            Windows = new WelcomeWindows(1, 1),
            Command = () => throw new InvalidOperationException(),
            Document = null!,
        };
        Options = sessions is { } time ? Options with { SessionTimeout = time } : Options;
    }

    public SupervisorOptions Options { get; }

    /// <summary>What workers say when they are ready; 0 for an event loop.</summary>
    protected int Threads { get; init; }

    public ManualClock Clock { get; } = new();

    public RecordingLogger Log { get; } = new();

    /// <summary>Workers in the order of their starts.</summary>
    public List<Worker> Started { get; } = [];

    /// <summary>Workers that requests may go to.</summary>
    public List<WorkerHandle> Pool { get; } = [];

    /// <summary>The indexes of which there is to be no worker any more.</summary>
    public List<int> Dismissed { get; } = [];

    /// <summary>What the dispatcher says.</summary>
    public QueueFigures Figures { get; set; }

    public Worker Last => Started[^1];

    /// <summary>The worker has loaded the application and opened its links.</summary>
    public void Ready(Worker worker)
    {
        ILinkOwner owner = worker.Links;
        Assert.Null(owner.Accept(Connected(), new LinkIdentity(LinkKind.Control, 0), []));
        Assert.Null(owner.Accept(Connected(), new LinkIdentity(LinkKind.Data, 0), []));
        ((IControlSink)worker.Links).OnReady(new WorkerInfo("asgi", InterfaceFeatures.None, "CPython", "asyncio", Threads));
    }

    /// <summary>A request runs in the worker.</summary>
    public static FakeStream Open(Worker worker)
    {
        var stream = new FakeStream();
        Assert.True(worker.Handle.Window.TryEnter());
        Assert.True(worker.Handle.LinkFor(0).TryOpen(stream));
        return stream;
    }

    /// <summary>The time of all its requests is over, and it was told so.</summary>
    public static void TimeOut(Worker worker)
    {
        for (int i = 0; i < 3; i++)
        {
            worker.Handle.LinkFor(0).Look(new Deadlines(1, 100), []);
        }
    }

    /// <summary>A session stays at the worker.</summary>
    public static FakeStream OpenSession(Worker worker)
    {
        FakeStream stream = Open(worker);
        worker.Handle.Window.OnTaken(1);
        Assert.True(worker.Handle.LinkFor(0).BecomeSession(stream.Id));
        return stream;
    }

    /// <summary>The worker answers it.</summary>
    public void Answer(Worker worker, FakeStream stream)
    {
        var frame = new ArrayBufferWriter<byte>();
        new ResponseMessage { Status = 200 }.WriteFrame(frame, FrameFlags.End, stream.Id);
        _channels[worker].Receive(frame.WrittenSpan);
    }

    /// <summary>The lines of the log that contain this.</summary>
    public IEnumerable<string> Lines(string text) => Log.Records.Select(r => r.Text).Where(t => t.Contains(text, StringComparison.Ordinal));

    public void Dispose() => _sockets.ForEach(s => s.Dispose());

    Worker IFleetActions.Create(int index, WorkerLife life)
    {
        var channel = new FakeChannel();
        var worker = new Worker(index, new WorkerLinkOptions(1, (_, _) => channel, Limit: 0), this, life);
        _channels[worker] = channel;
        return worker;
    }

    void IFleetActions.Launch(Worker worker) => Started.Add(worker);

    void IWorkerPool.Add(WorkerHandle worker) => Pool.Add(worker);

    void IWorkerPool.Remove(WorkerHandle worker) => Pool.Remove(worker);

    void IWorkerPool.Dismiss(int index) => Dismissed.Add(index);

    QueueFigures IQueueFigures.ReadFigures() => Figures;

    void IWorkerEvents.OnReady(Worker worker) => OnReady(worker);

    void IWorkerEvents.OnGoodbye(Worker worker)
    {
        // Nobody hears of it but from the test.
    }

    void IWorkerEvents.OnLinkClosed(Worker worker, string? violation)
    {
        // Nobody hears of it but from the test.
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

    protected abstract void OnReady(Worker worker);

    private Socket Connected()
    {
        (Socket ours, Socket theirs) = LinkPair.Create();
        _sockets.Add(theirs);
        return ours;
    }
}

/// <summary>A clock that the test moves.</summary>
internal sealed class ManualClock : TimeProvider
{
    public TimeSpan Now { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Now.Ticks;
}
