namespace Hydra.Configuration;

/// <content>Background work, and pools that are called.</content>
internal static partial class OptionTable
{
    private static IEnumerable<Option> TaskRows =>
    [
        new()
        {
            Name = "task-pool", Placeholder = "NAME=MODULE:CLASS", Repeatable = true, HasVariable = false, Group = OptionGroup.Tasks,
            Help = "A class that is made once in each of its own processes, a model or a connection, and called from any worker: hydra_server.pool(\"NAME\").call(\"method\", ...). Options of its own "
                + "follow behind commas: model=shop:Model,workers=2,request-timeout=60; what is not said there is as for the application, but for workers and threads, which are 1. "
                + "May be repeated.",
            Binder = OptionBinder.OfServer(static (draft, value) =>
            {
                draft.TaskPools.Add(value);
                return null;
            }),
        },
        new()
        {
            Name = "task-workers", Placeholder = "N", Default = "1", Group = OptionGroup.Tasks,
            Help = "Processes for functions that are deferred (hydra_server.defer) or called by the clock (hydra_server.every, cron). They are started when the first one is: who uses none has none.",
            Binder = Section.Tasks.Integer(1, MaximumWorkers, static (o, v) => o with { Workers = v }),
        },
        new()
        {
            Name = "task-threads", Placeholder = "N", Default = "4", Group = OptionGroup.Tasks,
            Help = "Tasks that each of these processes runs at a time, coroutines among them.",
            Binder = Section.Tasks.Integer(1, 1_000, static (o, v) => o with { Threads = v }),
        },
        new()
        {
            Name = "task-timeout", Placeholder = "TIME", Default = "1h", Group = OptionGroup.Tasks,
            Help = "How long a task may run that says nothing of it; then it is interrupted, and its process is replaced where that does not help. 0 for ever.",
            Binder = Section.Tasks.Duration(TimeSpan.Zero, static (o, v) => o with { Timeout = v }),
        },
        new()
        {
            Name = "task-queue-size", Placeholder = "N", Default = "10000", Group = OptionGroup.Tasks,
            Help = "Tasks that may wait, also for their time; a further one raises QueueFull.",
            Binder = Section.Tasks.Integer(1, 10_000_000, static (o, v) => o with { QueueSize = v }),
        },
        new()
        {
            Name = "task-queue-bytes", Placeholder = "SIZE", Default = "64m", Group = OptionGroup.Tasks,
            Help = "Bytes of the tasks that may wait, with their arguments.",
            Binder = Section.Tasks.Size(1, Tebibyte, static (o, v) => o with { QueueBytes = v }),
        },
    ];
}
