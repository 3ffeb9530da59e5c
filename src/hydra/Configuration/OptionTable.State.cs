namespace Hydra.Configuration;

/// <content>What the workers of an application share.</content>
internal static partial class OptionTable
{
    private static IEnumerable<Option> StateRows =>
    [
        new()
        {
            Name = "state-memory", Placeholder = "SIZE", Default = "64m", Group = OptionGroup.State,
            Help = "Memory that the state may take which the workers of an application share (hydra_server.state): values, counters, locks. It is "
                + "taken as it is used. 0: they share none.",
            Binder = Section.State.Size(0, Tebibyte, static (o, v) => o with { Memory = v }),
        },
        new()
        {
            Name = "state-eviction", Placeholder = OptionNames.Join(OptionNames.Evictions), Default = "none", Group = OptionGroup.State,
            Help = "What happens when there is no room in it: a value that is to be set is refused with StateFull, or those go that were used "
                + "least lately, and rates and windows with them. Locks never go.",
            Binder = Section.State.Choice(OptionNames.Evictions, static (o, v) => o with { Evicts = v }),
        },
        new()
        {
            Name = "pubsub-memory", Placeholder = "SIZE", Default = "64m", Group = OptionGroup.State,
            Help = "Memory for what the workers of an application publish (hydra_server.pubsub): topics, subscriptions, messages that wait for slow "
                + "subscribers, channels of Django Channels. It is taken as it is used, one worker has at most half of it, a message is at most a quarter "
                + "of it and 16m. 0: none.",
            Binder = Section.State.Size(0, Tebibyte, static (o, v) => o with { TopicMemory = v }),
        },
        new()
        {
            Name = "resume-memory", Placeholder = "SIZE", Default = "64m", Group = OptionGroup.State,
            Help = "Memory for connections that outlive their workers (hydra_server.resume): what applications save of them, and messages of clients that are not "
                + "acknowledged. It is taken as it is used. 0: none outlives its worker.",
            Binder = Section.State.Size(0, Tebibyte, static (o, v) => o with { ResumeMemory = v }),
        },
    ];
}
