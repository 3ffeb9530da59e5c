using System.Text;
using Hydra.Protocol;
using Hydra.Workers.Links;
using Hydra.Workers.Processes;

namespace Hydra.Workers.Supervision;

/// <summary>
/// One worker from start to exit: its process, its links and its life. <c>_lock</c> guards what it has printed; the life belongs to the
/// supervisor's queue.
/// </summary>
internal sealed class Worker : IWorkerSink
{
    private const int FirstLinesLimit = 4096;

    private readonly Lock _lock = new();
    private readonly IWorkerEvents _events;
    private readonly StringBuilder _firstLines = new();

    /// <summary>Describes a worker that is about to be started.</summary>
    /// <param name="index">Its index, from 0.</param>
    /// <param name="links">How its links are made.</param>
    /// <param name="events">Who hears of it.</param>
    /// <param name="life">Its life, which begins now.</param>
    public Worker(int index, WorkerLinkOptions links, IWorkerEvents events, WorkerLife life)
    {
        Life = life;
        Links = new WorkerLinks(index, links, this);
        _events = events;
    }

    /// <summary>The worker's index.</summary>
    public int Index => Handle.Index;

    /// <summary>The worker as dispatch sees it.</summary>
    public WorkerHandle Handle => Links.Handle;

    /// <summary>Its links.</summary>
    public WorkerLinks Links { get; }

    /// <summary>The process, once it is started.</summary>
    public IWorkerProcess? Process { get; set; }

    /// <summary>The process's id, or 0 as long as there is none.</summary>
    public int Pid => Process?.Id ?? 0;

    /// <summary>When it was about to be started.</summary>
    public DateTimeOffset StartedOn { get; } = DateTimeOffset.UtcNow;

    /// <summary>What its process used at the last look.</summary>
    public ProcessUsage Usage { get; private set; }

    /// <summary>What is decided about it.</summary>
    public WorkerLife Life { get; }

    /// <summary>Where it is in its life.</summary>
    public WorkerState State => Life.State;

    /// <summary>Why it could not start, if it said so.</summary>
    public WorkerFailure? Failure { get; private set; }

    /// <summary>What the process printed before it connected, or the beginning of it.</summary>
    public string FirstLines
    {
        get
        {
            lock (_lock)
            {
                return _firstLines.ToString();
            }
        }
    }

    /// <summary>Looks at what its process uses; what has ended keeps what it had. Any thread.</summary>
    public ProcessUsage Measure()
    {
        if (Pid > 0 && ProcessUsage.Of(Pid) is { } now)
        {
            lock (_lock)
            {
                // An exited process that nobody has waited for uses no memory, and what it has used is right.
                Usage = now.Cpu >= Usage.Cpu ? now : Usage;
            }
        }

        lock (_lock)
        {
            return Usage;
        }
    }

    /// <summary>Keeps a line that the process printed, as long as it has not connected.</summary>
    public void Remember(string line)
    {
        lock (_lock)
        {
            if (!Links.HasConnected && _firstLines.Length < FirstLinesLimit)
            {
                _firstLines.AppendLine(line);
            }
        }
    }

    /// <summary>Why it did not start, also where it has not said so.</summary>
    /// <param name="exitCode">As <see cref="WorkerProcess.WaitAsync"/> gives it.</param>
    public WorkerFailure FailureOr(int exitCode) => Failure
        ?? new WorkerFailure(StartFailure.Internal, $"the worker {ExitDescription.Of(exitCode)} while it loaded the application", "");

    /// <summary>The process could not be started at all.</summary>
    public void SetFailure(WorkerFailure failure) => Failure = failure;

    void IWorkerSink.OnReady() => _events.OnReady(this);

    void IWorkerSink.OnFailed(WorkerFailure failure) => Failure = failure;

    void IWorkerSink.OnLog(WireLogLevel level, DateTimeOffset created, string logger, string message)
        => _events.OnLog(this, level, created, logger, message);

    void IWorkerSink.OnGoodbye() => _events.OnGoodbye(this);

    void IWorkerSink.OnLinkClosed(string? violation) => _events.OnLinkClosed(this, violation);
}
