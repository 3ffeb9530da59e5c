using System.Diagnostics;
using Hydra.Dispatch;
using Hydra.Tests.Functional.Harness;

namespace Hydra.Tests.Http.Fakes;

/// <summary>A dispatcher and its workers, which do what the test's script says.</summary>
internal sealed class FakeFleet : IDisposable
{
    private readonly List<FakeUpstream> _workers = [];

    /// <summary>A dispatcher with one worker or several that are ready, in this order.</summary>
    public FakeFleet(params FakeUpstream[] workers)
        : this(new DispatchOptions(), workers)
    {
    }

    /// <summary>The same with other bounds of the queue.</summary>
    public FakeFleet(DispatchOptions options, params FakeUpstream[] workers)
    {
        Dispatcher = new Dispatcher(options);
        foreach (FakeUpstream worker in workers)
        {
            Add(worker);
        }
    }

    public Dispatcher Dispatcher { get; }

    /// <summary>The workers that were added, also those that have died.</summary>
    public IReadOnlyList<FakeUpstream> Workers => _workers;

    /// <summary>One more worker gets ready.</summary>
    public FakeUpstream Add(FakeUpstream worker)
    {
        _workers.Add(worker);
        Dispatcher.Add(worker.Handle);
        return worker;
    }

    /// <summary>A worker dies; the supervisor takes it away.</summary>
    public void Crash(FakeUpstream worker, int exitCode = 128 + 11)
    {
        worker.Crash(exitCode);
        Dispatcher.Remove(worker.Handle);
    }

    /// <summary>
    /// Plays the workers until a task has ended: the script gets each request as it arrives, with the worker that has it. It runs on one
    /// thread, so it may call the worker as it likes.
    /// </summary>
    public async Task ServeAsync(Task until, Action<FakeUpstream, SentRequest> script)
    {
        long started = Stopwatch.GetTimestamp();
        while (!until.IsCompleted)
        {
            if (!ServeOnce(script))
            {
                await Task.WhenAny(until, Task.Delay(1));
            }

            if (Stopwatch.GetElapsedTime(started) > Eventually.Limit)
            {
                throw new TimeoutException($"served {Eventually.Limit.TotalSeconds} s in vain: {Dispatcher.QueueLength} requests wait");
            }
        }

        await until;
    }

    /// <summary>Gives the script the requests that have arrived.</summary>
    /// <returns>Whether there were any.</returns>
    public bool ServeOnce(Action<FakeUpstream, SentRequest> script)
    {
        bool isBusy = false;
        foreach (FakeUpstream worker in _workers.ToArray())
        {
            foreach (SentRequest request in worker.TakeRequests())
            {
                isBusy = true;
                script(worker, request);
            }
        }

        return isBusy;
    }

    public void Dispose() => Dispatcher.Dispose();
}
