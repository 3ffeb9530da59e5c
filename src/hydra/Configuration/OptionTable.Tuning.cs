namespace Hydra.Configuration;

/// <content>How bytes travel between clients, server and workers.</content>
internal static partial class OptionTable
{
    private static IEnumerable<Option> TuningRows =>
    [
        new()
        {
            Name = "transport", Placeholder = OptionNames.Join(OptionNames.Transports), Default = "auto", Group = OptionGroup.Tuning,
            Help = "How clients' sockets are served: by Hydra's own event loops (Linux) or by the sockets of .NET.",
            Binder = Section.Tuning.Choice(OptionNames.Transports, static (o, v) => o with { Transport = v }),
        },
        new()
        {
            Name = "loops", Placeholder = "N|auto", Default = "auto", Group = OptionGroup.Tuning,
            Help = "Event loops of the server itself.",
            Binder = Section.Tuning.IntegerOrAuto(MaximumLoops, static (o, v) => o with { Loops = v }),
        },
        new()
        {
            Name = "io-uring", Placeholder = OptionNames.Join(OptionNames.IoUringUses), Default = "auto", Group = OptionGroup.Tuning,
            Help = "Let the event loops receive from, and send to, several clients in one system call, where the kernel has io_uring and "
                + "allows it (most containers do not).",
            Binder = Section.Tuning.Choice(OptionNames.IoUringUses, static (o, v) => o with { IoUring = v }),
        },
        new()
        {
            Name = "busy-poll", Placeholder = "MICROSECONDS", Default = "0", Group = OptionGroup.Tuning,
            Help = "While there are few requests, look so long for the next one before going to sleep, in the event loops and in the workers: latency "
                + "for processor time.",
            Binder = Section.Tuning.Integer(0, MaximumBusyPoll, static (o, v) => o with { BusyPoll = v }),
        },
        new()
        {
            Name = "worker-transport", Placeholder = OptionNames.Join(OptionNames.WorkerTransports), Default = "(uds; tcp on Windows)",
            Group = OptionGroup.Tuning,
            Help = "What connects the server and its workers: Unix sockets or TCP on 127.0.0.1.",
            Binder = OptionBinder.OfServer(BindWorkerTransport),
        },
    ];

    private static string? BindWorkerTransport(ServerDraft draft, OptionValue value)
    {
        string? problem = ValueReader.Choice(value.Text, OptionNames.WorkerTransports, out WorkerTransport transport);
        draft.Options = draft.Options with { Tuning = draft.Options.Tuning with { WorkerTransport = transport } };
        return problem is null && transport == WorkerTransport.Uds && draft.Host.IsWindows
            ? "Python has no Unix sockets on Windows; use \"tcp\"."
            : problem;
    }
}
