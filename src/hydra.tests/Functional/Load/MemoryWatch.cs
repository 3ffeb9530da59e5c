using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Load;

/// <summary>How much the processes of a server grow while something happens.</summary>
internal sealed class MemoryWatch
{
    // The promise: front and worker each.
    private const long Bound = 30 * 1000 * 1000;

    private readonly Dictionary<int, long> _before = [];
    private readonly HydraServer _server;

    public MemoryWatch(HydraServer server)
    {
        _server = server;
        foreach (int pid in server.WorkerPids().Append(server.Pid))
        {
            Processes.ResetPeak(pid);
            _before[pid] = Processes.Resident(pid);
        }
    }

    /// <summary>Fails when a process was ever larger by more than the bound, or is another process than before.</summary>
    public void AssertBounded()
    {
        Assert.Equal(_before.Keys.Order(), _server.WorkerPids().Append(_server.Pid).Order());
        foreach ((int pid, long before) in _before)
        {
            long growth = Processes.PeakResident(pid) - before;
            Assert.True(growth < Bound, $"{(pid == _server.Pid ? "the front" : "a worker")} grew by {growth / 1_000_000} MB from {before / 1_000_000} MB");
        }
    }
}
