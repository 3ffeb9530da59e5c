using Hydra.Primitives;
using Hydra.Protocol;
using Hydra.Workers.Links;
using Hydra.Workers.Supervision;

namespace Hydra.Tests.Workers.Supervision;

/// <summary>A fleet without processes.</summary>
internal sealed class FleetHarness : WorkerHarness
{
    public FleetHarness(int workers = 1, int? maximum = null, RecycleOptions? recycle = null, ReplaceMode replace = ReplaceMode.Auto)
        : base(workers, maximum, recycle, replace: replace)
    {
        Fleet = new Fleet(Options, this, this, this, this, Log, Clock);
        Fleet.Start();
    }

    public Fleet Fleet { get; }

    /// <summary>All get ready.</summary>
    public static FleetHarness Running(
        int workers = 1, int? maximum = null, RecycleOptions? recycle = null, ReplaceMode replace = ReplaceMode.Auto)
    {
        var harness = new FleetHarness(workers, maximum, recycle, replace);
        foreach (Worker worker in harness.Started.ToArray())
        {
            harness.Ready(worker);
        }

        return harness;
    }

    /// <summary>Its process ends.</summary>
    public void Exit(Worker worker, int code = 0) => Fleet.OnExited(worker, code);

    /// <summary>It could not load the application.</summary>
    public void Fail(Worker worker, string why = "no such module")
    {
        worker.SetFailure(new WorkerFailure(StartFailure.ModuleNotFound, why, "Traceback"));
        Exit(worker, 3);
    }

    /// <summary>It could not load the application because another has what it needs.</summary>
    public void FailBeside(Worker worker)
    {
        worker.SetFailure(new WorkerFailure(StartFailure.ImportRaised, "Importing \"app\" failed with OSError: [Errno 98] Address already in use.", ""));
        Exit(worker, 3);
    }

    /// <summary>Time passes.</summary>
    public void Advance(double seconds)
    {
        TimeSpan end = Clock.Now + TimeSpan.FromSeconds(seconds);
        while (Clock.Now < end)
        {
            TimeSpan next = Clock.Now + Fleet.UntilNextTick();
            Clock.Now = next < end ? next : end;
            Fleet.Tick();
        }
    }

    protected override void OnReady(Worker worker) => Fleet.OnReady(worker);
}
