using Hydra.Primitives;

namespace Hydra.Configuration;

/// <content>The queue, and what a worker is given.</content>
internal static partial class OptionTable
{
    private static IEnumerable<Option> QueueRows =>
    [
        new()
        {
            Name = "queue-size", Placeholder = "N", Default = "10000", Group = OptionGroup.Queue,
            Help = "Requests that may wait for a worker; further ones get 503 with Retry-After.",
            Binder = Section.Queue.Integer(1, 1_000_000, static (o, v) => o with { Size = v }),
        },
        new()
        {
            Name = "queue-bytes", Placeholder = "SIZE", Default = "256m", Group = OptionGroup.Queue,
            Help = "Bytes of the requests that may wait, with the bodies that were read ahead.",
            Binder = Section.Queue.Size(64 * 1024, Tebibyte, static (o, v) => o with { Bytes = v }),
        },
        new()
        {
            Name = "queue-timeout", Placeholder = "TIME", Default = "30s", Group = OptionGroup.Queue,
            Help = "How long a request may wait for a worker before it gets 503 with Retry-After. 0 lets it wait for ever.",
            Binder = Section.Queue.Duration(TimeSpan.Zero, static (o, v) => o with { Timeout = v }),
        },
        new()
        {
            Name = "request-start", Default = "false", Group = OptionGroup.Queue,
            Help = "Tell applications in the header X-Request-Start when a request came that has waited, unless a proxy has. Agents for "
                + "monitoring take it for the load balancer's time.",
            Binder = Section.Queue.Switch(static (o, v) => o with { TellStart = v }),
        },
        new()
        {
            Name = "priority", Placeholder = "PATH=high|low", Repeatable = true, Group = OptionGroup.Queue,
            Help = "How urgent requests at or below a path (or host, or host/path) are when requests wait: high passes the others but for one in nine, and may wait where the queue is full; "
                + "low lets the others pass but for one in thirty-three, and is refused when the queue is half full. /health=high, /export/*=low.",
            Binder = Section.Queue.Item<PriorityRule>(PriorityText.Read, static (o, v) => o with { Priorities = [.. o.Priorities, v] }),
        },
        new()
        {
            Name = "queue-fair", Placeholder = "KIND:NAME", Default = "off", Group = OptionGroup.Queue,
            Help = "Clients take turns when requests wait, so that many of one do not hold up the others; one may have half of the queue. client for the address, or header:NAME, "
                + "cookie:NAME, query:NAME, path:N as with --affinity.",
            Binder = Section.Queue.Item<AffinitySource?>(AffinityText.Read, static (o, v) => o with { FairBy = v }),
        },
        new()
        {
            Name = "limit-concurrency", Placeholder = "N|auto", Default = "0", Group = OptionGroup.Queue,
            Help = "Requests that a worker is given at the same time; the others wait. 0: as many as an ASGI application takes; for WSGI its "
                + "threads, and what they will come to within two milliseconds. auto: an ASGI worker gets as many as it is quick with; when a dependency stands still the others wait "
                + "in the server and not in its memory.",
            Binder = Section.Queue.CountOrAuto(1_000_000, static (o, v) => o with { LimitConcurrency = v ?? 0, AdaptsConcurrency = v is null }),
        },
        new()
        {
            Name = "retry", Placeholder = OptionNames.Join(OptionNames.RetryModes), Default = "idempotent", Group = OptionGroup.Queue,
            Help = "Requests that are sent once more, to another worker, when theirs dies before it has answered: GET, HEAD, OPTIONS, PUT, "
                + "DELETE and TRACE; all; or none.",
            Binder = Section.Queue.Choice(OptionNames.RetryModes, static (o, v) => o with { Retry = v }),
        },
    ];
}
