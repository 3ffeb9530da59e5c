using System.Collections.Concurrent;
using System.ComponentModel;

namespace Hydra.Workers.Processes;

/// <summary>
/// The one thread that starts workers. On Linux a worker asks to be killed when its parent dies, and the kernel means by parent the
/// thread that started it: a thread of the pool may end at any time, this one lives as long as the process.
/// </summary>
internal sealed class WorkerSpawner
{
    private readonly BlockingCollection<Action> _work = [];

    /// <summary>Starts the thread.</summary>
    public WorkerSpawner()
    {
        var thread = new Thread(Run, maxStackSize: 256 * 1024) { IsBackground = true, Name = "worker spawner" };
        thread.Start();
    }

    /// <summary>Starts a worker process on the thread.</summary>
    /// <exception cref="WorkerStartException">Python cannot be started.</exception>
    public Task<WorkerProcess> StartAsync(WorkerCommand command, int index)
    {
        var started = new TaskCompletionSource<WorkerProcess>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                started.SetResult(WorkerProcess.Start(command, index));
            }
            catch (Win32Exception e)
            {
                started.SetException(new WorkerStartException(PythonFailure.CannotStart(command.Program, e.NativeErrorCode, e.Message)));
            }
            catch (Exception e)
            {
                started.SetException(e);
            }
        });
        return started.Task;
    }

    private void Run()
    {
        foreach (Action action in _work.GetConsumingEnumerable())
        {
            action();
        }
    }
}
