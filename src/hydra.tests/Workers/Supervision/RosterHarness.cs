using Hydra.Workers.Supervision;

namespace Hydra.Tests.Workers.Supervision;

/// <summary>The parts of a fleet, each by itself.</summary>
internal sealed class RosterHarness : WorkerHarness
{
    public RosterHarness(int workers = 1, int? maximum = null, RecycleOptions? recycle = null, TimeSpan? sessions = null, int threads = 0)
        : base(workers, maximum, recycle, sessions)
    {
        Threads = threads;
        Roster = new Roster(Options, this, Clock);
        Departures = new Departures(Roster, Options, this, Log);
        Reloader = new Reloader(Roster, Departures, Log);
        Replacements = new Replacements(Roster, Reloader, Departures, new OverlapRule(Options.Replace), Log);
        Size = new FleetSize(Roster, Options, this, Departures, Reloader, Log);
        for (int i = 0; i < workers; i++)
        {
            Roster.WantOneMore();
            Ready(StartServing(Roster.Slots[i]));
        }
    }

    public Roster Roster { get; }

    public Reloader Reloader { get; }

    public Departures Departures { get; }

    public Replacements Replacements { get; }

    public FleetSize Size { get; }

    /// <summary>Starts the worker of an index.</summary>
    public Worker StartServing(WorkerSlot slot)
    {
        slot.StartAt = null;
        Roster.Start(slot, Reloader.Generation, worker => slot.Serving = worker);
        return Last;
    }

    protected override void OnReady(Worker worker)
    {
        worker.Life.BecomeReady(Clock.Now);
        Pool.Add(worker.Handle);
    }
}
