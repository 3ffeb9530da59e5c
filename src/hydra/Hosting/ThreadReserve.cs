using Hydra.Workers.Processes;

namespace Hydra.Hosting;

/// <summary>
/// Makes the thread pool's threads when the server starts, and keeps them. The pool makes one when it needs it otherwise, and where none is to be
/// had at that moment (<c>pids.max</c>, <c>ulimit -u</c>: the application's threads count as well) the runtime ends the process.
/// </summary>
internal static class ThreadReserve
{
    // The loops do nearly all of the work; these start processes, use the disk, and are what else may block.
    private const int Least = 12;

    // The pool has its threads well before; a machine that is so slow goes on without.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Makes the threads. To be called once, before the pool has had work to speak of.</summary>
    /// <exception cref="StartException">There are not enough.</exception>
    public static void Fill()
    {
        ThreadPool.GetMinThreads(out int workers, out int ports);
        int count = Math.Max(Least, workers);
        CheckRoom(count);

        ThreadPool.SetMinThreads(count, ports);
        using (var meeting = new Meeting(count))
        {
            for (int i = 0; i < count; i++)
            {
                ThreadPool.UnsafeQueueUserWorkItem(static meeting => meeting.Attend(), meeting, preferLocal: false);
            }

            meeting.Wait(Patience);
        }

        // The pool makes no more of them than this, and begins as if it had made none: with as many at work as there are processors.
        ThreadPool.SetMinThreads(workers, ports);
        ThreadPool.SetMaxThreads(workers, Math.Max(ports, 1));
        ThreadPool.SetMaxThreads(count, Math.Max(ports, count));
    }

    // The pool's own attempts cannot be caught.
    private static void CheckRoom(int count)
    {
        using var end = new ManualResetEventSlim();
        var threads = new List<Thread>(count);
        try
        {
            for (int i = 0; i < count; i++)
            {
                var thread = new Thread(end.Wait) { IsBackground = true };
                thread.Start();
                threads.Add(thread);
            }
        }
        catch (OutOfMemoryException)
        {
            throw new StartException($"the server needs {count} threads and got {threads.Count}: {PythonFailure.NoProcess}");
        }
        finally
        {
            end.Set();
            threads.ForEach(static thread => thread.Join());
        }
    }

    /// <summary>Nobody leaves before all have come, or time is up.</summary>
    private sealed class Meeting(int count) : IDisposable
    {
        private readonly CountdownEvent _absent = new(count);
        private readonly CountdownEvent _present = new(count);
        private readonly ManualResetEventSlim _end = new();

        /// <summary>Comes, and stays until the end.</summary>
        public void Attend()
        {
            _absent.Signal();
            _end.Wait();
            _present.Signal();
        }

        /// <summary>Waits until all have come, and lets them go.</summary>
        public void Wait(TimeSpan patience)
        {
            _absent.Wait(patience);
            _end.Set();
            _present.Wait();
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            _absent.Dispose();
            _present.Dispose();
            _end.Dispose();
        }
    }
}
