using Hydra.Primitives;

namespace Hydra.Configuration;

/// <content>What the workers of an application share.</content>
internal static partial class OptionTable
{
    private static IEnumerable<Option> StateRows =>
    [
        new()
        {
            Name = "state", Placeholder = "URL", Default = "memory", Group = OptionGroup.State,
            Help = "Where the state is that workers share, and what they publish (hydra_server.state, hydra_server.pubsub): in the memory of the server, or in a Redis or "
                + "Valkey, which several servers can have in common: redis://[user:password@]host[:port][,host...][/db], rediss:// over TLS, unix:///path; behind a ? prefix, "
                + "timeout, db and ca. Of several hosts that one is used which is no replica. A password is better in a file or a variable than in a command line, which others see.",
            Binder = Section.State.Read(BindState),
        },
        new()
        {
            Name = "state-memory", Placeholder = "SIZE", Default = "64m", Group = OptionGroup.State,
            Help = "Memory that the state may take which the workers of an application share (hydra_server.state): values, counters, locks. It is "
                + "taken as it is used. With --state redis:// it is for what waits for Redis. 0: they share none.",
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

    private static string? BindState(string text, SharedStateOptions before, out SharedStateOptions after)
    {
        after = before with { Redis = null };
        if (text == "memory")
        {
            return null;
        }

        string? problem = RedisUrl.Read(text, out RedisUrl? url);
        after = before with { Redis = url };
        return problem;
    }
}
